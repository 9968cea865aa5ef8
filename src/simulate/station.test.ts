import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { reportAt } from './life.ts'
import { chance, randomStream } from './random.ts'
import { fillBacklog, measure, newStation, release } from './station.ts'

const START = Date.UTC(2030, 0, 1)

function lived(steps: number, buffer = 10_000): { station: ReturnType<typeof newStation>; bursts: number[] } {
  const station = newStation()
  const rules = { random: randomStream(5), buffer }
  const bursts: number[] = []
  for (let step = 0; step < steps; step += 1) {
    const before = station.queue.length
    measure(station, START + step * 500, rules)
    bursts.push(station.queue.length - before)
  }
  release(station)
  return { station, bursts }
}

describe('a simulated station', () => {
  it('never reports two readings for one instant, and loses only what it says', () => {
    const { station } = lived(5000)
    assert.equal(new Set(station.queue).size, station.queue.length)
    assert.equal(station.queue.length + station.lost, 5000)
    assert.ok(station.lost > 0)
  })

  it('has outages with bursts of old readings afterwards, and batches out of order', () => {
    const { station, bursts } = lived(5000)
    assert.ok(Math.max(...bursts) >= 10, 'a burst')
    const steps = station.queue.slice(1).map((time, index) => time - (station.queue[index] ?? 0))
    assert.ok(Math.min(...steps) < 0, 'out of order')
  })

  it('loses the oldest when its buffer is full', () => {
    const { station } = lived(5000, 100)
    assert.ok(station.queue.length <= 100 + 100)
    assert.equal(station.queue.length + station.lost, 5000)
  })

  it('can come back with hours of minutes to tell', () => {
    const station = newStation()
    fillBacklog(station, START, 60)
    assert.equal(station.queue.length, 60)
    assert.equal(station.queue[0], START - 3_600_000)
  })
})

describe('what it reports', () => {
  it('follows from seed, device and instant alone', () => {
    assert.deepEqual(reportAt(1, 2, START), reportAt(1, 2, START))
    assert.notDeepEqual(reportAt(1, 2, START).values, reportAt(2, 2, START).values)
    assert.notDeepEqual(reportAt(1, 2, START).values, reportAt(1, 2, START + 1).values)
  })

  it('is life-like: plausible numbers, a daily curve, now and then a text and a boolean', () => {
    const reports = Array.from({ length: 1440 }, (_, minute) => reportAt(1, 1, START + minute * 60_000))
    const temperatures = reports.map(({ values }) => Number(values['temperature']))
    assert.ok(Math.min(...temperatures) > -10 && Math.max(...temperatures) < 45)
    assert.ok(Math.max(...temperatures) - Math.min(...temperatures) > 3)
    assert.ok(reports.some(({ values }) => typeof values['note'] === 'string'))
    assert.ok(reports.some(({ values }) => typeof values['door_open'] === 'boolean'))
  })

  it('rests on evenly spread chances', () => {
    const tenths = Array.from({ length: 10 }, () => 0)
    for (let time = 0; time < 20_000; time += 1) {
      const tenth = Math.floor(chance(9, 4, START + time) * 10)
      tenths[tenth] = (tenths[tenth] ?? 0) + 1
    }
    assert.ok(Math.min(...tenths) > 1800 && Math.max(...tenths) < 2200, tenths.join(' '))
  })
})
