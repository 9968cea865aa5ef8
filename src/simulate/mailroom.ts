import type { Station } from './station.ts'

const RETRY_MS = 500

export interface MailroomOptions {
  /** Requests under way at once. */
  readonly connections: number
  /** Settles with false when the reading must be sent again later. Never rejects. */
  readonly deliver: (device: number, time: number) => Promise<boolean>
}

/** Sends what the stations have in their queues: one request a device at a time, in turn, `connections` in all. */
export interface Mailroom {
  /** Something may be in the device's queue. */
  ready(device: number): void
  /** Settles when everything is sent, or after that many milliseconds, with the number of readings still unsent. */
  drained(withinMs: number): Promise<number>
}

export function mailroom(stations: readonly Station[], options: MailroomOptions): Mailroom {
  const line = fifo()
  const busy = new Uint8Array(stations.length)
  let active = 0
  let closed = false
  let onIdle: (() => void) | undefined

  const ready = (device: number): void => {
    if (busy[device] === 1 || !stations[device]?.queue.length) return
    busy[device] = 1
    line.put(device)
    pump()
  }
  const pump = (): void => {
    while (active < options.connections && !closed) {
      const device = line.take()
      if (device === undefined) break
      active += 1
      void serve(device)
    }
    if (active === 0) onIdle?.()
  }
  const serve = async (device: number): Promise<void> => {
    const queue = stations[device]?.queue ?? []
    const time = queue.shift()
    const done = time === undefined || (await options.deliver(device, time))
    if (!done) queue.unshift(time)
    active -= 1
    if (done) free(device)
    else setTimeout(free, RETRY_MS, device).unref()
    pump()
  }
  const free = (device: number): void => {
    busy[device] = 0
    ready(device)
  }
  const unsent = (): number => stations.reduce((sum, station) => sum + station.queue.length, 0)

  return {
    ready,
    drained: async (withinMs) => {
      const end = performance.now() + withinMs
      while (unsent() + active > 0 && performance.now() < end) await wait(50)
      closed = true
      if (active > 0) await new Promise<void>((resolve) => (onIdle = resolve))
      return unsent()
    },
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** First in, first out at constant cost, also with 100,000 devices in line. */
function fifo(): { put(item: number): void; take(): number | undefined } {
  let arriving: number[] = []
  let leaving: number[] = []
  return {
    put: (item) => void arriving.push(item),
    take: () => {
      if (leaving.length === 0) [leaving, arriving] = [arriving.reverse(), leaving]
      return leaving.pop()
    },
  }
}
