import { httpClient } from '../src/simulate/http.ts'
import { ADMIN_TOKEN } from '../test/server-process.ts'

const AT_ONCE = 16

export interface RegisteredDevices {
  readonly ids: readonly number[]
  readonly keys: readonly string[]
}

/** Registers one user and so many devices over the public API. */
export async function registerDevices(url: string, count: number): Promise<RegisteredDevices> {
  const client = httpClient(url, { connections: AT_ONCE, timeoutMs: 30_000 })
  const account = { username: 'bench', email: 'bench@example.org', password: 'bench password' }
  const user = await client.call({ method: 'POST', path: '/api/v1/auth/register', body: account })
  const headers = { 'x-user-id': (user.body as { user: { user_id: string } }).user.user_id }
  const ids: number[] = []
  const keys: string[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      const body = { name: `bench-${String(index).padStart(6, '0')}`, device_type: 'climate' }
      const answer = await client.call({ method: 'POST', path: '/api/v1/devices/register', headers, body })
      if (answer.status !== 201) throw new Error(`device ${index} was not registered: ${answer.status}`)
      const { device } = answer.body as { device: { id: number; api_key: string } }
      ids[index] = device.id
      keys[index] = device.api_key
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  client.close()
  return { ids, keys }
}

/** Submissions the server has stored, all devices together. */
export async function storedSubmissions(url: string): Promise<number> {
  const answer = await fetch(`${url}/api/v1/admin/stats`, {
    headers: { authorization: `admin ${ADMIN_TOKEN}` },
  })
  const { telemetry_records: records } = (await answer.json()) as { telemetry_records?: number }
  if (typeof records !== 'number') throw new Error(`the server tells no telemetry_records: ${answer.status}`)
  return records
}
