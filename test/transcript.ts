import assert from 'node:assert/strict'

/*
 * Transcripts: requests and answers as text files, which people read as documentation and tests replay.
 *
 *   ## What this exchange shows
 *   > POST /api/v1/groups
 *   > X-User-ID: {{ana}}
 *   >
 *   > {"name":"North"}
 *   < 201
 *   < Allow: GET, HEAD          headers that must be there
 *   <
 *   < {"status":"success", …}   the whole body; "<time>" and the like stand for values that differ each time
 *   = north group.id            keeps a member of the answer for later requests
 */

export interface Exchange {
  readonly title: string
  readonly method: string
  readonly target: string
  readonly requestHeaders: readonly (readonly [string, string])[]
  readonly requestBody: string | null
  readonly status: number | null
  readonly answerHeaders: readonly (readonly [string, string])[]
  readonly answerBody: string
  readonly keeps: readonly (readonly [name: string, path: string])[]
}

const linesWith = (block: readonly string[], sign: string): string[] =>
  block.filter((line) => line === sign || line.startsWith(`${sign} `)).map((line) => line.slice(2))

function headAndBody(lines: readonly string[]) {
  const blank = lines.indexOf('')
  const head = blank === -1 ? lines : lines.slice(0, blank)
  const body = blank === -1 ? null : lines.slice(blank + 1).join('\n')
  const [first = '', ...rest] = head
  const headers = rest.map((line) => {
    const [name = '', ...value] = line.split(': ')
    return [name, value.join(': ')] as const
  })
  return { first, headers, body }
}

export function parseTranscript(text: string): { settings: Record<string, string>; exchanges: Exchange[] } {
  const [preface = '', ...blocks] = text.split(/^## /m)
  const settings = Object.fromEntries([...preface.matchAll(/^! (\w+)=(.*)$/gm)].map(([, k, v]) => [k, v]))
  const exchanges = blocks.map((block) => {
    const lines = block.trimEnd().split('\n')
    const request = headAndBody(linesWith(lines, '>'))
    const answer = headAndBody(linesWith(lines, '<'))
    const [method = '', ...target] = request.first.split(' ')
    return {
      title: lines[0] ?? '',
      method,
      target: target.join(' '),
      requestHeaders: request.headers,
      requestBody: request.body,
      status: answer.first === '' ? null : Number(answer.first),
      answerHeaders: answer.headers,
      answerBody: answer.body ?? '',
      keeps: linesWith(lines, '=').map((line) => {
        const [name = '', path = ''] = line.split(' ')
        return [name, path] as const
      }),
    }
  })
  return { settings: settings as Record<string, string>, exchanges }
}

export function formatTranscript(preface: string, exchanges: readonly Exchange[]): string {
  const sign = (mark: string, line: string) => (line === '' ? mark : `${mark} ${line}`)
  const blocks = exchanges.map((exchange) => {
    const lines = [`## ${exchange.title}`, `> ${exchange.method} ${exchange.target}`]
    lines.push(...exchange.requestHeaders.map(([name, value]) => `> ${name}: ${value}`))
    if (exchange.requestBody !== null) {
      lines.push('>', ...exchange.requestBody.split('\n').map((line) => sign('>', line)))
    }
    lines.push(
      `< ${exchange.status}`,
      ...exchange.answerHeaders.map(([name, value]) => `< ${name}: ${value}`),
    )
    if (exchange.answerBody !== '') {
      lines.push('<', ...exchange.answerBody.split('\n').map((line) => sign('<', line)))
    }
    lines.push(...exchange.keeps.map(([name, path]) => `= ${name} ${path}`))
    return lines.join('\n')
  })
  return `${preface.trimEnd()}\n\n${blocks.join('\n\n')}\n`
}

export const substitute = (text: string, values: ReadonlyMap<string, string>): string =>
  text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values.get(name)
    assert.ok(value !== undefined, `nothing is kept under the name ${name}`)
    return value
  })

const PLACEHOLDERS: Readonly<Record<string, (value: unknown) => boolean>> = {
  '<time>': (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value),
  '<user id>': (value) => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value),
  '<api key>': (value) => typeof value === 'string' && /^[A-Za-z0-9]{32}$/.test(value),
  '<token>': (value) => typeof value === 'string' && /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(value),
  '<number>': (value) => typeof value === 'number',
}

/** Demands that the body is what the transcript shows: no member less, none more. */
export function assertShows(actual: unknown, shown: unknown, at: string): void {
  const placeholder = typeof shown === 'string' ? PLACEHOLDERS[shown] : undefined
  if (placeholder !== undefined) {
    assert.ok(placeholder(actual), `${at}: ${JSON.stringify(actual)} is no ${String(shown)}`)
  } else if (typeof shown === 'object' && shown !== null) {
    assert.ok(typeof actual === 'object' && actual !== null, `${at}: ${JSON.stringify(actual)}`)
    assert.deepEqual(Object.keys(actual).sort(), Object.keys(shown).sort(), at)
    for (const [key, value] of Object.entries(shown)) {
      assertShows((actual as Record<string, unknown>)[key], value, `${at}.${key}`)
    }
  } else assert.deepEqual(actual, shown, at)
}

const VOLATILE = new Set(['memory_bytes', 'heap_bytes', 'uptime_seconds', 'response_time_ms'])

/** A body as a transcript shows it, with placeholders for what differs each time. For recording. */
export function shownAs(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return shownText(value, key)
  if (typeof value === 'number' && VOLATILE.has(key)) return '<number>'
  if (Array.isArray(value)) return value.map((item) => shownAs(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shownAs(member, name)]))
}

/** Bounds of a range are shown as asked, and times of the data as they were sent. */
function shownText(value: string, key: string): string {
  const kept = ['start_time', 'stop_time', 'end_time'].includes(key) || value.startsWith('2025-')
  return kept ? value : (Object.entries(PLACEHOLDERS).find(([, holds]) => holds(value))?.[0] ?? value)
}

/** The member at a dotted path, as text for later requests. */
export function memberAt(body: unknown, path: string): string {
  let value = body
  for (const step of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[step]
  assert.ok(typeof value === 'string' || typeof value === 'number', `the answer has no ${path}`)
  return String(value)
}
