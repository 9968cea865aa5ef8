import { appendFile, open, readdir, readFile, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'

/** Layout of SQLite's write-ahead log: a header, then frames of a frame header and a page. */
const HEADER = 32
const FRAME_HEADER = 24

/** The write-ahead log of the telemetry file, for damaging it as a dying machine does. */
export interface WriteAheadLog {
  readonly file: string
  readonly bytes: number
  /** Changes when the log starts anew after a checkpoint. */
  readonly salt: string
}

/** Finds the log of the time series below a data folder. */
export async function telemetryLog(dataDir: string): Promise<WriteAheadLog> {
  const names = await readdir(dataDir, { recursive: true })
  const found = names.filter((name) => name.endsWith('-wal') && !name.includes('registry'))
  const [name] = found
  if (name === undefined || found.length > 1) throw new Error(`logs found: ${names.join(', ')}`)
  const file = join(dataDir, name)
  const handle = await open(file)
  const header = Buffer.alloc(HEADER)
  await handle.read(header, 0, HEADER, 0)
  await handle.close()
  return { file, bytes: (await stat(file)).size, salt: header.subarray(16, 24).toString('hex') }
}

/**
 * The power went while a transaction was being written: whole frames with the right salt whose checksum does not hold,
 * and then a page cut in the middle.
 */
export async function tearLastPage(log: WriteAheadLog): Promise<void> {
  const bytes = await readFile(log.file)
  const pageSize = bytes.readUInt32BE(8)
  const frame = Buffer.from(bytes.subarray(HEADER, HEADER + FRAME_HEADER + pageSize))
  frame.fill(0xa5, FRAME_HEADER + (pageSize >> 1))
  await appendFile(log.file, frame)
  await appendFile(log.file, frame.subarray(0, FRAME_HEADER + (pageSize >> 1)))
}

/** The file system lost the end of the file: everything from `bytes` on. */
export async function cutLog(log: WriteAheadLog, bytes: number): Promise<void> {
  await truncate(log.file, bytes)
}
