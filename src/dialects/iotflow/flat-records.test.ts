import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Point } from '../../core/telemetry/store.ts'
import { flatRecord, instants } from './flat-records.ts'

const point = (metric: string, time: number, over: Partial<Point> = {}): Point => ({
  device: 1,
  metric,
  dialect: 'iotflow',
  time,
  sequence: 1,
  value: 1,
  ...over,
})

describe('flat records', () => {
  it('takes the later sequence where two dialects brought the same measurement', () => {
    const early = point('t', 5, { sequence: 9, value: 'late' })
    const late = point('t', 5, { sequence: 3, value: 'early', dialect: 'sensors' })
    const shown = { timestamp: '1970-01-01T00:00:00.005Z', t: 'late' }
    assert.deepEqual({ ...flatRecord([early, late]) }, shown)
    assert.deepEqual({ ...flatRecord([late, early]) }, shown)
  })

  it('shows the newest time, and the newest value of each measurement', () => {
    const record = flatRecord([
      point('a', 5, { value: 'old' }),
      point('a', 9, { value: 'new' }),
      point('b', 7),
    ])
    assert.deepEqual({ ...record }, { timestamp: '1970-01-01T00:00:00.009Z', a: 'new', b: 1 })
  })

  it('treats names like __proto__ as names, and leaves the time its place', () => {
    const text = JSON.stringify(
      flatRecord([point('__proto__', 5), point('constructor', 5), point('timestamp', 5, { value: 'x' })]),
    )
    assert.equal(text, '{"timestamp":"1970-01-01T00:00:00.005Z","__proto__":1,"constructor":1}')
  })

  it('splits points by instant', () => {
    const runs = [...instants([point('a', 9), point('b', 9), point('a', 5)])]
    assert.deepEqual(
      runs.map((run) => run.map(({ metric }) => metric)),
      [['a', 'b'], ['a']],
    )
    assert.deepEqual([...instants([])], [])
  })
})
