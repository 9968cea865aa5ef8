import { randomBytes } from 'node:crypto'
import type { Answer, Fleet, FleetOptions, SimulatedDialect } from './fleet.ts'
import { httpClient, type HttpAnswer, type HttpClient } from './http.ts'
import { reportAt, type Report } from './life.ts'

const API = '/api/v1'
const PAGE = 10_000
const REGISTRATIONS_AT_ONCE = 16

interface Registered {
  readonly id: number
  readonly headers: { readonly 'x-api-key': string }
}

/** The IoTFlow wire: contract iotflow, sections 4, 6 and 7. */
export const iotflow: SimulatedDialect = { name: 'iotflow', connect }

async function connect(options: FleetOptions): Promise<Fleet> {
  const client = httpClient(options.url, { connections: options.connections, timeoutMs: 15_000 })
  const tag = randomBytes(4).toString('hex')
  const account = options.account ?? {
    name: `simulation-${tag}`,
    password: randomBytes(9).toString('base64url'),
  }
  const userId = await signIn(client, account)
  const devices = await registerAll(client, { userId, tag, options })
  const at = (device: number): Registered => {
    const found = devices[device]
    if (found === undefined) throw new RangeError(`there is no simulated device ${device}`)
    return found
  }
  return {
    owner: `user ${account.name}${options.account ? '' : `, password ${account.password}`}`,
    reportAt: (device, time) => reportAt(options.seed, device, time),
    send: (device, report) => send(client, at(device), report),
    readBack: (device, range) => readBack(client, at(device), range),
    submissions: (device) => submissions(client, at(device)),
    close: () => client.close(),
  }
}

/** Registers the user, or signs in when the name is taken already. */
async function signIn(client: HttpClient, account: { name: string; password: string }): Promise<string> {
  const { name: username, password } = account
  const body = { username, password, email: `${username}@example.org` }
  const fresh = await client.call({ method: 'POST', path: `${API}/auth/register`, body })
  const answer =
    fresh.status === 409
      ? await client.call({ method: 'POST', path: `${API}/auth/login`, body: { username, password } })
      : fresh
  const user = member(answer.body, 'user')
  const userId = member(user, 'user_id')
  if (typeof userId !== 'string') throw new Error(`the server gave no user: ${told(answer)}`)
  return userId
}

async function registerAll(
  client: HttpClient,
  run: { userId: string; tag: string; options: FleetOptions },
): Promise<Registered[]> {
  const { userId, tag, options } = run
  const devices: Registered[] = []
  let next = 0
  let done = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < options.devices; index = next++) {
      const name = `station-${tag}-${String(index + 1).padStart(6, '0')}`
      const answer = await client.call({
        method: 'POST',
        path: `${API}/devices/register`,
        headers: { 'x-user-id': userId },
        body: { name, device_type: 'climate', location: 'simulated' },
      })
      devices[index] = registeredFrom(answer)
      options.onRegistered?.((done += 1))
    }
  }
  await Promise.all(Array.from({ length: REGISTRATIONS_AT_ONCE }, worker))
  return devices
}

function registeredFrom(answer: HttpAnswer): Registered {
  const device = member(answer.body, 'device')
  const id = member(device, 'id')
  const key = member(device, 'api_key')
  if (answer.status !== 201 || typeof id !== 'number' || typeof key !== 'string')
    throw new Error(`a device was not registered: ${told(answer)}`)
  return { id, headers: { 'x-api-key': key } }
}

async function send(client: HttpClient, device: Registered, report: Report): Promise<Answer> {
  const body = { data: report.values, timestamp: new Date(report.time).toISOString() }
  const { status } = await client.call({
    method: 'POST',
    path: `${API}/telemetry`,
    headers: device.headers,
    body,
  })
  if (status === 201) return 'acknowledged'
  return status === 429 || status >= 500 ? 'later' : 'refused'
}

async function* readBack(
  client: HttpClient,
  device: Registered,
  range: { from: number; to: number },
): AsyncGenerator<Report> {
  const start = encodeURIComponent(new Date(range.from).toISOString())
  for (let to = range.to; to >= range.from;) {
    const end = encodeURIComponent(new Date(to).toISOString())
    const path = `${API}/telemetry/${device.id}?start_time=${start}&end_time=${end}&limit=${PAGE}`
    const answer = await client.call({ method: 'GET', path, headers: device.headers })
    const data = member(answer.body, 'data')
    if (answer.status !== 200 || !Array.isArray(data)) throw new Error(`reading back failed: ${told(answer)}`)
    for (const record of data) {
      const report = reportFrom(record)
      to = Math.min(to, report.time - 1)
      yield report
    }
    if (data.length < PAGE) return
  }
}

function reportFrom(record: unknown): Report {
  const { timestamp, ...values } = record as { timestamp: string } & Report['values']
  return { time: Date.parse(timestamp), values }
}

async function submissions(client: HttpClient, device: Registered): Promise<number> {
  const answer = await client.call({ method: 'GET', path: `${API}/devices/status`, headers: device.headers })
  const count = member(member(answer.body, 'device'), 'telemetry_count')
  if (typeof count !== 'number') throw new Error(`the server gave no telemetry_count: ${told(answer)}`)
  return count
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

/** For messages: the status and the contract's words, never the whole body, which may hold keys. */
function told(answer: HttpAnswer): string {
  const words = member(answer.body, 'message') ?? member(answer.body, 'error')
  return typeof words === 'string' ? `${answer.status} ${words}` : String(answer.status)
}
