import { CoreError } from '../../core/errors.ts'
import type { ReadingAttributes } from '../../core/telemetry/store.ts'

/** Texts that repeat, as small numbers. The number 0 is the text given first. */
export class Dictionary {
  readonly texts: string[] = []
  private readonly numbers = new Map<string, number>()
  private readonly what: string
  private readonly limit: number

  constructor(what: string, limit: number) {
    this.what = what
    this.limit = limit
  }

  /** @throws CoreError too_large when a new text would exceed the limit. */
  numberOf(text: string): number {
    const known = this.numbers.get(text)
    if (known !== undefined) return known
    if (this.texts.length >= this.limit)
      throw new CoreError('too_large', { what: this.what, limit: this.limit })
    return this.enter(this.texts.length, text)
  }

  enter(number: number, text: string): number {
    this.texts[number] = text
    this.numbers.set(text, number)
    return number
  }

  find(text: string): number | undefined {
    return this.numbers.get(text)
  }
}

const NONE: ReadingAttributes = Object.freeze({})

/** Combinations of unit, origin, protocol and anomaly as numbers from 0 (none of them) to 64,999. */
export class AttributeDictionary extends Dictionary {
  private readonly decoded: ReadingAttributes[] = []
  private readonly frozen = new WeakMap<ReadingAttributes, number>()

  constructor(limit: number) {
    super('attribute combinations', limit)
    this.enter(0, attributeText(NONE))
  }

  /** @throws CoreError too_large */
  of(attributes: ReadingAttributes | undefined): number {
    if (attributes === undefined) return 0
    const known = this.frozen.get(attributes)
    if (known !== undefined) return known
    for (const text of [attributes.unit, attributes.origin, attributes.protocol]) {
      if (text !== undefined && text.length > LONGEST) {
        throw new CoreError('too_large', { what: 'characters of an attribute', limit: LONGEST })
      }
    }
    const number = this.numberOf(attributeText(attributes))
    if (Object.isFrozen(attributes)) this.frozen.set(attributes, number)
    return number
  }

  get(number: number): ReadingAttributes {
    const known = this.decoded[number]
    if (known !== undefined) return known
    const attributes = Object.freeze(parseAttributes(this.texts[number]))
    this.decoded[number] = attributes
    return attributes
  }
}

const LONGEST = 200

const attributeText = ({ unit, origin, protocol, anomaly }: ReadingAttributes): string =>
  JSON.stringify([unit ?? null, origin ?? null, protocol ?? null, anomaly ?? null])

function parseAttributes(text = '[]'): ReadingAttributes {
  const [unit, origin, protocol, anomaly] = JSON.parse(text) as (string | boolean | null)[]
  return {
    ...(typeof unit === 'string' && { unit }),
    ...(typeof origin === 'string' && { origin }),
    ...(typeof protocol === 'string' && { protocol }),
    ...(typeof anomaly === 'boolean' && { anomaly }),
  }
}
