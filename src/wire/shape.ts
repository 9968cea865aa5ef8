import { Compile } from 'typebox/compile'
import type { Static, TSchema } from 'typebox'

/** Checks a parsed body against a schema; the answer says what is wrong first, null when nothing is. */
export type Check<T extends TSchema> = (
  value: unknown,
) => { value: Static<T> } | { field: string; reason: string }

/** Compiles a schema once. Texts that no store can hold (NUL, half a surrogate pair) are faults of any schema. */
export function checker<T extends TSchema>(schema: T): Check<T> {
  const compiled = Compile(schema)
  return (value) => {
    if (!compiled.Check(value)) {
      const [first] = compiled.Errors(value)
      const field = first?.instancePath.slice(1).replaceAll('/', '.') ?? ''
      return { field: field === '' ? 'body' : field, reason: first?.message ?? 'is not valid' }
    }
    const unstorable = unstorableText(value)
    if (unstorable !== null) return { field: unstorable, reason: 'has characters that can not be stored' }
    return { value }
  }
}

/** The first member whose text can't be stored unchanged. */
function unstorableText(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'string' && (member.includes('\0') || !member.isWellFormed())) return name
  }
  return null
}
