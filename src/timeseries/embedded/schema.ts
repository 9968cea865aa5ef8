import { DatabaseSync } from 'node:sqlite'

/** The version of everything in the file, encoded blobs included. */
export const FORMAT = 1

/** The file was written by a newer release. */
export class NewerFormatError extends Error {
  override readonly name = 'NewerFormatError'
}

// Columns without a type hold doubles as they are; a REAL column would turn −0 into 0.
// Texts from outside stand as JSON: that keeps zero bytes and lone surrogates, which plain SQL text loses.
const TABLES = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE series (id INTEGER PRIMARY KEY, device INTEGER NOT NULL, metric TEXT NOT NULL, dialect INTEGER NOT NULL,
  through INTEGER NOT NULL DEFAULT 0, count INTEGER NOT NULL DEFAULT 0, chunk_end INTEGER NOT NULL DEFAULT -1,
  latest_sequence INTEGER NOT NULL DEFAULT 0, latest_type INTEGER NOT NULL DEFAULT 0,
  latest_attribute INTEGER NOT NULL DEFAULT 0, latest_value);
CREATE TABLE attributes (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE kinds (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE journal (first INTEGER PRIMARY KEY, count INTEGER NOT NULL, size INTEGER NOT NULL, bytes INTEGER NOT NULL,
  dropped BLOB, points BLOB NOT NULL, bodies BLOB NOT NULL);
CREATE TABLE chunks (id INTEGER PRIMARY KEY, series INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
  count INTEGER NOT NULL, numbers INTEGER NOT NULL, sum, min, max, first, last, sequence INTEGER NOT NULL, attributes, data BLOB NOT NULL);
CREATE INDEX chunks_place ON chunks (series, start);
CREATE TABLE log_blocks (id INTEGER PRIMARY KEY, slice INTEGER NOT NULL, dialect INTEGER NOT NULL, first INTEGER NOT NULL,
  last INTEGER NOT NULL, newest INTEGER NOT NULL, count INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX log_blocks_slice ON log_blocks (slice);
CREATE INDEX log_blocks_age ON log_blocks (dialect, newest, last);
CREATE TABLE log_index (device INTEGER NOT NULL, block INTEGER NOT NULL, slice INTEGER NOT NULL,
  PRIMARY KEY (device, slice, block)) WITHOUT ROWID;
CREATE TABLE tombstones (sequence INTEGER PRIMARY KEY, device INTEGER NOT NULL, "from" INTEGER NOT NULL,
  "to" INTEGER NOT NULL, whole INTEGER NOT NULL);
CREATE TABLE presence (device INTEGER PRIMARY KEY, received INTEGER NOT NULL);
CREATE TABLE minutes (minute INTEGER PRIMARY KEY, count INTEGER NOT NULL);
CREATE TABLE cursors (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE keys (dialect INTEGER NOT NULL, scope TEXT NOT NULL, text TEXT NOT NULL, sequence INTEGER NOT NULL,
  device INTEGER NOT NULL, PRIMARY KEY (dialect, scope, text)) WITHOUT ROWID;
CREATE INDEX keys_device ON keys (device);
CREATE TABLE tallies (name TEXT NOT NULL, bucket INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (name, bucket)) WITHOUT ROWID;
CREATE TABLE event_rows (sequence INTEGER NOT NULL, place INTEGER NOT NULL, device INTEGER NOT NULL,
  dialect INTEGER NOT NULL, subject TEXT NOT NULL, time INTEGER NOT NULL, fields TEXT NOT NULL,
  PRIMARY KEY (sequence, place));
CREATE INDEX event_rows_subject ON event_rows (dialect, subject, time, sequence);
CREATE INDEX event_rows_time ON event_rows (dialect, time, sequence);
CREATE INDEX event_rows_device ON event_rows (device);
`

export interface Connection {
  readonly readOnly?: boolean
  /** KiB of page cache; the operating system caches the file as well. */
  readonly cache?: number
}

/** Opens a connection with the settings every connection to the file needs. */
export function connect(file: string, { readOnly = false, cache = 4096 }: Connection = {}): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly, timeout: 5000 })
  // EXTRA buys nothing over FULL in WAL mode: the log is synced before a commit returns.
  database.exec(`PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-${cache}`)
  return database
}

/**
 * Opens the file for the first time in this process: makes the tables in a new one, refuses one of a newer format.
 * @throws NewerFormatError
 */
export function openFile(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 5000 })
  try {
    prepareFile(database, file)
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

function prepareFile(database: DatabaseSync, file: string): void {
  const known = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'").get()
  if (known !== undefined) {
    const format = readMeta(database, 'format')
    if (format !== FORMAT) {
      throw new NewerFormatError(
        `${file} has time-series format ${format}; this release reads format ${FORMAT}: use the newer release that wrote it`,
      )
    }
  }
  // Takes effect only while the file is empty. Chunks are 1 to 2 KB: pages of 8 KB waste the least.
  database.exec(
    'PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0',
  )
  if (known !== undefined) return
  database.exec(`BEGIN IMMEDIATE; ${TABLES} INSERT INTO meta VALUES ('format', ${FORMAT}); COMMIT`)
}

/** A number from the meta table; 0 where it was never set. */
export function readMeta(database: DatabaseSync, name: string): number {
  const row = database.prepare('SELECT value FROM meta WHERE name = ?').get(name)
  return Number(row?.['value'] ?? 0)
}
