import { Activity } from './activity.ts'
import { Catalogue, type Limits } from './catalogue.ts'
import { grown, JSON_TEXT, NUMBER } from './columns.ts'
import { Head, type HeadPoint } from './head.ts'
import { type Batch, SEEN, typeOf } from './journal-codec.ts'
import { LatestValues } from './latest.ts'
import { SUBMISSIONS } from './series-index.ts'
import { Tombstones } from './tombstones.ts'

/** A point to be filled again and again: the head and the latest values copy it. */
type Mutable = { -readonly [member in keyof HeadPoint]: HeadPoint[member] }

export interface Applied {
  readonly first: number
  /** Places of entries whose key was taken. */
  readonly dropped: ReadonlySet<number>
  readonly now: number
}

/** What a start knows of a batch that commits don't: which of its points are in chunks already. */
export interface Replay {
  readonly through: Float64Array
  /** Submissions up to here are in the stored counters of minutes. */
  readonly snapshot: number
}

/** Everything the main thread knows without asking the disk. Changed only by what has been committed. */
export class Memory {
  readonly catalogue: Catalogue
  readonly head = new Head((series) => this.catalogue.series.dialects[series] !== SUBMISSIONS)
  readonly latest = new LatestValues()
  readonly activity = new Activity()
  readonly tombstones = new Tombstones()
  /** End of the last chunk of each series; −1: it has none. */
  private chunkEnds = new Float64Array(1024).fill(-1)
  /** Points of the hidden series. */
  private submissionCounts = new Float64Array(1024)
  submissions = 0
  lastSequence = 0
  /** All points up to here are in chunks. */
  compactedThrough = 0

  constructor(limits: Limits) {
    this.catalogue = new Catalogue(limits)
  }

  /** Makes a committed batch visible. */
  apply(batch: Batch, { first, dropped, now }: Applied, replay: Replay | null = null): void {
    let at = 0
    const point: Mutable = {
      series: 0,
      sequence: 0,
      time: 0,
      value: 0,
      type: NUMBER,
      attribute: 0,
      text: null,
    }
    for (let index = 0; index < batch.entries; index += 1) {
      const end = at + (batch.entryPoints[index] as number)
      if (dropped.has(index)) {
        at = end
        continue
      }
      point.sequence = first + index
      point.time = batch.entryTime[index] as number
      for (; at < end; at += 1) this.applyPoint(batch, at, { point, replay })
      this.applyEntry(batch, index, { point, replay, now })
    }
    this.lastSequence = Math.max(this.lastSequence, first + batch.entries - 1)
  }

  private applyPoint(
    batch: Batch,
    at: number,
    { point, replay }: { point: Mutable; replay: Replay | null },
  ): void {
    const series = batch.series[at] as number
    if (replay !== null && point.sequence <= (replay.through[series] ?? Infinity)) return
    point.series = series
    point.type = typeOf(batch, at)
    point.value = batch.values[at] as number
    point.attribute = batch.attributes === null ? batch.attribute : (batch.attributes[at] as number)
    point.text = point.type === JSON_TEXT ? (batch.texts[point.value] ?? 'null') : null
    this.head.add(point)
    this.latest.offer(point)
  }

  private applyEntry(
    batch: Batch,
    index: number,
    context: { point: Mutable; replay: Replay | null; now: number },
  ): void {
    const { point, replay, now } = context
    const received = batch.entryReceived[index] as number
    const device = batch.entryDevice[index] as number
    const seen = ((batch.entryFlags[index] as number) & SEEN) !== 0
    if (seen && (replay === null || !this.removed(device, point.sequence)))
      this.activity.see(device, received)
    const submission = batch.entrySubmission[index] as number
    if (submission === 0) return
    const series = submission - 1
    if (replay === null || point.sequence > replay.snapshot) this.activity.countSubmission(received, 1, now)
    if (replay !== null && point.sequence <= (replay.through[series] ?? Infinity)) return
    point.series = series
    point.type = NUMBER
    point.value = Math.floor(received / 1000)
    point.attribute = 0
    point.text = null
    this.head.add(point)
    this.setSubmissions(series, this.submissionsOf(series) + 1)
  }

  /** The device was removed after this sequence. */
  private removed(device: number, sequence: number): boolean {
    return this.tombstones.of(device).some((stone) => stone.whole && sequence < stone.sequence)
  }

  /** Points that only the journal and the head have. */
  uncompacted(): { points: number; readings: number } {
    return this.head.after(this.compactedThrough)
  }

  submissionsOf(series: number): number {
    return this.submissionCounts[series] ?? 0
  }

  setSubmissions(series: number, count: number): void {
    if (series >= this.submissionCounts.length) {
      const capacity = Math.max(series + 1, this.submissionCounts.length * 2)
      this.submissionCounts = grown(this.submissionCounts, new Float64Array(capacity))
    }
    this.submissions += count - (this.submissionCounts[series] as number)
    this.submissionCounts[series] = count
  }

  chunkEnd(series: number): number {
    return this.chunkEnds[series] ?? -1
  }

  setChunkEnd(series: number, end: number): void {
    if (series >= this.chunkEnds.length) {
      const old = this.chunkEnds.length
      this.chunkEnds = grown(this.chunkEnds, new Float64Array(Math.max(series + 1, old * 2)))
      this.chunkEnds.fill(-1, old)
    }
    this.chunkEnds[series] = end
  }
}
