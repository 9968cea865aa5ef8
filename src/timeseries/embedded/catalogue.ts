import { CoreError } from '../../core/errors.ts'
import type { Entry } from '../../core/telemetry/store.ts'
import { AttributeDictionary, Dictionary } from './dictionary.ts'
import type { Batch, Numbering } from './journal-codec.ts'
import type { AppendRequest } from './messages.ts'
import { dialectNumber, SeriesIndex } from './series-index.ts'

export interface Limits {
  readonly seriesPerDevice: number
  /** Distinct combinations of unit, origin, protocol and anomaly. */
  readonly attributes: number
  readonly metricLength: number
  readonly pointsPerAppend: number
  readonly bytesPerAppend: number
  /** Appends accepted and not settled yet. */
  readonly outstanding: number
}

export const DEFAULT_LIMITS: Limits = {
  seriesPerDevice: 10_000,
  attributes: 65_000,
  metricLength: 200,
  pointsPerAppend: 1_000_000,
  bytesPerAppend: 256 * 2 ** 20,
  outstanding: 256,
}

type Names = Pick<AppendRequest, 'series' | 'attributes' | 'kinds'>

/** All names that stand as numbers in the files, and which of them are known to be on disk. */
export class Catalogue implements Numbering {
  readonly series: SeriesIndex
  readonly attributes: AttributeDictionary
  readonly kinds = new Dictionary('kinds', 65_000)
  private saved = { series: 0, attributes: 1, kinds: 0 }
  private readonly limits: Limits

  constructor(limits: Limits) {
    this.limits = limits
    this.series = new SeriesIndex(limits.seriesPerDevice)
    this.attributes = new AttributeDictionary(limits.attributes)
  }

  submission(entry: Entry): number {
    return this.series.submissions(entry.device)
  }

  readings(entry: Entry, into: Pick<Batch, 'series' | 'attributes'>, from: number): void {
    const dialect = this.dialect(entry)
    const layout = this.series.layout(entry.device, dialect)
    const { readings } = entry
    for (let place = 0; place < readings.length; place += 1) {
      const reading = readings[place]
      if (reading === undefined) continue
      if (reading.metric.length > this.limits.metricLength) {
        throw new CoreError('too_large', { what: 'characters of a metric', limit: this.limits.metricLength })
      }
      const at = from + place
      into.series[at] = this.series.idOf(layout, reading.metric, { place, device: entry.device, dialect })
      if (into.attributes !== null) into.attributes[at] = this.attributes.of(reading.attributes)
    }
  }

  kind(kind: string): number {
    return this.kinds.numberOf(kind)
  }

  dialect(entry: Entry): number {
    return dialectNumber(entry.dialect)
  }

  /** What the next write must carry: names no commit has confirmed. */
  unsaved(): Names {
    const { series, attributes, kinds } = this
    const rest = (texts: readonly string[], from: number) =>
      texts.slice(from).map((text, index) => ({ id: from + index, text }))
    return {
      series: Array.from({ length: series.count - this.saved.series }, (_, index) =>
        series.row(this.saved.series + index),
      ),
      attributes: rest(attributes.texts, this.saved.attributes),
      kinds: rest(kinds.texts, this.saved.kinds),
    }
  }

  /** A commit has confirmed these names, and with them all smaller numbers. */
  confirm(names: Names): void {
    const last = (list: readonly { readonly id: number }[]) => (list.at(-1)?.id ?? -1) + 1
    this.saved = {
      series: Math.max(this.saved.series, last(names.series)),
      attributes: Math.max(this.saved.attributes, last(names.attributes)),
      kinds: Math.max(this.saved.kinds, last(names.kinds)),
    }
  }

  /** Everything entered so far came from the file. */
  allSaved(): void {
    this.saved = {
      series: this.series.count,
      attributes: this.attributes.texts.length,
      kinds: this.kinds.texts.length,
    }
  }
}
