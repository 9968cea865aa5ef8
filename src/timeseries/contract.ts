import { describe } from 'node:test'
import { aggregateContract } from './contract/aggregate.ts'
import { appendContract } from './contract/append.ts'
import { deletesContract } from './contract/deletes.ts'
import { ledgerContract } from './contract/ledger.ts'
import { logContract } from './contract/log.ts'
import { presenceContract } from './contract/presence.ts'
import { rangeContract } from './contract/range.ts'
import { repeatsContract } from './contract/repeats.ts'
import { READING_DAYS, retentionContract } from './contract/retention.ts'
import { sizesContract } from './contract/sizes.ts'
import { valuesContract } from './contract/values.ts'
import { type OpenStore, prepareBench, type Traits } from './contract/bench.ts'

const SECTIONS = [
  appendContract,
  valuesContract,
  repeatsContract,
  rangeContract,
  aggregateContract,
  presenceContract,
  ledgerContract,
  logContract,
  deletesContract,
  sizesContract,
]

/** What every implementation of the telemetry port must do. Most cases also hold after a compaction and a restart. */
export function timeseriesContract(name: string, open: OpenStore, traits: Traits = {}): void {
  describe(`telemetry contract: ${name}`, () => {
    const bench = prepareBench(open, traits)
    for (const section of SECTIONS) section(bench)
  })
  describe(`telemetry contract: ${name} that lets readings expire`, () => {
    retentionContract(prepareBench(open, { ...traits, readingDays: READING_DAYS }))
  })
}
