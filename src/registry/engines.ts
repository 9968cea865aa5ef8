import type { Engine } from './engine.ts'
import { postgresEngine } from './postgres/engine.ts'
import { sqliteEngine } from './sqlite/engine.ts'

/** The engine a URL asks for: `sqlite://` and a path, taken letter by letter, or `postgresql://…`. @throws RangeError for any other */
export function engineFor(url: string): Engine {
  if (/^postgres(ql)?:\/\//.test(url)) return postgresEngine(url)
  const path = /^sqlite:\/\/(.+)$/.exec(url)?.[1]
  if (path === undefined) throw new RangeError('the registry needs sqlite:///path or postgresql://…')
  return sqliteEngine(path)
}
