import type { DatabaseSync } from 'node:sqlite'
import { DIALECTS } from '../../core/dialects.ts'
import { type BlockEntry, decodeLogBlock, encodeLogBlock } from './log-codec.ts'
import { type EntryOf, expandJournal } from './journal-entries.ts'
import { neverExpires } from './log-retention.ts'
import type { NewLogBlock, OldLogBlock } from './messages.ts'
import type { PieceSender } from './piece-sender.ts'
import { readMeta } from './schema.ts'
import { deletedBy, type Tombstone } from './tombstones.ts'

/** Entries and bytes of bodies of one slice: what a read in sequence order has to open at once. */
const SLICE_ENTRIES = 32_768
const SLICE_BYTES = 8 * 2 ** 20
/** Bytes and entries of one block: what a read of one device has to open. */
const BLOCK_BYTES = 64 * 1024
const BLOCK_ENTRIES = 512
const ROWS_OF_BLOCK = 16

export interface LogWork {
  readonly database: DatabaseSync
  readonly through: number
  readonly expiry: { readonly expired: number; readonly floor: number }
  readonly due: readonly Tombstone[]
  readonly send: PieceSender
}

type Row = EntryOf<number>

/** Moves journal entries up to `through` into blocks, then works deletes and expiry in. */
export async function compactLog(work: LogWork): Promise<void> {
  await moveJournal(work)
  await applyDeletes(work)
  await expire(work)
  await work.send.flush()
}

async function moveJournal(work: LogWork): Promise<void> {
  const { database, through, due, send } = work
  const select = database.prepare(
    `SELECT first, count, dropped, points, bodies FROM journal
      WHERE first > ?1 AND first <= ?2 ORDER BY first LIMIT 1`,
    { returnArrays: true },
  )
  const gone = acceptor(due)
  let rows: Row[] = []
  let bytes = 0
  let moved = readMeta(database, 'logThrough')
  await removeUnfinished(work, moved)
  const flush = async () => {
    await sendSlice(rows, moved, send)
    rows = []
    bytes = 0
  }
  for (;;) {
    const row = select.get(moved, through) as unknown as
      | [number, number, Uint8Array | null, Uint8Array, Uint8Array]
      | undefined
    if (row === undefined) break
    const [first, count, dropped, points, bodies] = row
    for (const entry of expandJournal({ first, dropped, points, bodies }, (kind) => kind)) {
      if (gone(entry)) continue
      rows.push(entry)
      bytes += entry.body.length
    }
    moved = first + count - 1
    if (rows.length >= SLICE_ENTRIES || bytes >= SLICE_BYTES) await flush()
  }
  moved = Math.max(moved, through)
  await flush()
}

function acceptor(due: readonly Tombstone[]): (entry: Row) => boolean {
  const byDevice = Map.groupBy(due, ({ device }) => device)
  return ({ device, sequence, time }) => deletedBy(byDevice.get(device) ?? [])?.(sequence, time) === true
}

/**
 * The watermark moves with the last piece. Until then readers pass over the slice, and should the run end here, the
 * next one begins by removing it.
 */
async function sendSlice(rows: readonly Row[], through: number, send: PieceSender): Promise<void> {
  const slice = rows[0]?.sequence ?? 0
  let blocks: NewLogBlock[] = []
  const flush = async () => {
    const logBytes = blocks.reduce((sum, { data }) => sum + data.length, 0)
    if (blocks.length > 0) await send({ logBlocks: blocks, change: { logBytes } })
    blocks = []
  }
  for (const entries of blocksOf(rows)) {
    blocks.push(newBlock(entries, slice))
    // A block has many rows in the index of devices.
    if (blocks.length * ROWS_OF_BLOCK >= send.rows) await flush()
  }
  await flush()
  await send({ meta: { logThrough: through } })
}

