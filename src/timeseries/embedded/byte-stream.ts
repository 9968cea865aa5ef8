/** Growing bytes to write numbers and byte columns into. */
export class ByteSink {
  bytes = new Uint8Array(4096)
  length = 0
  private view = new DataView(this.bytes.buffer)

  reset(): void {
    this.length = 0
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(this.length + more, this.bytes.length * 2))
    larger.set(this.bytes)
    this.bytes = larger
    this.view = new DataView(larger.buffer)
  }

  byte(value: number): void {
    this.reserve(1)
    this.bytes[this.length] = value
    this.length += 1
  }

  float(value: number): void {
    this.reserve(8)
    this.view.setFloat64(this.length, value, true)
    this.length += 8
  }

  /** A whole number from 0 to 2^53 − 1, seven bits a byte. */
  varint(value: number): void {
    this.reserve(8)
    let rest = value
    while (rest >= 128) {
      this.bytes[this.length] = (rest % 128) | 128
      this.length += 1
      rest = Math.floor(rest / 128)
    }
    this.bytes[this.length] = rest
    this.length += 1
  }

  /** A whole number from −2^52 to 2^52. */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  append(bytes: Uint8Array): void {
    this.claim(bytes.length).set(bytes)
  }

  /** The next `count` bytes, for the caller to fill. */
  claim(count: number): Uint8Array {
    this.reserve(count)
    this.length += count
    return this.bytes.subarray(this.length - count, this.length)
  }

  /** What was written so far; a view, valid until the next write. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }
}

/** Reads what a ByteSink wrote. */
export class ByteSource {
  readonly bytes: Uint8Array
  position: number

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes
    this.position = position
  }

  byte(): number {
    const value = this.bytes[this.position]
    if (value === undefined) throw new RangeError('stored bytes end too early')
    this.position += 1
    return value
  }

  float(): number {
    const at = this.bytes.byteOffset + this.position
    this.position += 8
    return new DataView(this.bytes.buffer, at, 8).getFloat64(0, true)
  }

  varint(): number {
    let value = 0
    let factor = 1
    for (;;) {
      const byte = this.byte()
      value += (byte & 127) * factor
      if (byte < 128) return value
      factor *= 128
    }
  }

  signed(): number {
    const value = this.varint()
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }

  take(count: number): Uint8Array {
    const end = this.position + count
    if (end > this.bytes.length) throw new RangeError('stored bytes end too early')
    const part = this.bytes.subarray(this.position, end)
    this.position = end
    return part
  }
}
