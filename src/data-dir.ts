import { randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { writeDurably } from './data-dir/durable-file.ts'
import { takeLock } from './data-dir/lock.ts'

/** The folder that holds all a server remembers, open and locked for this process. */
export interface DataDir {
  /** Absolute. */
  readonly path: string
  /** True until a server has completed its first opening of this folder. */
  readonly firstStart: boolean
  readonly keys: Keys
  /** Where the generated operator's token stands, for people who have lost it. */
  readonly operatorTokenFile: string
  /** Releases the lock; the folder must not be used afterwards. */
  close(): void
}

/** Made at the first start, kept in files of mode 0600. */
export interface Keys {
  /** 32 bytes that encrypt the secrets which have to be shown again. */
  readonly master: Buffer
  readonly jwtSecret: string
  readonly operatorToken: string
}

/** The folder can't be used: one line that says why and what to do. */
export class DataDirError extends Error {
  override readonly name = 'DataDirError'
}

/** Raised when the layout below the folder changes so that an older server would misread it. */
const FORMAT = 1

/**
 * Makes or opens a data folder and locks it against every other process.
 * @throws DataDirError not writable, in use, made by a newer version, damaged keys
 */
export function openDataDir(given: string): DataDir {
  const path = makeFolder(given)
  const lock = takeLock(join(path, 'lock'))
  if (lock === null) {
    throw new DataDirError(
      `data folder ${path} is in use by another process: stop it, or choose another DATA_DIR`,
    )
  }
  try {
    const formatFile = join(path, 'format')
    const firstStart = !existsSync(formatFile)
    if (!firstStart) checkFormat(path, readFileSync(formatFile, 'utf8'))
    const folder = join(path, 'keys')
    makeFolders(folder)
    const keys = openKeys(folder, firstStart)
    // Last, so that an interrupted first start is a first start again.
    if (firstStart) writeDurably(formatFile, `${FORMAT}\n`)
    return { path, firstStart, keys, operatorTokenFile: join(folder, 'operator.token'), close: lock.release }
  } catch (error) {
    lock.release()
    throw error instanceof DataDirError ? error : unusable(path, error)
  }
}

function makeFolder(given: string): string {
  try {
    makeFolders(resolve(given))
    accessSync(given, constants.R_OK | constants.W_OK | constants.X_OK)
    return realpathSync(given)
  } catch (error) {
    throw unusable(given, error)
  }
}

/** By hand: node's own recursive mkdir never returns where a system's folder takes no children (`/proc/x`). */
function makeFolders(path: string): void {
  if (existsSync(path)) return
  makeFolders(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}

function unusable(path: string, error: unknown): DataDirError {
  const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
  return new DataDirError(`data folder ${path} can't be used: ${reason}`, { cause: error })
}

function checkFormat(path: string, text: string): void {
  const format = Number(text.trim())
  if (!Number.isInteger(format) || format < 1) {
    throw new DataDirError(`data folder ${path}: the file "format" should hold a number and doesn't`)
  }
  if (format > FORMAT) {
    throw new DataDirError(
      `data folder ${path} was made by a newer version (format ${format}, this one reads up to ${FORMAT}): ` +
        'start that version, or choose another DATA_DIR',
    )
  }
}

/** Without the old master key nothing that it encrypted can be read again, so a lost one is never replaced in silence. */
function openKeys(folder: string, firstStart: boolean): Keys {
  const master = openKey(join(folder, 'master.key'), { bytes: 32, mayBeMade: firstStart })
  const jwt = openKey(join(folder, 'jwt.key'), { bytes: 32, mayBeMade: true })
  const operator = openKey(join(folder, 'operator.token'), { bytes: 24, mayBeMade: true })
  return { master: Buffer.from(master, 'hex'), jwtSecret: jwt, operatorToken: operator }
}

function openKey(file: string, { bytes, mayBeMade }: { bytes: number; mayBeMade: boolean }): string {
  if (!existsSync(file)) {
    if (!mayBeMade) throw new DataDirError(`${file} is missing: bring it back from a copy of the data folder`)
    writeDurably(file, `${randomBytes(bytes).toString('hex')}\n`)
  }
  const key = readFileSync(file, 'utf8').trim()
  if (!/^[\da-f]+$/.test(key) || Buffer.from(key, 'hex').length !== bytes) {
    throw new DataDirError(`${file} is damaged: bring it back from a copy of the data folder`)
  }
  return key
}
