import type { MessagePort } from 'node:worker_threads'
import {
  type CompactorReport,
  EMPTY_PIECE,
  type NewChunk,
  type Piece,
  type SeriesUpdate,
} from './messages.ts'
import type { SeriesResult } from './series-compaction.ts'

/** What a piece should take, milliseconds from sending to fsync: longer ones hold appends up, shorter ones are all fsync. */
const TARGET = 2
const FEWEST = 8
const MOST = 256
const PAGE = 8192

export interface PieceSender {
  /** Hands a piece to the writer once the one before it is on disk. */
  (part: Partial<Piece> & { freed?: number }): Promise<void>
  /** How many rows a piece should have now. */
  readonly rows: number
  /** Collects results of series into pieces. */
  series(result: SeriesResult): Promise<void>
  /** Settles when everything handed over is on disk. */
  flush(): Promise<void>
}

export function pieceSender(port: MessagePort, report: (message: CompactorReport) => void): PieceSender {
  let id = 0
  let pending: Promise<void> = Promise.resolve()
  let remove: number[] = []
  let chunks: NewChunk[] = []
  let updates: SeriesUpdate[] = []
  let change = { points: 0, chunkBytes: 0 }
  let rows = 24

  function post(piece: Piece, freed: number): Promise<void> {
    const own = ++id
    const started = performance.now()
    return new Promise((resolve, reject) => {
      port.once('message', (answer: { id: number; error?: string }) => {
        if (answer.error !== undefined || answer.id !== own) {
          reject(new Error(answer.error ?? 'the writer answered something else'))
          return
        }
        adapt(performance.now() - started)
        const bytes = piece.chunks.reduce((sum, { data }) => sum + data.length, 0)
        const logBytes = piece.logBlocks.reduce((sum, { data }) => sum + data.length, 0)
        // Expiry only removes, and removing a chunk still writes its page.
        const pages = piece.chunks.length === 0 ? piece.removeChunks.length : 0
        const written = bytes + logBytes + pages * PAGE + 16_384
        report({ kind: 'committed', change: piece.change, freed, written })
        resolve()
      })
      port.postMessage({ id: own, request: piece })
    })
  }

  /** Behind appends the way to the disk is long, and pieces get small. */
  function adapt(milliseconds: number): void {
    const better = milliseconds > TARGET ? rows * 0.7 : rows * 1.2
    rows = Math.min(MOST, Math.max(FEWEST, better))
  }

  async function send(part: Partial<Piece> & { freed?: number }): Promise<void> {
    const { freed = 0, ...members } = part
    // The next piece is being made while this one is written.
    await pending
    pending = post({ ...EMPTY_PIECE, ...members }, freed)
    pending.catch(() => undefined)
  }

  async function flushSeries(): Promise<void> {
    if (updates.length === 0) return
    const piece = { removeChunks: remove, chunks, series: updates, change }
    remove = []
    chunks = []
    updates = []
    change = { points: 0, chunkBytes: 0 }
    await send(piece)
  }

  return Object.defineProperties(
    send,
    Object.getOwnPropertyDescriptors({
      get rows() {
        return rows
      },
      async series(result: SeriesResult) {
        remove.push(...result.remove)
        chunks.push(...result.add)
        updates.push(result.update)
        change.points += result.change.readings
        change.chunkBytes += result.change.chunkBytes
        if (chunks.length + remove.length + updates.length >= rows) await flushSeries()
      },
      async flush() {
        await flushSeries()
        await pending
      },
    }),
  ) as PieceSender
}
