import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startHouse } from '../house.ts'
import { openRaw } from '../raw-socket.ts'
import { addDevice, addPerson, call, populate } from './people.ts'

describe('iotflow under pressure', () => {
  it('says "busy" when the queue is full, and has stored exactly what it acknowledged', async (t) => {
    const house = await startHouse({ INGEST_QUEUE: '2' })
    t.after(() => house.close())
    const ana = await addPerson(house, 'ana')
    const { key } = await addDevice(house, ana, 'station')
    const post = (n: number) =>
      fetch(`${house.url}/api/v1/telemetry`, {
        method: 'POST',
        headers: { 'x-api-key': key },
        body: JSON.stringify({ data: { n }, timestamp: 1_700_000_000 + n }),
      })
    const answers = await Promise.all(Array.from({ length: 300 }, (_, n) => post(n)))
    const stored = answers.filter(({ status }) => status === 201)
    const refused = answers.filter(({ status }) => status === 503)
    assert.equal(stored.length + refused.length, 300)
    assert.ok(stored.length > 0 && refused.length > 0, `${stored.length} stored, ${refused.length} refused`)
    for (const answer of refused) {
      assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/)
      const body = { error: 'Service Unavailable', message: 'The server is busy, try again' }
      assert.deepEqual(await answer.json(), body)
    }
    const asOperator = { authorization: `admin ${house.operatorToken}` }
    const stats = await call(house, { method: 'GET', target: '/api/v1/admin/stats', headers: asOperator })
    assert.equal((stats.body as { telemetry_records: number }).telemetry_records, stored.length)
  })

  it('survives devices that leave before their answer', async (t) => {
    const house = await startHouse()
    t.after(() => house.close())
    const ana = await addPerson(house, 'ana')
    const { key } = await addDevice(house, ana, 'station')
    const body = '{"data":{"t":1}}'
    const head = `POST /api/v1/telemetry HTTP/1.1\r\nX-API-Key: ${key}\r\nContent-Length: ${body.length}\r\n\r\n`
    for (let n = 0; n < 100; n += 1) {
      const raw = await openRaw(house.url)
      raw.send(n % 2 === 0 ? head + body : head + body.slice(0, 5))
      if (n % 4 < 2) await new Promise((resolve) => setImmediate(resolve))
      raw.socket.destroy()
    }
    const absolute = await openRaw(house.url)
    absolute.send((head + body).replace('/api', `${house.url}/api`))
    absolute.finish()
    assert.match(await absolute.read(), /^HTTP\/1\.1 201 /)
    assert.equal((await fetch(`${house.url}/health`)).status, 200)
    assert.deepEqual(house.log, [])
  })

  it('refuses what is too large in its own words, and counts what it refused', async (t) => {
    const house = await startHouse({ BODY_LIMIT: '2000', MAX_METRICS: '3' })
    t.after(() => house.close())
    const ana = await addPerson(house, 'ana')
    const { key } = await addDevice(house, ana, 'station')
    const post = async (text: string) => {
      const init = { method: 'POST', headers: { 'x-api-key': key }, body: text }
      const answer = await fetch(`${house.url}/api/v1/telemetry`, init)
      return { status: answer.status, body: (await answer.json()) as unknown }
    }
    assert.deepEqual(await post(`{"data":{"t":"${'x'.repeat(3000)}"}}`), {
      status: 413,
      body: { error: 'Payload Too Large', message: 'The request body is too large' },
    })
    assert.deepEqual(await post('{"data":{"a":1,"b":2,"c":3,"d":4}}'), {
      status: 400,
      body: { error: 'Validation Error', message: 'Too many measurements: at most 3 are taken' },
    })
    const metrics = await (await fetch(`${house.url}/metrics`)).text()
    assert.match(metrics, /rejected_total\{reason="invalid_input"\} 1/)
  })

  it('stops guessing at passwords at every door, and says for how long', async (t) => {
    const house = await startHouse()
    t.after(() => house.close())
    await addPerson(house, 'ana')
    const login = (body: string, type = 'application/json') =>
      fetch(`${house.url}/api/v1/auth/login`, { method: 'POST', headers: { 'content-type': type }, body })
    const wrong = JSON.stringify({ username: 'ana', password: 'wrong' })
    for (let n = 0; n < 10; n += 1) assert.equal((await login(wrong)).status, 401)
    const right = await login(JSON.stringify({ username: 'ana', password: 'correct horse' }))
    assert.equal(right.status, 429)
    assert.ok(Number(right.headers.get('retry-after')) > 0)
    const { timestamp, ...said } = (await right.json()) as Record<string, unknown>
    assert.match(String(timestamp), /Z$/)
    assert.deepEqual(said, {
      error: 'Rate Limit Exceeded',
      message: 'Too many requests',
      path: '/api/v1/auth/login',
    })
    const form = await login('username=ana&password=correct+horse', 'application/x-www-form-urlencoded')
    assert.equal(form.status, 429)
    assert.ok(Number(form.headers.get('retry-after')) > 0)
    assert.deepEqual(Object.keys((await form.json()) as object), ['detail'])
  })

  it('lets no secret into its log, whatever goes wrong', async (t) => {
    const house = await startHouse({ LOG_LEVEL: 'trace' })
    t.after(() => house.close())
    const people = await populate(house)
    const { ana, device, operator } = people
    for (const target of [
      `/api/v1/users/${ana.id}`,
      `/api/v1/devices/user/${ana.id}`,
      `/api/v1/nowhere/${ana.id}`,
    ]) {
      const headers = { 'x-user-id': ana.id, 'x-api-key': device.key, authorization: `Bearer ${ana.token}` }
      for (const method of ['GET', 'PUT', 'DELETE']) await call(house, { method, target, headers })
    }
    const text = house.log.join('')
    for (const secret of [ana.id, ana.token, device.key, operator, 'correct horse']) {
      assert.ok(!text.includes(secret))
    }
  })
})
