/** A refusal in its wire's own words: thrown anywhere below a route, sent as it is. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly body: object
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, body: object, headers: Readonly<Record<string, string>> = {}) {
    super(`refused with ${status}`)
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** Thrown where a matched path turns out to name nothing (a segment that should be an integer): answered as an unknown path. */
export class UnknownPath extends Error {
  override readonly name = 'UnknownPath'
}
