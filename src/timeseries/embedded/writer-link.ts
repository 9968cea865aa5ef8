import { CoreError } from '../../core/errors.ts'
import type { WriterRequest, WriterResult } from './messages.ts'
import { WorkerLink } from './worker-link.ts'

export type WriterLink = WorkerLink<WriterRequest, WriterResult>

export interface Writing {
  readonly writer: WriterLink
  /** Settles when the request is on disk. @throws CoreError storage_unavailable */
  readonly write: (request: WriterRequest) => Promise<void>
  /** Why nothing can be written any more. */
  readonly dead: string | null
}

/** Starts the thread that owns the writing connection. Without it the store can only be read. */
export function startWriter(file: string, onFault: (error: Error) => void): Writing {
  let dead: string | null = null
  const writer: WriterLink = new WorkerLink({
    script: new URL('./writer-thread.ts', import.meta.url),
    name: 'telemetry-writer',
    data: { file },
    onDeath(error) {
      dead = `the writing thread is gone: ${error.message}`
      onFault(error)
    },
  })
  return {
    writer,
    get dead() {
      return dead
    },
    async write(request) {
      try {
        await writer.request(request)
      } catch (error) {
        throw new CoreError('storage_unavailable', {}, { cause: error })
      }
    },
  }
}
