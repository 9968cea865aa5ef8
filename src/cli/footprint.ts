import { executionAsyncResource } from 'node:async_hooks'
import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Beside the packages, since it is worth as much and as little as they are. */
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/sensorium-code')

/**
 * Keeps compiled code between starts, as `npm start` has arranged already when it comes that way. Worker threads take
 * the folder from the environment. Where it can't be written, starts are merely slower.
 */
export function keepCompiledCode(): void {
  process.env['NODE_COMPILE_CACHE'] ??= CACHE
  enableCompileCache(process.env['NODE_COMPILE_CACHE'])
}

/**
 * Once, when all is loaded: what only starting needed goes back to the system, a fifth of an idle server.
 * An ordinary collection keeps the pages; V8's last resort gives them back.
 */
export function returnStartMemory(): void {
  flushCompileCache()
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as
    | ((options: { type: 'major'; flavor: 'last-resort' }) => void)
    | undefined
  collect?.({ type: 'major', flavor: 'last-resort' })
}

let tick: object | undefined

/**
 * Keeps one of Node's own `process.nextTick` records alive. V8 drops a shape that no living object has at a full
 * collection, and the code optimized for it then takes a slow way for good: 6 % of the main thread under load.
 */
export function keepTickShape(): void {
  process.nextTick(() => {
    tick ??= executionAsyncResource()
  })
}
