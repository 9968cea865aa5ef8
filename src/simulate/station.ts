import { between, shuffle } from './random.ts'

const MINUTE = 60_000

/** What an unreliable device does with its readings between measuring and sending. */
export interface Station {
  /** Instants measured and ready to be sent, in sending order. */
  readonly queue: number[]
  /** Instants kept back by an outage or for a batch. */
  readonly held: number[]
  state: 'live' | 'outage' | 'batching'
  /** Outage: when it ends, milliseconds. Batching: how many instants make the batch. */
  until: number
  /** No two readings of a device share an instant. */
  newest: number
  /** Readings that never left the device: sensor faults and full buffers. */
  lost: number
}

export interface StationRules {
  readonly random: () => number
  /** Readings a device can keep; beyond it the oldest is lost, as on a real one. */
  readonly buffer: number
}

export function newStation(): Station {
  return { queue: [], held: [], state: 'live', until: 0, newest: 0, lost: 0 }
}

/** A device that comes back after hours without a network: one reading a minute up to now, to be sent in one burst. */
export function fillBacklog(station: Station, now: number, minutes: number): void {
  for (let ago = minutes; ago > 0; ago -= 1) station.queue.push(now - ago * MINUTE)
  station.newest = now - MINUTE
}

/** The device measures once; what becomes ready to be sent is in its queue afterwards. */
export function measure(station: Station, now: number, rules: StationRules): void {
  const { random } = rules
  if (random() < 0.003) {
    station.lost += 1 // the sensor gave nothing
    return
  }
  const time = Math.max(now, station.newest + 1)
  station.newest = time
  if (station.state === 'live') beginTrouble(station, now, random)
  if (station.state === 'live') station.queue.push(time)
  else station.held.push(time)
  endTrouble(station, now, random)
  bound(station, rules.buffer)
}

/** Whatever the device holds back goes out: the run is ending. */
export function release(station: Station): void {
  station.state = 'live'
  station.queue.push(...station.held.splice(0))
}

function beginTrouble(station: Station, now: number, random: () => number): void {
  const luck = random()
  if (luck < 0.004) {
    station.state = 'outage'
    station.until = now + between(random, 2_000, 15_000)
  } else if (luck < 0.012) {
    station.state = 'batching'
    station.until = between(random, 3, 8)
  }
}

function endTrouble(station: Station, now: number, random: () => number): void {
  if (station.state === 'outage' && now >= station.until) release(station)
  if (station.state === 'batching' && station.held.length >= station.until) {
    shuffle(station.held, random)
    release(station)
  }
}

function bound(station: Station, buffer: number): void {
  for (const kept of [station.queue, station.held]) {
    const over = kept.length - buffer
    if (over <= 0) continue
    kept.splice(0, over)
    station.lost += over
  }
}
