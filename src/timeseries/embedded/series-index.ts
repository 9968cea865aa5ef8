import { DIALECTS, type Dialect, SERIES_MODE } from '../../core/dialects.ts'
import { CoreError } from '../../core/errors.ts'
import type { SeriesSelector } from '../../core/telemetry/store.ts'
import { grown } from './columns.ts'

/** The dialect number of the hidden series that hold one point per accepted submission. No query can select it. */
export const SUBMISSIONS = 15

/** Sequences are kept per point in these series, and a later point replaces none at the same instant. */
export const keepsAll = (dialect: number): boolean =>
  dialect === SUBMISSIONS || SERIES_MODE[DIALECTS[dialect] ?? 'nbiot'] === 'keep'

export const dialectNumber = (dialect: Dialect): number => DIALECTS.indexOf(dialect)

/** The layouts of one device: the hidden series first, then by dialect number. */
type DeviceLayouts = (Layout | undefined)[]

const slotOf = (dialect: number): number => (dialect === SUBMISSIONS ? 0 : dialect + 1)

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
  private readonly byDevice = new Map<number, DeviceLayouts>()
  private lastDevice = -1
  private lastLayouts: DeviceLayouts = []
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
    const layouts = this.layoutsOf(device)
    const slot = slotOf(dialect)
    let layout = layouts[slot]
    if (layout === undefined) {
      layout = { metrics: [], ids: [], places: null }
      while (layouts.length < slot) layouts.push(undefined)
      layouts[slot] = layout
    }
    return layout
  }

  /** Several questions about a device follow each other: the last answer is kept at hand. */
  private layoutsOf(device: number): DeviceLayouts {
    if (device === this.lastDevice) return this.lastLayouts
    let layouts = this.byDevice.get(device)
    if (layouts === undefined) {
      layouts = []
      this.byDevice.set(device, layouts)
    }
    this.lastDevice = device
    this.lastLayouts = layouts
    return layouts
  }

  /** The hidden series of a device's submissions. */
  submissions(device: number): number {
    const layout = this.layout(device, SUBMISSIONS)
    return layout.ids[0] ?? this.add({ id: this.count, device, metric: '', dialect: SUBMISSIONS })
  }

  /** As above, without making one. */
  findSubmissions(device: number): number | undefined {
    return this.byDevice.get(device)?.[0]?.ids[0]
  }

  private admit(device: number): void {
    let known = 0
    for (const layout of this.layoutsOf(device).slice(1)) known += layout?.ids.length ?? 0
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
    return (this.byDevice.get(device) ?? []).flatMap((layout) => layout?.ids ?? [])
  }

  /** Forgets a removed device's series; their numbers stay unused. */
  forget(device: number): void {
    for (const layout of (this.byDevice.get(device) ?? []).slice(1)) this.readable -= layout?.ids.length ?? 0
    this.byDevice.delete(device)
    this.lastDevice = -1
  }

  /** The selected series by device, then metric, then dialect name. */
  select({ devices, metrics, dialects = DIALECTS }: SeriesSelector): number[] {
    const slots = [...new Set(dialects)].map((dialect) => slotOf(dialectNumber(dialect)))
    const ids: number[] = []
    const take = (layouts: DeviceLayouts | undefined) => {
      for (const slot of slots) selectFrom(layouts?.[slot], metrics, ids)
    }
    if (devices === undefined) for (const layouts of this.byDevice.values()) take(layouts)
    else for (const device of new Set(devices)) take(this.byDevice.get(device))
    return ids.sort((a, b) => this.compare(a, b))
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

function selectFrom(
  layout: Layout | undefined,
  metrics: readonly string[] | undefined,
  into: number[],
): void {
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

function placeOf(layout: Layout, metric: string): number {
  if (layout.metrics.length <= SEARCHED) return layout.metrics.indexOf(metric)
  layout.places ??= new Map(layout.metrics.map((name, place) => [name, place]))
  return layout.places.get(metric) ?? -1
}
