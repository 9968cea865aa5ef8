import type { Family, WireFault } from '../../wire/dialect.ts'

/** Which family answers for a path. */
export type FamilyOf = (path: string) => Family

/** Paths that no family claims. */
const NOBODYS: Family = {
  prefixes: [],
  body: ({ status }) => ({ error: WORDS[status] }),
}

const WORDS: Readonly<Record<WireFault['status'], string>> = {
  400: 'Bad request',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timeout',
  413: 'Request too large',
  414: 'URI too long',
  415: 'Unsupported media type',
  431: 'Request header fields too large',
  500: 'Internal server error',
  503: 'Service unavailable',
}

interface Claim {
  readonly pattern: RegExp
  readonly family: Family
  /** Segments, then characters: the longest prefix wins. */
  readonly rank: readonly [number, number]
}

function claim(family: Family, prefix: string, end: string): Claim {
  const segments = prefix.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : RegExp.escape(part)))
  return {
    pattern: new RegExp(`^${segments.join('/')}${end}`),
    family,
    rank: [segments.length, prefix.length],
  }
}

/** Builds the look-up over the families of all dialects. */
export function indexFamilies(families: readonly Family[]): FamilyOf {
  const claims = families.flatMap((family) => [
    ...family.prefixes.map((prefix) => claim(family, prefix, prefix.endsWith('/') ? '.' : '(?:/|$)')),
    ...(family.exact ?? []).map((path) => claim(family, path, '/?$')),
  ])
  claims.sort((a, b) => b.rank[0] - a.rank[0] || b.rank[1] - a.rank[1])
  return (path) => claims.find(({ pattern }) => pattern.test(path))?.family ?? NOBODYS
}
