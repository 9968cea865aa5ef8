import assert from 'node:assert/strict'
import { it } from 'node:test'
import { LatencyHistogram } from './histogram.ts'

it('tells percentiles within 4 %', () => {
  const histogram = new LatencyHistogram()
  for (let step = 1; step <= 1000; step += 1) histogram.add(step / 10)
  for (const share of [0.5, 0.9, 0.99]) {
    const exact = share * 100
    const told = histogram.percentile(share)
    assert.ok(Math.abs(told / exact - 1) < 0.04, `p${share * 100} is ${told}, not ${exact}`)
  }
})

it('says 0 before the first latency', () => {
  assert.equal(new LatencyHistogram().percentile(0.99), 0)
})
