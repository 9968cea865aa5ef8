import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import bcrypt from 'bcryptjs'
import { isCoreError } from '../errors.ts'
import { createGate } from './gate.ts'
import { createPasswords } from './password.ts'

const passwords = createPasswords()

/** From the reference implementation's own tests: password, salt "somesalt", m=256, t=2, p=1. */
const REFERENCE = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'

describe('passwords', () => {
  it('hashes to argon2id in PHC format with a salt of its own, and verifies it', async () => {
    const [one, two] = await Promise.all([passwords.hash('pass wörd'), passwords.hash('pass wörd')])
    assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    assert.notEqual(one, two)
    assert.deepEqual(await passwords.verify(one, 'pass wörd'), { matches: true, outdated: false })
    assert.deepEqual(await passwords.verify(one, 'pass word'), { matches: false, outdated: false })
  })

  it('verifies hashes of another cost, and calls them outdated', async () => {
    assert.deepEqual(await passwords.verify(REFERENCE, 'password'), { matches: true, outdated: true })
    assert.equal((await passwords.verify(REFERENCE, 'Password')).matches, false)
  })

  it('verifies bcrypt of older systems, and calls it outdated', async () => {
    const stored = await bcrypt.hash('old secret', 4)
    for (const prefix of ['$2a$', '$2b$', '$2y$']) {
      const hash = stored.replace(/^\$2.\$/, prefix)
      assert.deepEqual(await passwords.verify(hash, 'old secret'), { matches: true, outdated: true }, prefix)
      assert.equal((await passwords.verify(hash, 'new secret')).matches, false)
    }
  })

  it('matches nothing against what is no hash, or a hash that would cost too much', async () => {
    const greedy = REFERENCE.replace('m=256', 'm=4000000')
    for (const stored of ['', 'x', '$argon2id$', '$2b$31$' + 'a'.repeat(53), greedy]) {
      assert.equal((await passwords.verify(stored, 'password')).matches, false, stored)
    }
  })

  it('costs the same for a user who does not exist as for a wrong password', async () => {
    const stored = await passwords.hash('right')
    const measure = async (hash: string | null) => {
      const started = performance.now()
      assert.equal((await passwords.verify(hash, 'wrong')).matches, false)
      return performance.now() - started
    }
    const known: number[] = []
    const unknown: number[] = []
    for (let round = 0; round < 9; round += 1) {
      known.push(await measure(stored))
      unknown.push(await measure(null))
    }
    const median = (values: number[]) => values.toSorted((a, b) => a - b)[4] ?? Number.NaN
    const ratio = median(unknown) / median(known)
    assert(ratio > 0.6 && ratio < 1.7, `ratio ${ratio}`)
  })

  it('says "overloaded" instead of piling up work', async () => {
    const small = createPasswords({ gate: createGate({ concurrency: 1, waiting: 2 }) })
    const settled = await Promise.allSettled(
      Array.from({ length: 6 }, () => small.verify(REFERENCE, 'password')),
    )
    const refused = settled.filter((outcome) => outcome.status === 'rejected')
    assert.equal(refused.length, 3)
    assert(refused.every((outcome) => isCoreError(outcome.reason, 'overloaded')))
  })
})
