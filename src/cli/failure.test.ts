import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseArgs } from 'node:util'
import { WrongMasterKeyError } from '../registry/index.ts'
import { UsageError } from './command.ts'
import { describeFailure, isUsage } from './failure.ts'

const listening = (code: string, more: object) =>
  Object.assign(new Error(code), { code, syscall: 'listen', ...more })

it('tells what is wrong with a port, in one line', () => {
  const place = { port: 80, address: '127.0.0.1' }
  assert.match(
    describeFailure(listening('EADDRINUSE', place)),
    /^port 80 on 127\.0\.0\.1 is taken by another program/,
  )
  assert.match(describeFailure(listening('EACCES', place)), /^port 80 .* may not be opened by this user/)
  assert.match(describeFailure(listening('EADDRNOTAVAIL', place)), /is not an address of this machine/)
})

it('does not take a file that is refused for a port that is', () => {
  const error = Object.assign(new Error('EACCES: permission denied, open x'), {
    code: 'EACCES',
    syscall: 'open',
  })
  assert.equal(describeFailure(error), 'unexpected: EACCES: permission denied, open x')
})

it('leaves the words of errors that speak for themselves, and joins lines', () => {
  assert.match(describeFailure(new WrongMasterKeyError()), /^the master key does not belong to this registry/)
  assert.equal(describeFailure(new Error('one\n  two\n')), 'unexpected: one two')
  assert.equal(describeFailure('text'), 'text')
})

it('knows a wrong command line', () => {
  assert.ok(isUsage(new UsageError('x')))
  assert.throws(() => parseArgs({ args: ['--x'], options: {} }), isUsage)
  assert.equal(isUsage(new Error('x')), false)
})
