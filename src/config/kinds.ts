import { isIP } from 'node:net'

/** What a setting takes, in words and in code. `parse` gives `undefined` for a text it doesn't take. */
export interface Kind<T> {
  readonly takes: string
  readonly parse: (text: string) => T | undefined
}

const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  on: true,
  yes: true,
  1: true,
  false: false,
  off: false,
  no: false,
  0: false,
}

export const truth: Kind<boolean> = {
  takes: 'on or off (also true, false, yes, no, 1, 0)',
  parse: (text) => (Object.hasOwn(WORDS, text.toLowerCase()) ? WORDS[text.toLowerCase()] : undefined),
}

export const text: Kind<string> = { takes: 'a text', parse: (given) => given }

/** A secret that travels in a header: nothing that a header can't carry. */
export const token: Kind<string> = {
  takes: 'printable ASCII characters without blanks',
  parse: (given) => (/^[\x21-\x7e]+$/.test(given) ? given : undefined),
}

/** A text that may be empty, which turns off what it names. */
export const textOrOff: Kind<string | null> = {
  takes: 'a text of up to 80 characters; empty turns it off',
  parse: (given) => (given.length > 80 ? undefined : given || null),
}

export function integer(from: number, to: number, unit = ''): Kind<number> {
  return {
    takes: `a whole number${unit && ` of ${unit}`} from ${from} to ${to}`,
    parse: (given) => {
      const value = /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN
      return value >= from && value <= to ? value : undefined
    },
  }
}

export function oneOf<const T extends string>(...words: readonly T[]): Kind<T> {
  return { takes: words.join(', '), parse: (given) => words.find((word) => word === given.toLowerCase()) }
}

const port = integer(0, 65535)

/** Port 0 lets the system choose; it may be there more than once. */
export const ports: Kind<readonly number[]> = {
  takes: 'a port from 0 to 65535, or several joined by commas',
  parse: (given) => {
    const list = given.split(',').map((part) => port.parse(part.trim()))
    const fixed = list.filter((value) => value !== 0)
    if (new Set(fixed).size < fixed.length) return undefined
    return list.every((value) => value !== undefined) ? list : undefined
  },
}

export const host: Kind<string> = {
  takes: 'one IP address or host name, without a port',
  parse: (given) => {
    const bare = given.replace(/^\[(.*)\]$/, '$1')
    if (isIP(bare) !== 0) return bare
    return /^(?![\d.]+$)[a-z\d]([a-z\d.-]{0,251}[a-z\d])?$/i.test(given) ? given : undefined
  },
}

export const folder: Kind<string> = {
  takes: 'the path of a folder',
  parse: (given) => (given.includes('\0') ? undefined : given),
}

const isOrigin = (given: string): boolean => {
  const url = URL.parse(given)
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === given.toLowerCase()
}

export const origins: Kind<'*' | readonly string[]> = {
  takes: '* for any origin, or origins like https://example.org joined by commas; empty for none',
  parse: (given) => {
    if (given.trim() === '*') return '*'
    const list = given
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
    return list.every(isOrigin) ? list.map((origin) => origin.toLowerCase()) : undefined
  },
}

/**
 * The path of the registry's file. Three slashes begin a path relative to the working folder, four an absolute one,
 * as in the URLs that older systems of this kind use.
 */
export const databaseUrl: Kind<string> = {
  takes: 'sqlite:///relative/path or sqlite:////absolute/path (postgresql:// is not served yet)',
  parse: (given) => {
    const path = /^sqlite:\/\/\/([^?#\0]+)$/.exec(given)?.[1]
    return path === undefined || path.endsWith('/') || path === ':memory:' ? undefined : path
  },
}
