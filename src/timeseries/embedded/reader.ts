import { CoreError } from '../../core/errors.ts'
import type { ReaderRequest } from './messages.ts'
import type { AskReader } from './queries.ts'
import { WorkerLink } from './worker-link.ts'

export interface Reader {
  readonly ask: AskReader
  /** For the store's own questions: no bound, and asked once more should the thread die. */
  readonly insist: AskReader
  close(): Promise<void>
}

export interface ReaderOptions {
  readonly file: string
  /** Queries waiting or running; beyond it the answer is `overloaded`. */
  readonly queue: number
  readonly onFault: (error: Error) => void
}

/** The reading thread: started by the first query that needs the file, started again should it die. */
export function createReader({ file, queue, onFault }: ReaderOptions): Reader {
  let link: WorkerLink<ReaderRequest, unknown> | null = null
  let closed = false
  const idle: (() => void)[] = []

  function start(): WorkerLink<ReaderRequest, unknown> {
    const started: WorkerLink<ReaderRequest, unknown> = new WorkerLink({
      script: new URL('./reader-thread.ts', import.meta.url),
      name: 'telemetry-reader',
      data: { file },
      onDeath(error) {
        if (link === started) link = null
        onFault(error)
      },
    })
    return started
  }

  async function request<Result>(job: ReaderRequest): Promise<Result> {
    if (closed) throw new CoreError('storage_unavailable')
    link ??= start()
    try {
      return (await link.request(job)) as Result
    } catch (error) {
      throw new CoreError('storage_unavailable', {}, { cause: error })
    } finally {
      if ((link?.outstanding ?? 0) === 0) for (const wake of idle.splice(0)) wake()
    }
  }

  async function ask<Result>(job: ReaderRequest): Promise<Result> {
    if ((link?.outstanding ?? 0) >= queue) throw new CoreError('overloaded')
    return request(job)
  }

  const insist = <Result>(job: ReaderRequest): Promise<Result> =>
    request<Result>(job).catch(() => request<Result>(job))

  return {
    ask,
    insist,
    async close() {
      closed = true
      if (link === null) return
      if (link.outstanding > 0) await new Promise<void>((resolve) => idle.push(resolve))
      await link?.close()
    },
  }
}
