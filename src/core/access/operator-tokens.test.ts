import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createOperatorTokens } from './operator-tokens.ts'

describe('operator tokens', () => {
  it('takes the general token everywhere and an alias in its own dialect only', () => {
    const tokens = createOperatorTokens({ any: 'general', iotflow: 'flow' })
    const taken = (token: string) =>
      (['any', 'iotflow', 'nbiot'] as const).filter((door) => tokens.matches(token, door))
    assert.deepEqual(taken('general'), ['any', 'iotflow', 'nbiot'])
    assert.deepEqual(taken('flow'), ['iotflow'])
    for (const wrong of ['', 'genera', 'generall', ' general', 'GENERAL', 'general\0', 'x'.repeat(100_000)]) {
      assert.deepEqual(taken(wrong), [], wrong.slice(0, 20))
    }
  })

  it('refuses to be built with an empty token', () => {
    assert.throws(() => createOperatorTokens({ any: '' }), RangeError)
    assert.throws(() => createOperatorTokens({ any: 'a', nbiot: '' }), RangeError)
  })
})
