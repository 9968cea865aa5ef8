import { type Columns, grown, JSON_TEXT } from './columns.ts'

const SHIFT = 16
/** Points of a block, and the widest span of sequences in it. */
const BLOCK = 2 ** SHIFT

/** 64 K points in arrival order. A point's instant is found by its sequence, since an entry's points share it. */
interface Block {
  readonly firstSequence: number
  lastSequence: number
  used: number
  /** Points that count as readings. */
  readings: number
  entryTimes: Float64Array
  readonly series: Uint32Array
  /** Sequence less firstSequence. */
  readonly entry: Uint16Array
  readonly values: Float64Array
  readonly attributes: Uint16Array
  readonly types: Uint8Array
  /** How far back the previous point of the series is; 0: there is none. */
  readonly back: Uint32Array
  /** JSON of the points that are no numbers, by offset. */
  readonly texts: Map<number, string>
}

const newBlock = (firstSequence: number): Block => ({
  firstSequence,
  lastSequence: firstSequence,
  used: 0,
  readings: 0,
  entryTimes: new Float64Array(64),
  series: new Uint32Array(BLOCK),
  entry: new Uint16Array(BLOCK),
  values: new Float64Array(BLOCK),
  attributes: new Uint16Array(BLOCK),
  types: new Uint8Array(BLOCK),
  back: new Uint32Array(BLOCK),
  texts: new Map(),
})

export interface HeadPoint {
  readonly series: number
  readonly sequence: number
  readonly time: number
  readonly value: number
  readonly type: number
  readonly attribute: number
  /** The JSON of a JSON_TEXT point. */
  readonly text: string | null
}

export interface HeadFilter {
  readonly from: number
  readonly to: number
  /** True: the point was deleted. */
  readonly deleted: ((sequence: number, time: number) => boolean) | null
}

/**
 * The points that may not be in chunks yet: one log in arrival order, in which each point knows the previous one of
 * its series. A point costs 21 bytes and no allocation, whatever the number of series.
 */
export class Head {
  /** Blocks by number: absolute index >>> SHIFT. Those before `firstBlock` are gone. */
  private blocks: (Block | undefined)[] = []
  private firstBlock = 0
  private current: Block | null = null
  /** Absolute index of each series' newest point, plus one; 0: none. */
  private tails = new Float64Array(1024)
  points = 0
  private readonly isReading: (series: number) => boolean

  /** Not every series holds readings: those of submissions are there to be counted. */
  constructor(isReading: (series: number) => boolean) {
    this.isReading = isReading
  }

  add(point: HeadPoint): void {
    const { series, sequence } = point
    const block = this.blockFor(sequence)
    const offset = block.used
    const index = (this.firstBlock + this.blocks.length - 1) * BLOCK + offset
    if (series >= this.tails.length) {
      this.tails = grown(this.tails, new Float64Array(Math.max(series + 1, this.tails.length * 2)))
    }
    const tail = this.tails[series] as number
    const entry = sequence - block.firstSequence
    if (entry >= block.entryTimes.length) {
      block.entryTimes = grown(
        block.entryTimes,
        new Float64Array(Math.min(BLOCK, Math.max(entry + 1, 2 * block.entryTimes.length))),
      )
    }
    block.entryTimes[entry] = point.time
    block.series[offset] = series
    block.entry[offset] = entry
    block.values[offset] = point.value
    block.attributes[offset] = point.attribute
    block.types[offset] = point.type
    block.back[offset] = tail === 0 ? 0 : index + 1 - tail
    if (point.text !== null) block.texts.set(offset, point.text)
    block.lastSequence = sequence
    block.used = offset + 1
    if (this.isReading(series)) block.readings += 1
    this.tails[series] = index + 1
    this.points += 1
  }

  private blockFor(sequence: number): Block {
    const { current } = this
    if (current !== null && current.used < BLOCK && sequence - current.firstSequence < BLOCK) return current
    const block = newBlock(sequence)
    this.blocks.push(block)
    this.current = block
    return block
  }

  /** The points of a series in a range, ascending by (time, arrival). */
  gather(series: number, filter: HeadFilter): Columns | null {
    const found = this.walk(series, filter)
    return found.times.length === 0 ? null : sortedColumns(found)
  }

  /** Newest arrival first. */
  private walk(series: number, { from, to, deleted }: HeadFilter): Found {
    const found: Found = { times: [], values: [], types: [], attributes: [], sequences: [], texts: [] }
    let index = (this.tails[series] ?? 0) - 1
    const first = this.firstBlock * BLOCK
    while (index >= first) {
      const block = this.blocks[Math.floor(index / BLOCK) - this.firstBlock]
      if (block === undefined) break
      const offset = index % BLOCK
      const entry = block.entry[offset] as number
      const time = block.entryTimes[entry] as number
      const sequence = block.firstSequence + entry
      if (time >= from && time <= to && (deleted === null || !deleted(sequence, time))) {
        collect(found, block, { offset, time, sequence })
      }
      const back = block.back[offset] as number
      if (back === 0) break
      index -= back
    }
    return found
  }

  /** How many points, and how many readings among them, have a larger sequence. */
  after(sequence: number): { points: number; readings: number } {
    let points = 0
    let readings = 0
    for (const block of this.blocks) {
      if (block === undefined || block.lastSequence <= sequence) continue
      points += block.used
      readings += block.readings
      if (block.firstSequence > sequence) continue
      for (let index = 0; index < block.used; index += 1) {
        if (block.firstSequence + (block.entry[index] as number) > sequence) break
        points -= 1
        if (this.isReading(block.series[index] as number)) readings -= 1
      }
    }
    return { points, readings }
  }

  /** Forgets the blocks whose points all have been compacted. */
  dropThrough(sequence: number): void {
    while (this.blocks.length > 0) {
      const block = this.blocks[0]
      if (block === undefined || block.lastSequence > sequence) return
      this.points -= block.used
      this.blocks.shift()
      this.firstBlock += 1
      if (block === this.current) this.current = null
    }
  }
}

interface Found {
  readonly times: number[]
  readonly values: number[]
  readonly types: number[]
  readonly attributes: number[]
  readonly sequences: number[]
  readonly texts: string[]
}

function collect(
  found: Found,
  block: Block,
  point: { offset: number; time: number; sequence: number },
): void {
  const { offset } = point
  const type = block.types[offset] as number
  found.times.push(point.time)
  found.sequences.push(point.sequence)
  found.types.push(type)
  found.attributes.push(block.attributes[offset] as number)
  if (type === JSON_TEXT) found.values.push(found.texts.push(block.texts.get(offset) ?? 'null') - 1)
  else found.values.push(block.values[offset] as number)
}

function sortedColumns(found: Found): Columns {
  const { times } = found
  const count = times.length
  const order = Uint32Array.from({ length: count }, (_, index) => count - 1 - index)
  let sorted = true
  for (let index = 1; index < count && sorted; index += 1)
    sorted = (times[index - 1] as number) >= (times[index] as number)
  // Array order is stable on ties: arrival order, which is sequence order.
  if (!sorted) order.sort((a, b) => (times[a] as number) - (times[b] as number) || b - a)
  const pick = (from: readonly number[]) => Float64Array.from(order, (index) => from[index] as number)
  return {
    count,
    times: pick(times),
    values: pick(found.values),
    types: found.types.every((type) => type === 0) ? null : Uint8Array.from(pick(found.types)),
    attributes: Uint16Array.from(pick(found.attributes)),
    attribute: 0,
    sequences: pick(found.sequences),
    sequence: 0,
    texts: found.texts,
  }
}
