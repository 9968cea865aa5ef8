import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { House } from '../house.ts'
import { type People, call, populate } from '../iotflow/people.ts'
import { ADMIN_TOKEN, residentMemory, startServer, temporaryFolder } from '../server-process.ts'
import {
  type Chance,
  CONTENT_TYPES,
  QUERIES,
  SEGMENTS,
  type Schema,
  chance,
  spoil,
  textFor,
} from './garbage.ts'

const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 10_000)
const TOGETHER = 16
/** Set to repeat a run that failed. */
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000)
/** Memory may grow this much between the first third and the end: caches fill, leaks grow. */
const GROWTH = 64 * 1_048_576

interface Operation {
  readonly method: string
  readonly path: string
  readonly body: Schema | undefined
}

interface Shot {
  readonly method: string
  readonly target: string
  readonly headers: Record<string, string>
  readonly body: Buffer<ArrayBuffer> | null
}

interface Document {
  readonly paths: Record<
    string,
    Record<string, { requestBody?: { content: { 'application/json': { schema: Schema } } } }>
  >
}

const many = (good: string): string[] => Array.from({ length: 6 }, () => good)

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']

function operationsOf({ paths }: Document): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      body: requestBody?.content['application/json'].schema,
    })),
  )
}

/**
 * Ben attacks with all that is his; Ana's things are aimed at with every credential but hers and the operator's.
 * The operator's token is used where it can't change anything that is meant to stay.
 */
function shoot(operation: Operation, people: People, by: Chance): Shot {
  const method = by.once(12) ? by.pick(METHODS) : operation.method
  const asOperator = by.once(4) && method === 'GET'
  // Ben may erase what he reported, but then nobody could say how much must be left.
  const erases = method === 'DELETE' && operation.path.includes('telemetry')
  const mine = { device_id: people.other.id, group_id: 2, user_id: people.ben.id }
  const hers = { device_id: people.device.id, group_id: people.group, user_id: people.ana.id }
  const fill = (name: string): string => {
    const known = (by.once(3) || erases ? hers : mine) as Record<string, string | number>
    return by.once(5) ? by.pick(SEGMENTS) : String(known[name] ?? 1)
  }
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => fill(name))
  const query = by.pick(QUERIES)
  const headers = credentials(people, by, asOperator)
  if (by.once(10)) headers['origin'] = by.pick(['https://example.org', 'null', 'x'])
  const bodiless = method === 'GET' || method === 'HEAD'
  const body = bodiless || by.once(10) ? null : spoil(textFor(operation.body, by), by)
  if (body !== null && !by.once(10)) headers['content-type'] = by.pick(CONTENT_TYPES)
  return { method, target: query === '' ? path : `${path}?${query}`, headers, body }
}

function credentials(people: People, by: Chance, asOperator: boolean): Record<string, string> {
  const headers: Record<string, string> = {}
  if (!by.once(9)) headers['x-api-key'] = by.pick([...many(people.other.key), 'x', people.deadKey])
  if (!by.once(9)) headers['x-user-id'] = by.pick([...many(people.ben.id), 'x', people.gone.id])
  if (asOperator) headers['authorization'] = `admin ${ADMIN_TOKEN}`
  else if (by.once(3)) {
    headers['authorization'] = by.pick([
      `Bearer ${people.ben.token}`,
      'admin x',
      'Bearer x',
      'Basic eA==',
      '',
    ])
  }
  return headers
}

/** Every error has a text that a client of this wire can read, and no answer says too much. */
function judge(
  shot: Shot,
  { status, text }: { status: number; text: string },
  secrets: readonly string[],
): void {
  const said = `${shot.method} ${shot.target.slice(0, 200)} ${JSON.stringify(shot.headers)} → ${status} ${text.slice(0, 300)}`
  assert.ok(status < 500, said)
  if (status >= 400 && text !== '') {
    const body = JSON.parse(text) as { error?: unknown; detail?: unknown; message?: unknown }
    assert.ok(
      [body.error, body.detail, body.message].some((member) => member !== undefined),
      said,
    )
  }
  const privileged = shot.headers['authorization']?.startsWith(`admin ${ADMIN_TOKEN}`) === true
  for (const secret of secrets) {
    const sent = shot.target.includes(secret)
    if (!privileged && !sent) assert.ok(!text.includes(secret), said)
  }
  assert.doesNotMatch(text, /node_modules|at file:|SQLITE|password_hash|argon2/, said)
}

