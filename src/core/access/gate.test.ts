import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { isCoreError } from '../errors.ts'
import { createGate } from './gate.ts'

describe('gate', () => {
  it('runs a few at a time, in order, and refuses what would wait beyond the bound', async () => {
    const gate = createGate({ concurrency: 2, waiting: 3 })
    const events: string[] = []
    let running = 0
    let most = 0
    const work = (name: number) => async () => {
      events.push(`${name}`)
      most = Math.max(most, (running += 1))
      await turn()
      running -= 1
      return name
    }
    const calls = [1, 2, 3, 4, 5, 6, 7].map((name) => gate(work(name)))
    const settled = await Promise.allSettled(calls)
    assert.deepEqual(events, ['1', '2', '3', '4', '5'])
    assert.equal(most, 2)
    const refused = settled.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    assert.deepEqual(
      refused.map((error) => isCoreError(error, 'overloaded')),
      [true, true],
    )
    assert.equal(await gate(async () => 'again'), 'again')
  })

  it('gives the place of failed work to the next', async () => {
    const gate = createGate({ concurrency: 1, waiting: 5 })
    const failing = gate(async () => Promise.reject(new RangeError('x')))
    const throwing = gate(() => {
      throw new TypeError('y')
    })
    const fine = gate(async () => 1)
    await assert.rejects(failing, RangeError)
    await assert.rejects(throwing, TypeError)
    assert.equal(await fine, 1)
  })
})
