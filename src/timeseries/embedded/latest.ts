import { grown, JSON_TEXT } from './columns.ts'
import type { HeadPoint } from './head.ts'

/** The newest point of every series by (time, sequence), and how many submissions the hidden ones hold. */
export class LatestValues {
  private times = new Float64Array(1024).fill(-1)
  private sequences = new Float64Array(1024)
  private values = new Float64Array(1024)
  private types = new Uint8Array(1024)
  private attributes = new Uint16Array(1024)
  private readonly texts = new Map<number, string>()

  private ensure(series: number): void {
    if (series < this.times.length) return
    const old = this.times.length
    const capacity = Math.max(series + 1, old * 2)
    this.times = grown(this.times, new Float64Array(capacity))
    this.times.fill(-1, old)
    this.sequences = grown(this.sequences, new Float64Array(capacity))
    this.values = grown(this.values, new Float64Array(capacity))
    this.types = grown(this.types, new Uint8Array(capacity))
    this.attributes = grown(this.attributes, new Uint16Array(capacity))
  }

  /** Takes the point if it is newer, or as new and at least as late in sequence. */
  offer(point: HeadPoint): void {
    const { series, time, sequence } = point
    this.ensure(series)
    const known = this.times[series] as number
    if (time < known || (time === known && sequence < (this.sequences[series] as number))) return
    this.times[series] = time
    this.sequences[series] = sequence
    this.values[series] = point.value
    this.attributes[series] = point.attribute
    if (this.types[series] === JSON_TEXT) this.texts.delete(series)
    this.types[series] = point.type
    if (point.type === JSON_TEXT) this.texts.set(series, point.text ?? 'null')
  }

  clear(series: number): void {
    this.ensure(series)
    this.times[series] = -1
    this.sequences[series] = 0
    this.types[series] = 0
    this.texts.delete(series)
  }

  has(series: number): boolean {
    return (this.times[series] ?? -1) >= 0
  }

  get(series: number): HeadPoint | null {
    const time = this.times[series] ?? -1
    if (time < 0) return null
    return {
      series,
      time,
      sequence: this.sequences[series] ?? 0,
      value: this.values[series] ?? 0,
      type: this.types[series] ?? 0,
      attribute: this.attributes[series] ?? 0,
      text: this.texts.get(series) ?? null,
    }
  }
}
