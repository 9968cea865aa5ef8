import { UsageError } from './command.ts'

/** Errors whose message already is the one line a person needs. They are known by name: stores stay strangers here. */
const SPEAKING = new Set([
  'ConfigError',
  'DataDirError',
  'NewerFormatError',
  'NewerRegistryError',
  'UsageError',
  'WrongMasterKeyError',
])

const LISTENING: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken by another program: stop it, or choose another PORT',
  EACCES: 'may not be opened by this user: choose a PORT above 1023',
  EADDRNOTAVAIL: 'is not an address of this machine: choose another HOST',
  ENOTFOUND: 'is not an address of this machine: choose another HOST',
}

/** Whatever stopped a command, as one line for stderr. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(String(error))
  if (SPEAKING.has(error.name)) return oneLine(error.message)
  return oneLine(listeningFailure(error) ?? `unexpected: ${error.message || error.name}`)
}

/** True for a command line that can't be understood, ours or `parseArgs`'s. */
export function isUsage(error: unknown): error is Error {
  if (error instanceof UsageError) return true
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}

function listeningFailure(error: NodeJS.ErrnoException & { port?: number; address?: string }): string | null {
  const words = LISTENING[error.code ?? '']
  if (words === undefined || !['listen', 'getaddrinfo', 'bind'].includes(error.syscall ?? '')) return null
  const place = error.port === undefined ? '' : `port ${error.port} on `
  return `${place}${error.address ?? 'the address'} ${words}`
}

const oneLine = (text: string): string => text.replace(/\s*[\r\n]+\s*/g, ' ').trim()
