import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import type { User } from './user.ts'
import { createUserTokens } from './user-tokens.ts'

const NOW = Date.UTC(2030, 0, 1)
const USER: User = {
  id: 42,
  publicId: 'f'.repeat(32),
  username: '7',
  email: 'seven@example.org',
  isActive: true,
  isSuperuser: false,
  isAdmin: false,
  createdAt: 0,
  updatedAt: 0,
  lastLogin: null,
}

let time = NOW
const tokens = createUserTokens({ secrets: ['first', 'second'], ttlSeconds: 60, now: () => time })

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')

/** A token made by hand, as another program would. */
function forge(
  claims: object,
  { secret = 'first', header = { alg: 'HS256' } as object, digest = 'sha256' } = {},
) {
  const body = `${encode(header)}.${encode(claims)}`
  return `${body}.${createHmac(digest, secret).update(body).digest('base64url')}`
}

const later = NOW / 1000 + 30

describe('user tokens', () => {
  it('carries the dialect’s subject, uid, iat, exp and jti, and nothing secret', async () => {
    const { token, expiresIn } = await tokens.issue(USER, '7')
    assert.equal(expiresIn, 60)
    const claims: Record<string, unknown> = JSON.parse(
      Buffer.from(token.split('.')[1] ?? '', 'base64url').toString(),
    )
    assert.deepEqual(
      { ...claims, jti: '' },
      { uid: 42, sub: '7', iat: NOW / 1000, exp: NOW / 1000 + 60, jti: '' },
    )
    const again = await tokens.issue(USER, '7')
    assert.notEqual(again.token, token)
  })

  it('reads uid, whatever the subject says', async () => {
    assert.equal(await tokens.verify((await tokens.issue(USER, '7')).token), 42)
    assert.equal(await tokens.verify(forge({ uid: 9, sub: '7', exp: later })), 9)
  })

  it('reads an integer subject only where there is no uid', async () => {
    assert.equal(await tokens.verify(forge({ sub: '7', exp: later })), 7)
    for (const sub of ['anna', '', '07', '7.0', '-7', ' 7', '1e3', '99999999999999999']) {
      assert.equal(await tokens.verify(forge({ sub, exp: later })), null, sub)
    }
    for (const uid of ['9', 0, -1, 1.5, null, [9]]) {
      assert.equal(await tokens.verify(forge({ uid, sub: '7', exp: later })), null, JSON.stringify(uid))
    }
  })

  it('verifies with every secret and signs with the first', async () => {
    assert.equal(await tokens.verify(forge({ uid: 9, exp: later }, { secret: 'second' })), 9)
    const onlySecond = createUserTokens({ secrets: ['second'], ttlSeconds: 60, now: () => time })
    assert.equal(await onlySecond.verify((await tokens.issue(USER, '7')).token), null)
  })

  it('refuses what is expired, endless, unsigned, malformed or signed otherwise', async () => {
    const { token } = await tokens.issue(USER, '7')
    time = NOW + 61_000
    assert.equal(await tokens.verify(token), null)
    time = NOW
    const refused = [
      forge({ uid: 9 }),
      forge({ uid: 9, exp: later }, { secret: 'third' }),
      forge({ uid: 9, exp: later }, { header: { alg: 'HS512' }, digest: 'sha512' }),
      `${encode({ alg: 'none' })}.${encode({ uid: 9, exp: later })}.`,
      forge({ uid: 9, exp: later }, { header: { alg: 'none' } }),
      `${token}x`,
      token.slice(0, -2),
      '',
      'a.b.c',
      'x'.repeat(100_000),
    ]
    for (const each of refused) assert.equal(await tokens.verify(each), null, each.slice(0, 80))
  })

  it('needs a secret', () => {
    assert.throws(() => createUserTokens({ secrets: [], ttlSeconds: 60 }), RangeError)
    assert.throws(() => createUserTokens({ secrets: ['a', ''], ttlSeconds: 60 }), RangeError)
  })
})
