import type { Engine } from './engine.ts'
import { sqliteEngine } from './sqlite/engine.ts'

/** The engine a URL asks for: `sqlite://` and a path, taken letter by letter, or `postgresql://…`. @throws RangeError for any other */
export async function engineFor(url: string): Promise<Engine> {
  // Its driver is loaded where it is used: a server on a file would carry it for nothing.
  if (/^postgres(ql)?:\/\//.test(url)) return (await import('./postgres/engine.ts')).postgresEngine(url)
  const path = /^sqlite:\/\/(.+)$/.exec(url)?.[1]
  if (path === undefined) throw new RangeError('the registry needs sqlite:///path or postgresql://…')
  return sqliteEngine(path)
}
