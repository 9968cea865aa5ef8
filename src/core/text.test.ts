import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isCoreError } from './errors.ts'
import { checkText } from './text.ts'

const reason = (text: string, limits: { min?: number; max: number }) => {
  try {
    checkText('name', text, limits)
    return null
  } catch (error) {
    assert(isCoreError(error, 'invalid_input'))
    assert.equal(error.details['field'], 'name')
    return error.details['reason']
  }
}

it('counts characters as code points', () => {
  assert.equal(reason('🚲🚲🚲', { max: 3 }), null)
  assert.equal(reason('🚲🚲🚲🚲', { max: 3 }), 'must have at most 3 characters')
  assert.equal(reason('aaaa', { max: 3 }), 'must have at most 3 characters')
  assert.equal(reason('x'.repeat(1_000_000), { max: 3 }), 'must have at most 3 characters')
})

it('refuses what is empty where something is needed', () => {
  assert.equal(reason('', { max: 3 }), null)
  assert.equal(reason('', { min: 1, max: 3 }), 'must not be empty')
})

it('refuses what no store can hold', () => {
  for (const text of ['\0', 'a\0', '\ud800', 'a\udc00b']) {
    assert.equal(reason(text, { max: 3 }), 'must be Unicode text without NUL')
  }
})
