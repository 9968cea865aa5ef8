export interface Told {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** A device without a simulated life, for looking at single answers. */
export interface PlainDevice {
  readonly id: number
  post(url: string, data: Readonly<Record<string, number>>): Promise<Told>
}

/** Registers a user and one device over the public API. */
export async function plainDevice(url: string): Promise<PlainDevice> {
  const account = { username: 'observer', email: 'observer@example.org', password: 'a long password' }
  const user = (await call(`${url}/api/v1/auth/register`, {}, account)).body['user'] as { user_id: string }
  const about = { name: 'observer', device_type: 'test' }
  const registered = await call(`${url}/api/v1/devices/register`, { 'x-user-id': user.user_id }, about)
  const { id, api_key: key } = registered.body['device'] as { id: number; api_key: string }
  return { id, post: (at, data) => call(`${at}/api/v1/telemetry`, { 'x-api-key': key }, { data }) }
}

async function call(url: string, headers: Readonly<Record<string, string>>, body: unknown): Promise<Told> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}
