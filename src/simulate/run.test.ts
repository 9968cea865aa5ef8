import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isClean } from './check.ts'
import type { Fleet } from './fleet.ts'
import { reportAt, type Report } from './life.ts'
import { newProgress } from './progress.ts'
import { run, type RunResult } from './run.ts'

interface Lies {
  /** Which of the acknowledged reports are kept; a wrong one is kept with another value. */
  readonly keep?: (serial: number) => 'right' | 'wrong' | 'not'
  readonly countTwice?: boolean
  readonly busyEvery?: number
}

/** A server that lies as told: a true one never shows whether the check would notice. */
function lyingFleet(devices: number, lies: Lies): Fleet {
  const stored = Array.from({ length: devices }, () => new Map<number, Report>())
  const counted = Array.from({ length: devices }, () => 0)
  let serial = 0
  return {
    owner: 'nobody',
    reportAt: (device, time) => reportAt(7, device, time),
    send: async (device, report) => {
      serial += 1
      if (lies.busyEvery !== undefined && serial % lies.busyEvery === 0) return 'later'
      counted[device] = (counted[device] ?? 0) + (lies.countTwice && serial === 50 ? 50 : 1)
      const how = lies.keep?.(serial) ?? 'right'
      if (how === 'right') stored[device]?.set(report.time, report)
      if (how === 'wrong')
        stored[device]?.set(report.time, { ...report, values: { ...report.values, humidity: -1 } })
      return 'acknowledged'
    },
    readBack: async function* (device, { from, to }) {
      const reports = [...(stored[device]?.values() ?? [])].sort((one, other) => other.time - one.time)
      yield* reports.filter(({ time }) => time >= from && time <= to)
    },
    submissions: async (device) => counted[device] ?? 0,
    close: () => {},
  }
}

async function simulated(lies: Lies): Promise<RunResult & { acknowledged: number }> {
  const progress = newProgress()
  const plan = { devices: 5, rate: 1000, seed: 3, connections: 8, drainMs: 3000 }
  const result = await run(lyingFleet(5, lies), progress, { ...plan, stop: AbortSignal.timeout(400) })
  return { ...result, acknowledged: progress.acknowledged }
}

describe('a simulated run', () => {
  it('checks every acknowledged reading and finds nothing wrong with an honest server', async () => {
    const { findings, acknowledged, unsent } = await simulated({})
    assert.ok(acknowledged > 200, `${acknowledged} acknowledged`)
    assert.equal(findings.checked, acknowledged)
    assert.equal(unsent, 0)
    assert.ok(isClean(findings))
  })

  it('sends again what a busy server did not take', async () => {
    const { findings, acknowledged, unsent } = await simulated({ busyEvery: 40 })
    assert.equal(unsent, 0)
    assert.equal(findings.checked, acknowledged)
    assert.ok(isClean(findings))
  })

  it('notices one lost reading', async () => {
    const { findings } = await simulated({ keep: (serial) => (serial === 100 ? 'not' : 'right') })
    assert.equal(findings.missing, 1)
    assert.match(findings.samples[0] ?? '', /acknowledged, but not there/)
  })

  it('notices one wrong value', async () => {
    const { findings } = await simulated({ keep: (serial) => (serial === 100 ? 'wrong' : 'right') })
    assert.equal(findings.wrong, 1)
    assert.match(findings.samples[0] ?? '', /humidity is -1 instead of/)
  })

  it('notices submissions that were stored twice', async () => {
    const { findings } = await simulated({ countTwice: true })
    assert.equal(findings.miscounted, 1)
    assert.ok(!isClean(findings))
  })
})
