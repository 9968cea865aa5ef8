import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isCoreError } from '../errors.ts'
import { checkUserInput } from './user-input.ts'

const refused = (input: Parameters<typeof checkUserInput>[0], field: string) =>
  assert.throws(
    () => checkUserInput(input),
    (error) => isCoreError(error, 'invalid_input') && error.details['field'] === field,
    JSON.stringify(input).slice(0, 100),
  )

describe('user input', () => {
  it('takes user names of 1 to 80 characters as they are', () => {
    for (const username of ['a', 'Zoë 🚲', ' blank ', '__proto__', '7', 'x'.repeat(80), '🚲'.repeat(80)]) {
      checkUserInput({ username })
    }
    for (const username of ['', 'x'.repeat(81), '🚲'.repeat(81), 'a\0b', '\ud800'])
      refused({ username }, 'username')
  })

  it('takes e-mails up to 120 characters that look like an address', () => {
    for (const email of [
      'a@example.org',
      'A.b+c@mail.example.org',
      'ü@exämple.org',
      `${'x'.repeat(108)}@example.org`,
    ]) {
      checkUserInput({ email })
    }
    const long = `${'x'.repeat(109)}@example.org`
    for (const email of [
      '',
      'a',
      '@example.org',
      'a@',
      'a@b',
      'a b@example.org',
      'a@b@example.org',
      'a@.org',
      'a@x..org',
      'a@x.',
      'a@x.org\n',
      long,
    ]) {
      refused({ email }, 'email')
    }
  })

  it('takes passwords of 1 to 1024 bytes', () => {
    for (const password of ['1', ' ', 'é'.repeat(512), 'x'.repeat(1024)]) checkUserInput({ password })
    for (const password of ['', 'é'.repeat(513), 'x'.repeat(1025), 'x'.repeat(1_000_000)])
      refused({ password }, 'password')
  })

  it('names the first wrong field and never the value', () => {
    try {
      checkUserInput({ username: 'ok', email: 'not an address', password: '' })
      assert.fail()
    } catch (error) {
      assert(isCoreError(error, 'invalid_input'))
      assert.deepEqual(error.details, { field: 'email', reason: 'must be an e-mail address' })
    }
  })
})
