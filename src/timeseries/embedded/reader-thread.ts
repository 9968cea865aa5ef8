import { parentPort, workerData } from 'node:worker_threads'
import { runAggregate, runReceipts, runStatistics } from './aggregate.ts'
import { chunkSource } from './chunk-source.ts'
import { ledgerReader } from './ledger-query.ts'
import { logReader } from './log-query.ts'
import type { ReaderRequest } from './messages.ts'
import { runRange } from './range-query.ts'
import { connect } from './schema.ts'

/** The thread that answers queries that need the file, each inside one read transaction. */

const port = parentPort
if (port === null) throw new Error('the reader runs in a worker thread')
const database = connect((workerData as { file: string }).file, { readOnly: true, cache: 8192 })
const chunks = chunkSource(database)
const log = logReader(database)
const ledger = ledgerReader(database)

function run(request: ReaderRequest): unknown {
  switch (request.kind) {
    case 'range':
      return runRange(chunks, request)
    case 'aggregate':
      return runAggregate(chunks, request)
    case 'statistics':
      return runStatistics(chunks, request)
    case 'receipts':
      return runReceipts(chunks, request)
    case 'log':
      return log.read(request)
    case 'tallies':
      return ledger.tallies(request)
    case 'rows':
      return ledger.rows(request)
  }
}

port.on('message', ({ id, request }: { id: number; request: ReaderRequest }) => {
  try {
    database.exec('BEGIN')
    try {
      port.postMessage({ id, result: run(request) })
    } finally {
      database.exec('COMMIT')
    }
  } catch (error) {
    port.postMessage({ id, error: error instanceof Error ? error.message : String(error) })
  }
})