describe(`10,000 requests of garbage (FUZZ_SEED=${SEED})`, () => {
  it('leave a healthy server, unchanged data and flat memory', { timeout: 180_000 }, async (t) => {
    const folder = await temporaryFolder('fuzz')
    const server = await startServer({ dataDir: folder.path, env: { DEMO_USER: '', LOG_LEVEL: 'warn' } })
    t.after(async () => {
      await server.end('SIGKILL')
      await folder.remove()
    })
    const house = { url: server.url, operatorToken: ADMIN_TOKEN } as House
    const people = await populate(house)
    const benGroup = { method: 'POST', target: '/api/v1/groups', body: { name: 'Mine' } }
    await call(house, { ...benGroup, headers: { 'x-user-id': people.ben.id } })
    const asOperator = { authorization: `admin ${ADMIN_TOKEN}` }
    const see = async (target: string, headers: Record<string, string> = asOperator) =>
      (await call(house, { method: 'GET', target, headers })).body
    const asAna = { 'x-user-id': people.ana.id }
    const hers = async () =>
      JSON.stringify([
        await see(`/api/v1/users/${people.ana.id}`),
        await see(`/api/v1/devices/user/${people.ana.id}?limit=1000`),
        await see('/api/v1/groups?include_devices=true&limit=1000', asAna),
        await see(
          `/api/v1/telemetry/user/${people.ana.id}?start_time=1970-01-01&end_time=9998-12-31&limit=1000`,
        ),
        await see(`/api/v1/admin/devices/${people.device.id}`),
      ])
    const records = async () => (await see('/api/v1/admin/stats')) as { telemetry_records: number }
    const unchanged = await hers()
    const before = await records()
    const operations = operationsOf((await see('/openapi.json')) as Document)
    assert.equal(operations.length, 44)

    const by = chance(SEED)
    const shots = Array.from({ length: REQUESTS }, (_, n) =>
      shoot(operations[n % operations.length] as Operation, people, by),
    )
    const statuses = new Map<number, number>()
    let submitted = 0
    let memory = 0
    let next = 0
    const secrets = [people.ana.id, people.device.key, people.repaired.key]
    const work = async () => {
      for (let at = next++; at < REQUESTS; at = next++) {
        const shot = shots[at] as Shot
        const { method, headers, body } = shot
        const answer = await fetch(house.url + shot.target, {
          method,
          headers,
          body,
        })
        const text = await answer.text()
        judge(shot, { status: answer.status, text }, secrets)
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
        if (answer.status === 201 && text.includes('stored_in_cassandra')) submitted += 1
        if (at === Math.floor(REQUESTS / 3)) memory = await residentMemory(server.pid)
      }
    }
    await Promise.all(Array.from({ length: TOGETHER }, work))

    t.diagnostic(`answers by status: ${JSON.stringify(Object.fromEntries(statuses))}`)
    const grown = (await residentMemory(server.pid)) - memory
    t.diagnostic(`memory grew by ${(grown / 1_048_576).toFixed(1)} MB over the last two thirds`)
    assert.equal(await hers(), unchanged)
    assert.equal((await records()).telemetry_records, before.telemetry_records + submitted)
    assert.equal(((await see('/health')) as { status: string }).status, 'healthy')
    for (const status of [200, 201, 400, 401, 403, 404, 405]) {
      assert.ok((statuses.get(status) ?? 0) > 10, `too few answers ${status}: the garbage is not aimed well`)
    }
    assert.ok(grown < GROWTH, `memory grew by ${grown} bytes`)
    assert.doesNotMatch(server.output(), /request failed/)
  })
})
