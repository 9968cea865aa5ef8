import { isUtf8 } from 'node:buffer'

/** The body is no JSON text in UTF-8. `offset`: where the parser gave up, in characters; 0 when it doesn't say. */
export class BrokenJson extends Error {
  override readonly name = 'BrokenJson'
  readonly offset: number

  constructor(message: string, offset = 0) {
    super(message)
    this.offset = offset
  }
}

/**
 * Parses a body as received; undefined when there is none (absent, empty or blank).
 * @throws BrokenJson
 */
export function parseJson(body: unknown): unknown {
  if (!(body instanceof Buffer) || body.length === 0) return undefined
  if (!isUtf8(body)) throw new BrokenJson('not UTF-8')
  const text = body.toString()
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    return parseAgain(text, error)
  }
}

/** The rare cases: a blank body is none, and a byte order mark before good JSON is forgiven. */
function parseAgain(text: string, error: unknown): unknown {
  if (text.trim() === '') return undefined
  if (text.charCodeAt(0) === 0xfeff) return parseJson(Buffer.from(text.slice(1)))
  const message = error instanceof Error ? error.message : 'unreadable'
  throw new BrokenJson(message, Number(/position (\d+)/.exec(message)?.[1] ?? 0))
}

/** A JSON object; not null, not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Why a parsed value can't be stored and shown again: deeper than `depth` levels, or a number such as 1e999 that no double holds. */
export function valueFault(value: unknown, depth: number): 'depth' | 'number' | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'number'
  if (typeof value !== 'object' || value === null) return null
  if (depth === 0) return 'depth'
  for (const member of Object.values(value)) {
    const fault = valueFault(member, depth - 1)
    if (fault !== null) return fault
  }
  return null
}