/** Entries of one dialect, by device and sequence, in portions. */
function* blocksOf(rows: readonly Row[]): Generator<Row[]> {
  const sorted = rows.toSorted(
    (a, b) => a.dialect - b.dialect || a.device - b.device || a.sequence - b.sequence,
  )
  let block: Row[] = []
  let bytes = 0
  for (const entry of sorted) {
    const full = bytes >= BLOCK_BYTES || block.length >= BLOCK_ENTRIES
    if (block.length > 0 && (full || entry.dialect !== block[0]?.dialect)) {
      yield block
      block = []
      bytes = 0
    }
    block.push(entry)
    bytes += entry.body.length
  }
  if (block.length > 0) yield block
}

async function removeUnfinished({ database, send }: LogWork, moved: number): Promise<void> {
  const select = database.prepare('SELECT id, slice, data FROM log_blocks WHERE slice > ?', {
    returnArrays: true,
  })
  for (const row of select.all(moved)) {
    const [id, slice, data] = row as unknown as [number, number, Uint8Array]
    await replaceBlock(readBlock(id, slice, data), [], send)
  }
}

function newBlock(entries: readonly BlockEntry[], slice: number): NewLogBlock {
  let first = Infinity
  let last = 0
  let newest = 0
  for (const { sequence, received } of entries) {
    first = Math.min(first, sequence)
    last = Math.max(last, sequence)
    newest = Math.max(newest, received)
  }
  return {
    slice,
    first,
    last,
    newest,
    dialect: entries[0]?.dialect ?? 0,
    count: entries.length,
    devices: [...new Set(entries.map(({ device }) => device))],
    data: encodeLogBlock(entries),
  }
}

interface StoredBlock {
  readonly id: number
  readonly slice: number
  readonly entries: readonly BlockEntry[]
  readonly bytes: number
}

function readBlock(id: number, slice: number, data: Uint8Array): StoredBlock {
  return { id, slice, entries: decodeLogBlock(data, (kind) => kind), bytes: data.length }
}

const oldBlock = ({ id, slice, entries }: StoredBlock): OldLogBlock => ({
  id,
  slice,
  devices: [...new Set(entries.map(({ device }) => device))],
})

async function applyDeletes({ database, due, send }: LogWork): Promise<void> {
  const select = database.prepare(
    'SELECT b.id, b.slice, b.data FROM log_index i JOIN log_blocks b ON b.id = i.block WHERE i.device = ?',
    { returnArrays: true },
  )
  const gone = acceptor(due)
  for (const device of new Set(due.map((stone) => stone.device))) {
    // A block may hold entries of several such devices: what replaced it must be there to be read.
    await send.flush()
    for (const row of select.all(device)) {
      const [id, slice, data] = row as unknown as [number, number, Uint8Array]
      const block = readBlock(id, slice, data)
      const left = block.entries.filter((entry) => !gone(entry))
      if (left.length < block.entries.length) await replaceBlock(block, left, send)
    }
  }
}

async function replaceBlock(
  block: StoredBlock,
  left: readonly BlockEntry[],
  send: PieceSender,
): Promise<void> {
  const logBlocks = left.length === 0 ? [] : [newBlock(left, block.slice)]
  const logBytes = (logBlocks[0]?.data.length ?? 0) - block.bytes
  await send({ removeLogBlocks: [oldBlock(block)], logBlocks, change: { logBytes, logVersion: 1 } })
}

/** Queries hide what has expired entry by entry; here whole blocks of it go. */
async function expire({ database, expiry, send }: LogWork): Promise<void> {
  const select = database.prepare(
    'SELECT id FROM log_blocks WHERE dialect = ? AND newest < ? AND last <= ?',
    { returnArrays: true },
  )
  const read = database.prepare('SELECT slice, data FROM log_blocks WHERE id = ?', { returnArrays: true })
  const floor = Math.min(expiry.floor, Number.MAX_SAFE_INTEGER)
  await send.flush()
  for (let dialect = 0; dialect < DIALECTS.length; dialect += 1) {
    if (neverExpires(dialect)) continue
    for (const row of select.all(dialect, expiry.expired, floor)) {
      const [id] = row as unknown as [number]
      const [slice, data] = read.get(id) as unknown as [number, Uint8Array]
      await replaceBlock(readBlock(id, slice, data), [], send)
    }
  }
}
