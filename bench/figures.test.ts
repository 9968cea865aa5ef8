import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { median, table, verdictOf, type Figure } from './figures.ts'
import { recorded, shape } from './record-answer.ts'

const ratio: Figure = {
  section: 'http',
  name: 'ratio',
  value: 0.8,
  unit: '×',
  goal: { floor: 0.7, target: 0.95, better: 'higher' },
}
const latency: Figure = { ...ratio, name: 'p99', goal: { floor: 3, target: 1.5, better: 'lower' } }

describe('figures', () => {
  it('are judged by the direction that is better', () => {
    assert.equal(verdictOf(ratio), 'floor')
    assert.equal(verdictOf({ ...ratio, value: 0.95 }), 'target')
    assert.equal(verdictOf({ ...ratio, value: 0.69 }), 'missed')
    assert.equal(verdictOf({ ...latency, value: 1.5 }), 'target')
    assert.equal(verdictOf({ ...latency, value: 2 }), 'floor')
    assert.equal(verdictOf({ ...latency, value: 3.1 }), 'missed')
    assert.equal(verdictOf({ ...latency, value: NaN }), 'missed')
  })

  it('stay in the table when they are missed', () => {
    assert.match(table([{ ...ratio, value: 0.5 }]), /http +ratio +0\.5 × +0\.7 +0\.95 +missed/)
  })

  it('are medians, so that one bad round decides nothing', () => {
    assert.equal(median([9, 1, 2]), 2)
    assert.equal(median([4, 1, 2, 9]), 3)
  })
})

describe('the bare server', () => {
  const answer =
    'HTTP/1.1 201 Created\r\ncontent-type: application/json\r\nDate: Sun, 22 Nov 2026 01:21:03 GMT\r\n' +
    'Connection: keep-alive\r\nKeep-Alive: timeout=72\r\ncontent-length: 12\r\n\r\n{"id":"a17"}'

  it('gets the recorded headers but those that node:http writes by itself', () => {
    assert.deepEqual(recorded(answer), {
      status: 201,
      headers: { 'content-type': 'application/json', 'content-length': '12' },
      body: '{"id":"a17"}',
      keepAliveTimeout: 72_000,
    })
  })

  it('may differ in digits and dates, not in length or headers', () => {
    assert.equal(shape(answer), shape(answer.replace('a17', 'a42').replace('Sun', 'Mon')))
    assert.notEqual(shape(answer), shape(answer.replace('a17', 'a170')))
    assert.notEqual(shape(answer), shape(answer.replace('timeout=72', 'timeout=5')))
  })
})
