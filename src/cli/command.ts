/** One word of the command line, in a file of its name. */
export interface Command {
  readonly name: string
  readonly summary: string
  /** The whole page that `--help` prints. */
  readonly help: string
  /** Runs it with what stands behind its name and answers the exit code. */
  run(argv: string[]): Promise<number>
}

/** A command line that can't be understood: one line, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const EXIT = { ok: 0, failed: 1, usage: 2 } as const
