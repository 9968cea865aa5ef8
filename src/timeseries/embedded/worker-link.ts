import { type Transferable, Worker } from 'node:worker_threads'

/** What a worker answers to a request: its result, or why it failed. */
export interface Answer<Result> {
  readonly id: number
  readonly result?: Result
  /** The message of what was thrown. */
  readonly error?: string
}

export interface Settle<Result> {
  done(result: Result): void
  failed(error: Error): void
}

export interface LinkOptions {
  readonly script: URL
  readonly name: string
  readonly data: unknown
  /** The worker ended although nobody asked it to. */
  readonly onDeath: (error: Error) => void
}

/** Requests to a worker thread and its answers, in order. A worker's death fails everything that waits for it. */
export class WorkerLink<Request, Result> {
  readonly worker: Worker
  private readonly waiting = new Map<number, Settle<Result>>()
  private nextId = 1
  private dead: Error | null = null
  private closing = false
  private readonly onDeath: (error: Error) => void

  constructor({ script, name, data, onDeath }: LinkOptions) {
    this.onDeath = onDeath
    this.worker = new Worker(script, { name, workerData: data })
    this.worker.on('message', (answer: Answer<Result>) => this.settle(answer))
    this.worker.on('error', (error) => this.die(error instanceof Error ? error : new Error(String(error))))
    this.worker.on('exit', (code) => this.die(new Error(`the ${name} thread ended with code ${code}`)))
    // Whoever uses the store decides how long the process lives.
    this.worker.unref()
  }

  /** Calls back in the turn in which the answer arrives, so that nothing can come between. */
  send(request: Request, settle: Settle<Result>, transfer: readonly Transferable[] = []): void {
    if (this.dead !== null) {
      settle.failed(this.dead)
      return
    }
    const id = this.nextId++
    this.waiting.set(id, settle)
    // A promise someone waits for must keep the process alive.
    if (this.waiting.size === 1) this.worker.ref()
    this.worker.postMessage({ id, request }, transfer)
  }

  request(request: Request, transfer: readonly Transferable[] = []): Promise<Result> {
    return new Promise((resolve, reject) => this.send(request, { done: resolve, failed: reject }, transfer))
  }

  get outstanding(): number {
    return this.waiting.size
  }

  private settle({ id, result, error }: Answer<Result>): void {
    const settle = this.waiting.get(id)
    this.waiting.delete(id)
    if (this.waiting.size === 0) this.worker.unref()
    if (settle === undefined) return
    if (error === undefined) settle.done(result as Result)
    else settle.failed(new Error(error))
  }

  private die(error: Error): void {
    if (this.dead !== null) return
    this.dead = error
    const waiting = [...this.waiting.values()]
    this.waiting.clear()
    for (const settle of waiting) settle.failed(error)
    if (!this.closing) this.onDeath(error)
  }

  /** Ends the worker; send what it should still do before, and wait for it. */
  async close(): Promise<void> {
    this.closing = true
    await this.worker.terminate()
  }
}
