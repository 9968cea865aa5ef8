import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CoreError, ERROR_CODES } from '../../core/errors.ts'
import { worded } from './refusals.ts'

describe('core errors in the words of iotflow', () => {
  for (const code of ERROR_CODES) {
    it(code, () => {
      const details = { field: 'name', reason: 'too long', what: 'metrics', limit: 5, retryAfter: 7 }
      const { status, body, headers } = worded(new CoreError(code, details))
      assert.ok(status >= 400 && status < 600, String(status))
      assert.equal(typeof (body as { error?: unknown }).error, 'string')
      assert.doesNotMatch(JSON.stringify(body), /undefined|NaN|null/)
      if (status === 429 || status === 503) assert.match(headers['retry-after'] ?? '', /^\d+$/)
    })
  }

  it('lets a route have its own words', () => {
    const own = worded(new CoreError('label_not_found'), {
      label_not_found: () => worded(new CoreError('not_member')),
    })
    assert.deepEqual(own.body, { error: 'Device not in group' })
  })
})
