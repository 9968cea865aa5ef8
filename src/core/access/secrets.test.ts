import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  createSecretBox,
  looksLikeApiKey,
  looksLikePublicId,
  randomApiKey,
  randomPublicId,
  sha256,
  sha256Text,
} from './secrets.ts'

describe('random secrets', () => {
  it('makes API keys of 32 letters and digits, each as likely as the other', () => {
    const counts = new Map<string, number>()
    const keys = Array.from({ length: 20_000 }, randomApiKey)
    assert.equal(new Set(keys).size, keys.length)
    for (const key of keys) {
      assert(looksLikeApiKey(key), key)
      for (const letter of key) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    }
    assert.equal(counts.size, 62)
    // 640,000 letters, 10,323 of each expected, deviation 101. A plain modulo would favour the first 8 by a quarter.
    for (const [letter, count] of counts) assert(Math.abs(count - 10_323) < 700, `${letter}: ${count}`)
  })

  it('makes public ids of 32 lower-case hex digits', () => {
    const ids = Array.from({ length: 1000 }, randomPublicId)
    assert.equal(new Set(ids).size, ids.length)
    assert(ids.every(looksLikePublicId))
  })

  it('knows what cannot be a key or an id', () => {
    const key = randomApiKey()
    for (const bad of ['', key.slice(1), `${key}a`, `${key.slice(1)}-`, `${key.slice(1)}é`, `${key}\n`]) {
      assert.equal(looksLikeApiKey(bad), false, JSON.stringify(bad))
    }
    for (const bad of ['', 'A'.repeat(32), 'g'.repeat(32), 'a'.repeat(31), `${'a'.repeat(32)}\n`]) {
      assert.equal(looksLikePublicId(bad), false, JSON.stringify(bad))
    }
  })

  it('hashes to the published test vector, as bytes and as text', () => {
    const hex = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    assert.equal(sha256('abc').toString('hex'), hex)
    assert.equal(Buffer.from(sha256Text('abc'), 'latin1').toString('hex'), hex)
    assert.equal(sha256Text('abc').length, 32)
  })
})

describe('secret box', () => {
  const box = createSecretBox(Buffer.alloc(32, 1))

  it('opens what it sealed, and seals the same twice differently', () => {
    for (const secret of ['', 'k', 'ключ 🔑', 'x'.repeat(10_000)]) {
      const sealed = box.seal(secret, 'context')
      assert.equal(box.open(sealed, 'context'), secret)
      assert.notDeepEqual(box.seal(secret, 'context'), sealed)
    }
    assert.equal(box.seal('visible', 'context').includes('visible'), false)
  })

  it('refuses another context, another key, and every changed or missing byte', () => {
    const sealed = box.seal('secret', 'user 1')
    assert.throws(() => box.open(sealed, 'user 2'))
    assert.throws(() => createSecretBox(Buffer.alloc(32, 2)).open(sealed, 'user 1'))
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed)
      changed[index] = (changed[index] ?? 0) ^ 1
      assert.throws(() => box.open(changed, 'user 1'), `byte ${index}`)
      assert.throws(() => box.open(sealed.subarray(0, index), 'user 1'), `length ${index}`)
    }
  })

  it('takes a key of 32 bytes only', () => {
    assert.throws(() => createSecretBox(Buffer.alloc(31)), RangeError)
  })
})
