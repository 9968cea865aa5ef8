import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { TelemetryStore } from '../../core/telemetry/store.ts'
import { timeseriesContract } from '../contract.ts'
import { answersOf, history, levelled, type Step } from '../interleaving.ts'
import { createModel, type Model } from '../model.ts'
import { openEmbeddedStore } from './index.ts'

const MINUTE = 60_000
const DAY = 86_400_000
/** Some of the histories' readings are a little older than 40 minutes at the start, and some much older. */
const BEGIN = 1_700_000_000_000 + 50 * MINUTE

interface Settings {
  /** Small chunks are cut and merged by few points. */
  readonly chunkPoints: number
  /** 0: readings stay. */
  readonly readingDays: number
  readonly clock: { now: number }
}

/** A store under test with the folder it lives in. */
interface Bench extends Settings {
  store: TelemetryStore
  directory: string
  copies: number
  behind: Promise<void>[]
}

const open = (directory: string, { chunkPoints, readingDays, clock }: Settings) =>
  openEmbeddedStore({
    file: join(directory, 'telemetry.db'),
    now: () => clock.now,
    retention: { logDays: 30, readingDays },
    compaction: { automatic: false, chunkPoints },
    onFault: (error) => assert.fail(error),
  })

async function step(bench: Bench, model: Model, next: Step): Promise<void> {
  switch (next.kind) {
    case 'append': {
      // All at once, so that the writer sees several requests together.
      const real = await Promise.all(next.batches.map((batch) => bench.store.append(batch)))
      for (const [index, batch] of next.batches.entries())
        assert.deepEqual(real[index], await model.append(batch))
      return
    }
    case 'deleteRange':
      await bench.store.deleteRange(next.device, next)
      return model.deleteRange(next.device, next)
    case 'deleteDevice':
      await bench.store.deleteDevice(next.device)
      return model.deleteDevice(next.device)
    case 'compact':
      return bench.store.compact()
    case 'compactBehind':
      bench.behind.push(bench.store.compact().catch(() => undefined))
      return
    case 'reopen':
      await bench.store.close()
      bench.store = await open(bench.directory, bench)
      return model.continueAfter(bench.store.storeStatistics().lastSequence)
    case 'crash': {
      bench.copies += 1
      const copy = `${bench.directory}-${bench.copies}`
      cpSync(bench.directory, copy, { recursive: true, filter: (name) => !name.endsWith('-shm') })
      await bench.store.close()
      rmSync(bench.directory, { recursive: true })
      bench.directory = copy
      bench.store = await open(copy, bench)
      return model.continueAfter(bench.store.storeStatistics().lastSequence)
    }
    case 'wait':
      bench.clock.now += next.minutes * MINUTE
      return
    case 'check':
      assert.deepEqual(levelled(await answersOf(bench.store)), levelled(await answersOf(model)))
  }
}

timeseriesContract('embedded', (directory, { now, logDays, readingDays }) =>
  openEmbeddedStore({
    file: join(directory, 'telemetry.db'),
    now,
    retention: { logDays, readingDays },
    onFault: (error) => assert.fail(error),
  }),
)

const variant = fc.record({
  chunkPoints: fc.constantFrom(4, 1024),
  readingDays: fc.constantFrom(0, (30 * MINUTE) / DAY),
})

describe('embedded store against the model', () => {
  it('gives the same answers after any interleaving', { timeout: 600_000 }, async () => {
    const base = mkdtempSync(join(tmpdir(), 'timeseries-'))
    let runs = 0
    try {
      await fc.assert(
        fc.asyncProperty(history, variant, async (steps, own) => {
          runs += 1
          const directory = mkdtempSync(join(base, `run-${runs}-`))
          const settings: Settings = { ...own, clock: { now: BEGIN } }
          const bench: Bench = {
            ...settings,
            store: await open(directory, settings),
            directory,
            copies: 0,
            behind: [],
          }
          const model = createModel({ readingDays: own.readingDays, now: () => bench.clock.now })
          try {
            for (const next of steps) await step(bench, model, next)
            await step(bench, model, { kind: 'check' })
            await bench.store.compact()
            await step(bench, model, { kind: 'check' })
          } finally {
            await bench.store.close()
            await Promise.all(bench.behind)
            rmSync(bench.directory, { recursive: true })
          }
        }),
        {
          numRuns: Number(process.env['PROPERTY_RUNS'] ?? 25),
          endOnFailure: process.env['SHRINK'] === undefined,
        },
      )
    } finally {
      rmSync(base, { recursive: true, force: true })
    }
    assert.ok(runs > 0)
  })
})
