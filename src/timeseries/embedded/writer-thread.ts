import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  type Transferable,
  workerData,
} from 'node:worker_threads'
import type { WriterRequest, WriterResult } from './messages.ts'
import { openWriter } from './writer.ts'

/**
 * The thread that owns the writing connection. Requests that wait together share one transaction and one fsync;
 * each is answered after it. A compaction hands its pieces in through a port of its own.
 */

interface Message {
  readonly id: number
  readonly request: WriterRequest
}

interface PortMessage {
  readonly pieces: MessagePort
}

const MOST_IN_GROUP = 64

const main = parentPort
if (main === null) throw new Error('the writer runs in a worker thread')
const writer = openWriter((workerData as { file: string }).file)

function transaction<Result>(work: () => Result): Result {
  writer.database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    writer.database.exec('COMMIT')
    return result
  } catch (error) {
    if (writer.database.isTransaction) writer.database.exec('ROLLBACK')
    throw error
  }
}

function answer(port: MessagePort, id: number, result: WriterResult): void {
  const transfer: Transferable[] = result !== null && 'points' in result ? [result.points.buffer] : []
  port.postMessage({ id, result }, transfer)
}

const refuse = (port: MessagePort, id: number, error: unknown) =>
  port.postMessage({ id, error: error instanceof Error ? error.message : String(error) })

function runOne(port: MessagePort, { id, request }: Message): void {
  try {
    const result = request.kind === 'restart-log' ? restartLog() : transaction(() => writer.run(request))
    if (request.kind === 'close') writer.database.close()
    answer(port, id, result)
  } catch (error) {
    refuse(port, id, error)
  }
}

/** Starts the write-ahead log anew, unless somebody still reads from it. */
function restartLog(): WriterResult {
  const { database } = writer
  database.exec('PRAGMA busy_timeout=0')
  const row = database.prepare('PRAGMA wal_checkpoint(RESTART)').get()
  database.exec('PRAGMA busy_timeout=5000')
  return { restarted: row?.['busy'] === 0 }
}

/** All in one transaction; when that fails, each in its own, so that a bad one harms no other. */
function runGroup(port: MessagePort, group: readonly Message[]): void {
  let results: WriterResult[]
  try {
    results = transaction(() => group.map(({ request }) => writer.run(request)))
  } catch {
    for (const message of group) runOne(port, message)
    return
  }
  results.forEach((result, index) => answer(port, group[index]?.id ?? 0, result))
}

const runsAlone = ({ request }: Message) => request.kind === 'restart-log' || request.kind === 'close'

/** Takes what else waits at the port, up to a bound, without giving the turn away. */
function takeWaiting(port: MessagePort, first: Message): Message[] {
  const taken = [first]
  while (taken.length < MOST_IN_GROUP) {
    const waiting = receiveMessageOnPort(port) as { message: Message | PortMessage } | undefined
    if (waiting === undefined) break
    if ('pieces' in waiting.message) listen(waiting.message.pieces)
    else taken.push(waiting.message)
  }
  return taken
}

function runWaiting(port: MessagePort, first: Message): void {
  let group: Message[] = []
  for (const message of takeWaiting(port, first)) {
    if (!runsAlone(message)) {
      group.push(message)
      continue
    }
    if (group.length > 0) runGroup(port, group)
    group = []
    runOne(port, message)
  }
  if (group.length > 0) runGroup(port, group)
}

function listen(pieces: MessagePort): void {
  pieces.on('message', (piece: Message) => runOne(pieces, piece))
}

main.on('message', (message: Message | PortMessage) => {
  if ('pieces' in message) listen(message.pieces)
  else runWaiting(main, message)
})
