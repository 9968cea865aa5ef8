import { DIALECTS, type Dialect, SERIES_MODE } from '../../core/dialects.ts'
import { CoreError } from '../../core/errors.ts'
import type { SeriesSelector } from '../../core/telemetry/store.ts'
import { grown } from './columns.ts'

/** The dialect number of the hidden series that hold one point per accepted submission. No query can select it. */
export const SUBMISSIONS = 15

const SLOTS = 16

/** Sequences are kept per point in these series, and a later point replaces none at the same instant. */
export const keepsAll = (dialect: number): boolean =>
  dialect === SUBMISSIONS || SERIES_MODE[DIALECTS[dialect] ?? 'nbiot'] === 'keep'

export const dialectNumber = (dialect: Dialect): number => DIALECTS.indexOf(dialect)

/** The series of one device in one dialect, in the order they were first seen. */
interface Layout {
  readonly metrics: string[]
  readonly ids: number[]
  /** Metric → place; made once a search along `metrics` would be slow. */
  places: Map<string, number> | null
}

const SEARCHED = 8

export interface SeriesRow {
  readonly id: number
  readonly device: number
  readonly metric: string
  readonly dialect: number
}

/** Which series exist. A series is a small number, given once and never used again. */
export class SeriesIndex {
  count = 0
  /** How many hold readings. */
  readable = 0
  devices = new Uint32Array(1024)
  dialects = new Uint8Array(1024)
  readonly metrics: string[] = []
  private readonly layouts = new Map<number, Layout>()
  private readonly names = new Map<string, string>()
  private readonly perDevice: number

  constructor(perDevice: number) {
    this.perDevice = perDevice
  }

  /**
   * The series of a metric, made where there is none. `hint` is the place it probably has: messages of a device
   * repeat their metrics in the same order.
   * @throws CoreError too_large
   */
  idOf(layout: Layout, metric: string, hint: { place: number; device: number; dialect: number }): number {
    if (layout.metrics[hint.place] === metric) return layout.ids[hint.place] as number
    const place = placeOf(layout, metric)
    if (place >= 0) return layout.ids[place] as number
    this.admit(hint.device)
    return this.add({ id: this.count, device: hint.device, metric, dialect: hint.dialect })
  }

  layout(device: number, dialect: number): Layout {
    const key = device * SLOTS + dialect
    let layout = this.layouts.get(key)
    if (layout === undefined) {
      layout = { metrics: [], ids: [], places: null }
      this.layouts.set(key, layout)
    }
    return layout
  }

  /** The hidden series of a device's submissions. */
  submissions(device: number): number {
    const layout = this.layout(device, SUBMISSIONS)
    return layout.ids[0] ?? this.add({ id: this.count, device, metric: '', dialect: SUBMISSIONS })
  }

  /** As above, without making one. */
  findSubmissions(device: number): number | undefined {
    return this.layouts.get(device * SLOTS + SUBMISSIONS)?.ids[0]
  }

  private admit(device: number): void {
    let known = 0
    for (let dialect = 0; dialect < DIALECTS.length; dialect += 1) {
      known += this.layouts.get(device * SLOTS + dialect)?.ids.length ?? 0
    }
    if (known >= this.perDevice)
      throw new CoreError('too_large', { what: 'series per device', limit: this.perDevice })
  }

  /** Enters a series under its own id; ids between are unused. */
  add(row: SeriesRow): number {
    if (row.id >= this.devices.length) {
      const capacity = Math.max(row.id + 1, this.devices.length * 2)
      this.devices = grown(this.devices, new Uint32Array(capacity))
      this.dialects = grown(this.dialects, new Uint8Array(capacity))
    }
    const metric = this.names.get(row.metric) ?? row.metric
    if (metric === row.metric) this.names.set(metric, metric)
    this.devices[row.id] = row.device
    this.dialects[row.id] = row.dialect
    this.metrics[row.id] = metric
    this.count = Math.max(this.count, row.id + 1)
    if (row.dialect !== SUBMISSIONS) this.readable += 1
    const layout = this.layout(row.device, row.dialect)
    layout.metrics.push(metric)
    layout.ids.push(row.id)
    layout.places?.set(metric, layout.ids.length - 1)
    return row.id
  }

  row(id: number): SeriesRow {
    return {
      id,
      device: this.devices[id] ?? 0,
      metric: this.metrics[id] ?? '',
      dialect: this.dialects[id] ?? 0,
    }
  }

  /** All series of a device, the hidden one included. */
  ofDevice(device: number): number[] {
    const ids: number[] = []
    for (let dialect = 0; dialect < SLOTS; dialect += 1) {
      const layout = this.layouts.get(device * SLOTS + dialect)
      if (layout !== undefined) ids.push(...layout.ids)
    }
    return ids
  }

  /** Forgets a removed device's series; their numbers stay unused. */
  forget(device: number): void {
    for (let dialect = 0; dialect < SLOTS; dialect += 1) {
      const key = device * SLOTS + dialect
      if (dialect !== SUBMISSIONS) this.readable -= this.layouts.get(key)?.ids.length ?? 0
      this.layouts.delete(key)
    }
  }

  /** The selected series by device, then metric, then dialect name. */
  select(selector: SeriesSelector): number[] {
    const numbers = [...new Set(selector.dialects ?? DIALECTS)].map(dialectNumber)
    const ids: number[] = []
    if (selector.devices !== undefined) {
      for (const device of new Set(selector.devices)) {
        for (const dialect of numbers) this.selectOf(device * SLOTS + dialect, selector.metrics, ids)
      }
    } else {
      for (const key of this.layouts.keys()) {
        if (numbers.includes(key % SLOTS)) this.selectOf(key, selector.metrics, ids)
      }
    }
    return ids.sort((a, b) => this.compare(a, b))
  }

  private selectOf(key: number, metrics: readonly string[] | undefined, into: number[]): void {
    const layout = this.layouts.get(key)
    if (layout === undefined) return
    if (metrics === undefined) {
      for (const id of layout.ids) into.push(id)
      return
    }
    for (const metric of new Set(metrics)) {
      const place = placeOf(layout, metric)
      if (place >= 0) into.push(layout.ids[place] as number)
    }
  }

  private compare(a: number, b: number): number {
    return compareNames(this.nameOf(a), this.nameOf(b))
  }

  nameOf(id: number): SeriesName {
    return {
      device: this.devices[id] ?? 0,
      metric: this.metrics[id] ?? '',
      dialect: DIALECTS[this.dialects[id] ?? 0] ?? 'nbiot',
    }
  }
}

export interface SeriesName {
  readonly device: number
  readonly metric: string
  readonly dialect: Dialect
}

/** By device, then metric, then dialect, texts by their UTF-16 units. */
export function compareNames(a: SeriesName, b: SeriesName): number {
  if (a.device !== b.device) return a.device - b.device
  if (a.metric !== b.metric) return a.metric < b.metric ? -1 : 1
  if (a.dialect === b.dialect) return 0
  return a.dialect < b.dialect ? -1 : 1
}

function placeOf(layout: Layout, metric: string): number {
  if (layout.metrics.length <= SEARCHED) return layout.metrics.indexOf(metric)
  layout.places ??= new Map(layout.metrics.map((name, place) => [name, place]))
  return layout.places.get(metric) ?? -1
}
