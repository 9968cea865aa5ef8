import { CoreError } from '../../core/errors.ts'
import type { Entry, Receipt } from '../../core/telemetry/store.ts'
import { admit } from './admission.ts'
import type { Limits } from './catalogue.ts'
import { decodePoints, encodeBodies, encodePoints } from './journal-codec.ts'
import type { Memory } from './memory.ts'
import type { AppendRequest, AppendResult } from './messages.ts'
import { dialectNumber } from './series-index.ts'
import type { WriterLink } from './writer-link.ts'

export interface Appender {
  append(entries: readonly Entry[]): Promise<Receipt[]>
  /** The next sequence, taken. */
  takeSequence(): number
  /** Why the last write failed; null when it did not. */
  fault: string | null
  journalBytes: number
  /** Appends that have not been settled. */
  readonly outstanding: number
}

export interface AppenderOptions {
  readonly memory: Memory
  readonly writer: WriterLink
  readonly limits: Limits
  readonly now: () => number
  /** Size of the journal as it was found. */
  readonly journalBytes: number
  /** A batch of so many bytes has been made visible. */
  readonly onCommit: (bytes: number) => void
}

/** Turns entries into batches for the writer and makes them visible when they are on disk. */
export function createAppender(options: AppenderOptions): Appender {
  const { memory, writer, limits, now } = options
  let nextSequence = memory.lastSequence + 1
  let outstanding = 0

  function takeSequence(): number {
    return nextSequence++
  }

  function encode(entries: readonly Entry[]): AppendRequest {
    const points = encodePoints(entries, memory.catalogue)
    const bodies = encodeBodies(entries, memory.catalogue)
    const first = nextSequence
    nextSequence += entries.length
    const size = new Uint32Array(points.buffer, 0, 3)[2] ?? 0
    return {
      kind: 'append',
      first,
      entries: entries.length,
      size,
      points,
      bodies,
      ...memory.catalogue.unsaved(),
      ...sideRows(entries),
    }
  }

  function settle(request: AppendRequest, result: AppendResult): Receipt[] {
    const { first, entries } = request
    memory.catalogue.confirm(request)
    const dropped = new Set(result.dropped.map(([entry]) => entry))
    memory.apply(decodePoints(result.points), { first, dropped, now: now() })
    appender.journalBytes += result.journalBytes
    appender.fault = null
    const receipts: Receipt[] = []
    for (let index = 0; index < entries; index += 1)
      receipts.push({ status: 'stored', sequence: first + index })
    for (const [entry, sequence] of result.dropped) receipts[entry] = { status: 'duplicate', sequence }
    options.onCommit(result.journalBytes)
    return receipts
  }

  async function append(entries: readonly Entry[]): Promise<Receipt[]> {
    if (entries.length === 0) return []
    if (outstanding >= limits.outstanding) throw new CoreError('overloaded')
    admit(entries, limits)
    const request = encode(entries)
    outstanding += 1
    return new Promise((resolve, reject) => {
      writer.send(
        request,
        {
          done(result) {
            outstanding -= 1
            resolve(settle(request, result as AppendResult))
          },
          failed(error) {
            outstanding -= 1
            appender.fault = error.message
            reject(new CoreError('storage_unavailable', {}, { cause: error }))
          },
        },
        [request.points.buffer, request.bodies.buffer],
      )
    })
  }

  const appender = {
    append,
    takeSequence,
    fault: null as string | null,
    journalBytes: options.journalBytes,
    get outstanding() {
      return outstanding
    },
  }
  return appender
}

/** What stands in plain tables. Texts go as JSON, which keeps what SQL text would lose. */
function sideRows(entries: readonly Entry[]): Pick<AppendRequest, 'keys' | 'tallies' | 'rows'> {
  const keys: AppendRequest['keys'][number][] = []
  const tallies: AppendRequest['tallies'][number][] = []
  const rows: AppendRequest['rows'][number][] = []
  entries.forEach((entry, index) => {
    const { device, key } = entry
    const dialect = dialectNumber(entry.dialect)
    if (key !== undefined) {
      keys.push({
        entry: index,
        dialect,
        device,
        scope: JSON.stringify(key.scope),
        text: JSON.stringify(key.text),
      })
    }
    for (const { name, bucket, delta } of entry.tallies ?? []) {
      tallies.push({ entry: index, name: JSON.stringify(name), bucket, delta })
    }
    entry.rows?.forEach(({ subject, fields }, place) => {
      const texts = { subject: JSON.stringify(subject), fields: JSON.stringify(fields) }
      rows.push({ entry: index, place, device, dialect, time: entry.time, ...texts })
    })
  })
  return { keys, tallies, rows }
}
