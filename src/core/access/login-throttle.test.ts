import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isCoreError } from '../errors.ts'
import { createLoginThrottle } from './login-throttle.ts'

const MINUTE = 60_000

const retryAfter = (seconds: number) => (error: unknown) =>
  isCoreError(error, 'login_throttled') && error.details['retryAfter'] === seconds

describe('login throttle', () => {
  it('lets ten failures pass within 15 minutes of the first, then none until they are over', () => {
    let time = 1_000_000
    const throttle = createLoginThrottle({ now: () => time })
    for (let attempt = 0; attempt < 10; attempt += 1) throttle.begin('key')
    time += 5 * MINUTE
    assert.throws(() => throttle.check('key'), retryAfter(600))
    assert.throws(() => throttle.begin('key'), retryAfter(600))
    throttle.check('other')
    time += 10 * MINUTE - 1
    assert.throws(() => throttle.begin('key'), retryAfter(1))
    time += 1
    throttle.begin('key')
    throttle.check('key')
  })

  it('forgets the failures at a success', () => {
    const throttle = createLoginThrottle({ limit: 2 })
    for (let round = 0; round < 5; round += 1) {
      throttle.begin('key')
      throttle.begin('key')
      throttle.succeeded('key')
    }
    assert.equal(throttle.size, 0)
  })

  it('remembers a bounded number of keys, the newest', () => {
    const throttle = createLoginThrottle({ limit: 1, most: 100 })
    for (let key = 0; key < 1000; key += 1) throttle.begin(`key ${key}`)
    assert.equal(throttle.size, 100)
    throttle.check('key 0')
    assert.throws(() => throttle.check('key 999'))
  })
})
