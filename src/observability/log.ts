import pino, { type DestinationStream, type Logger } from 'pino'

export type { Logger } from 'pino'

const HEX_ID = /(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/g

/** A user's hex id is a password in all but name: it is masked wherever a path is written down. */
export const maskPath = (path: string): string => path.replace(HEX_ID, '***')

/**
 * The server's structured log. Nothing that proves who someone is reaches it: no headers, no bodies, and no
 * user id in a path.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: ['*.password', '*.api_key', '*.token', '*.authorization'], censor: '***' },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
