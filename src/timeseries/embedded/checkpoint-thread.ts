import { parentPort, workerData } from 'node:worker_threads'
import { connect } from './schema.ts'

/** Copies the write-ahead log into the file without holding anybody up. */

const port = parentPort
if (port === null) throw new Error('checkpoints run in a worker thread')
const database = connect((workerData as { file: string }).file, { cache: 1024 })
const copy = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')

port.on('message', ({ id }: { id: number }) => {
  try {
    copy.get()
    port.postMessage({ id, result: null })
  } catch (error) {
    port.postMessage({ id, error: error instanceof Error ? error.message : String(error) })
  }
})
