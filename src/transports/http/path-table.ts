/** A pattern that owns a path, with the methods of all dialects on it. */
export interface PathOwner {
  readonly pattern: string
  readonly methods: ReadonlySet<string>
}

interface Node {
  readonly literals: Map<string, Node>
  parameter: Node | null
  owner: { pattern: string; methods: Set<string> } | null
}

/** Which pattern owns a path, for every method: segment by segment from the left, a literal before a parameter, no way back. */
export interface PathTable {
  add(method: string, pattern: string): void
  /** `path` as in the request line, without its query. Null: an unknown path. */
  ownerOf(path: string): PathOwner | null
  /** Every pattern with its methods. */
  patterns(): PathOwner[]
}

const newNode = (): Node => ({ literals: new Map(), parameter: null, owner: null })

/** Segments behind the leading slash. A trailing slash is an empty last segment, and no parameter matches an empty one. */
const segmentsOf = (path: string): string[] => path.slice(1).split('/')

function decoded(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

export function createPathTable(): PathTable {
  const root = newNode()
  const owners = new Map<string, { pattern: string; methods: Set<string> }>()

  function add(method: string, pattern: string): void {
    let node = root
    for (const segment of segmentsOf(pattern)) node = childFor(node, segment)
    if (node.owner === null) {
      node.owner = { pattern, methods: new Set() }
      owners.set(pattern, node.owner)
    }
    node.owner.methods.add(method)
  }

  function childFor(node: Node, segment: string): Node {
    if (segment.startsWith(':')) return (node.parameter ??= newNode())
    const known = node.literals.get(segment)
    if (known !== undefined) return known
    const made = newNode()
    node.literals.set(segment, made)
    return made
  }

  function ownerOf(path: string): PathOwner | null {
    let node: Node | null = root
    for (const raw of segmentsOf(path)) {
      const segment = decoded(raw)
      node = node.literals.get(segment) ?? (segment === '' ? null : node.parameter)
      if (node === null) return null
    }
    return node.owner
  }

  return { add, ownerOf, patterns: () => [...owners.values()] }
}

/** The path of a request target: what stands before its query. */
export function pathOf(url: string): string {
  const end = url.search(/[?#]/)
  return end === -1 ? url : url.slice(0, end)
}

/** The value of `Allow`: in a fixed order, so that answers compare. */
export function allowOf(owner: PathOwner): string {
  return ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
    .filter((method) => owner.methods.has(method))
    .join(', ')
}
