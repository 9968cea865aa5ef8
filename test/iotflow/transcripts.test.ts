import assert from 'node:assert/strict'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Compile } from 'typebox/compile'
import { type House, startHouse } from '../house.ts'
import {
  type Exchange,
  assertShows,
  formatTranscript,
  memberAt,
  parseTranscript,
  shownAs,
  substitute,
} from '../transcript.ts'

const FOLDER = join(import.meta.dirname, '../../src/dialects/iotflow/examples')
/** Set to write down what the server answers now; read the difference before committing it. */
const RECORDING = process.env['RECORD_TRANSCRIPTS'] === '1'

const files = readdirSync(FOLDER).filter((name) => name.endsWith('.http'))

interface Document {
  readonly paths: Record<string, Record<string, { responses: Record<string, Described> }>>
}
interface Described {
  readonly content?: { 'application/json'?: { schema: object } }
}

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

async function perform(house: House, exchange: Exchange, values: Map<string, string>): Promise<Answer> {
  const headers = new Headers()
  if (exchange.requestBody !== null) headers.set('content-type', 'application/json')
  for (const [name, value] of exchange.requestHeaders) headers.set(name, substitute(value, values))
  if (headers.get('content-type') === 'none') headers.delete('content-type')
  const text = exchange.requestBody === null ? null : substitute(exchange.requestBody, values)
  const multipart = headers.get('content-type')?.startsWith('multipart/') === true
  const body = text === null ? null : Buffer.from(multipart ? text.replaceAll('\n', '\r\n') : text)
  const target = substitute(exchange.target, values)
  const answer = await fetch(house.url + target, { method: exchange.method, headers, body })
  return { status: answer.status, headers: answer.headers, body: await answer.text() }
}

const asJson = (text: string): unknown => (text === '' ? undefined : (JSON.parse(text) as unknown))

/** Writes down an answer; a kept id inside a longer text becomes its name again. */
function recorded(exchange: Exchange, answer: Answer, values: ReadonlyMap<string, string>): Exchange {
  const { status, headers } = answer
  let { body } = answer
  for (const [name, value] of values) {
    if (value.length === 32) body = body.replaceAll(new RegExp(`(?<!")${value}`, 'g'), `{{${name}}}`)
  }
  const answerHeaders = exchange.answerHeaders.map(([name]) => [name, headers.get(name) ?? ''] as const)
  const answerBody = body === '' ? '' : JSON.stringify(shownAs(asJson(body)), null, 2)
  return { ...exchange, status, answerHeaders, answerBody }
}

function check(exchange: Exchange, { status, headers, body }: Answer, values: Map<string, string>): void {
  assert.equal(status, exchange.status, `status, with ${body}`)
  for (const [name, value] of exchange.answerHeaders) assert.equal(headers.get(name), value, name)
  assertShows(asJson(body), asJson(substitute(exchange.answerBody, values)), 'body')
}

/** Holds the answer against the schema that the OpenAPI document gives for the route. */
function checkAgainstDocument(document: Document, exchange: Exchange, answer: Answer): boolean {
  const path = exchange.target.split('?', 1)[0] ?? ''
  const concrete = path.replaceAll(/\{\{\w+\}\}/g, '1').replace(/(?<=.)\/$/, '')
  const patterns = Object.keys(document.paths).filter((pattern) =>
    new RegExp(`^${pattern.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(concrete),
  )
  const [pattern] = patterns.sort((a, b) => a.split('{').length - b.split('{').length)
  const responses = document.paths[pattern ?? '']?.[exchange.method.toLowerCase()]?.responses
  const described = responses?.[String(answer.status)]?.content?.['application/json']?.schema
  if (described === undefined) return false
  const compiled = Compile(described as never)
  const value = asJson(answer.body)
  assert.ok(compiled.Check(value), `${pattern}: ${JSON.stringify(compiled.Errors(value))}`)
  return true
}

describe('iotflow transcripts', () => {
  it('has something to replay', () => assert.ok(files.length >= 8, `${files.length} files`))

  for (const file of files) {
    const text = readFileSync(join(FOLDER, file), 'utf8')
    const { settings, exchanges } = parseTranscript(text)
    it(`${file}: ${exchanges.length} exchanges`, async (t) => {
      const house = await startHouse(settings)
      t.after(() => house.close())
      const values = new Map([['operator', house.operatorToken]])
      const document = (await (await fetch(`${house.url}/openapi.json`)).json()) as Document
      const records: Exchange[] = []
      let held = 0
      for (const exchange of exchanges) {
        const answer = await perform(house, exchange, values)
        if (RECORDING) records.push(recorded(exchange, answer, values))
        else
          await t.test(exchange.title, () => {
            check(exchange, answer, values)
            if (checkAgainstDocument(document, exchange, answer)) held += 1
          })
        for (const [name, path] of exchange.keeps) values.set(name, memberAt(asJson(answer.body), path))
      }
      if (RECORDING) {
        const preface = text.slice(0, text.search(/^## /m))
        writeFileSync(join(FOLDER, file), formatTranscript(preface, records))
      } else assert.ok(held > 0, 'no answer was held against the document')
    })
  }
})

describe('the page of this wire', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/dialects/iotflow.md'), 'utf8')
  const shown = files
    .map((file) => parseTranscript(readFileSync(join(FOLDER, file), 'utf8')))
    .flatMap(({ exchanges }) => exchanges.map(({ answerBody }) => asJson(answerBody)))
  const bodies = [...page.matchAll(/`(\{"error":.*?\})`/g)].map(([, body]) => body ?? '')

  /** Other tests show these: they need a defect, a full disk, a closed server, or a body beyond the limit. */
  const ELSEWHERE = new Set([
    '{"error":"Internal Server Error","message":"An unexpected error occurred"}',
    '{"error":"Service Unavailable","message":"…"}',
    '{"error":"Payload Too Large","message":"The request body is too large"}',
    '{"error":"Registration closed","message":"New users are added by the operator"}',
  ])

  /** The texts of the page match those of an answer; what differs from case to case is written `<name>` or `…`. */
  function matches(answer: unknown, written: Record<string, unknown>): boolean {
    return Object.entries(written).every(([name, value]) => {
      const said = (answer as Record<string, unknown> | undefined)?.[name]
      if (typeof value !== 'string' || typeof said !== 'string') {
        return JSON.stringify(said) === JSON.stringify(value)
      }
      const parts = value.split(/<\w+>|…/).map((part) => RegExp.escape(part))
      return new RegExp(`^${parts.join('.*')}$`).test(said)
    })
  }

  it('prints no error that a transcript does not show', () => {
    assert.ok(bodies.length > 70, `${bodies.length} bodies`)
    for (const body of bodies.filter((text) => !ELSEWHERE.has(text))) {
      const written = JSON.parse(body) as Record<string, unknown>
      assert.ok(
        shown.some((answer) => matches(answer, written)),
        body,
      )
    }
  })

  it('leaves out no error that a transcript shows', () => {
    const written = bodies.map((body) => JSON.parse(body) as Record<string, unknown>)
    const errors = shown.filter(
      (answer) => typeof (answer as { error?: unknown } | undefined)?.error === 'string',
    )
    assert.ok(errors.length > 150, `${errors.length} errors`)
    for (const answer of errors) {
      const found = written.some((body) => matches(answer, body))
      // Paths of nobody's are answered in nobody's words.
      assert.ok(found || JSON.stringify(answer) === '{"error":"Not found"}', JSON.stringify(answer))
    }
  })
})
