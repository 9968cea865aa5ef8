import type { TelemetryStore } from '../core/telemetry/store.ts'
import { timeseriesContract } from './contract.ts'
import type { ContractOptions } from './contract/bench.ts'
import { createModel } from './model.ts'

// The model must keep the contract as well, or comparing with it would prove nothing.
const stores = new Map<string, TelemetryStore>()

const open = async (directory: string, options: ContractOptions) => {
  const store = stores.get(directory) ?? createModel(options)
  stores.set(directory, store)
  return store
}

timeseriesContract('model', open, { trusting: true })
