import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type House, startHouse } from '../house.ts'
import { type KeyedDevice, type Person, addDevice, addPerson, call } from './people.ts'

const RECORDS = 12_000
const FIRST = Date.UTC(2025, 0, 1)
const STEP = 1000

describe('answers too long for one piece', () => {
  let house: House
  let ana: Person
  let device: KeyedDevice
  before(async () => {
    house = await startHouse()
    ana = await addPerson(house, 'ana')
    device = await addDevice(house, ana, 'station')
    let next = 0
    const post = async () => {
      for (let n = next++; n < RECORDS; n = next++) {
        const { status } = await call(house, {
          method: 'POST',
          target: '/api/v1/telemetry',
          headers: { 'x-api-key': device.key },
          body: { data: { temperature: n, note: `record number ${n}` }, timestamp: FIRST + n * STEP },
        })
        assert.equal(status, 201)
      }
    }
    await Promise.all(Array.from({ length: 32 }, post))
  })
  after(() => house.close())

  const ask = async <T>(target: string) => {
    const answer = await fetch(house.url + target, { headers: { 'x-api-key': device.key } })
    assert.equal(answer.status, 200)
    return {
      body: (await answer.json()) as T,
      chunked: answer.headers.get('transfer-encoding') === 'chunked',
    }
  }

  it('stream 10,000 records, newest first, none twice', async () => {
    const { body, chunked } = await ask<{
      count: number
      data: { timestamp: string; temperature: number }[]
    }>(`/api/v1/telemetry/${device.id}?start_time=2025-01-01&limit=20000`)
    assert.ok(chunked)
    assert.equal(body.count, 10_000)
    assert.deepEqual(
      body.data.map(({ temperature }) => temperature),
      Array.from({ length: 10_000 }, (_, n) => RECORDS - 1 - n),
    )
    assert.ok(body.data.every((one) => Date.parse(one.timestamp) === FIRST + one.temperature * STEP))
  })

  it('sum up small windows over half a century, across slices and gaps', async () => {
    await call(house, {
      method: 'POST',
      target: '/api/v1/telemetry',
      headers: { 'x-api-key': device.key },
      body: { data: { temperature: -1 }, timestamp: '1975-06-01T00:00:00.5Z' },
    })
    const { body } = await ask<{
      count: number
      data: { timestamp: string; value: number; count: number }[]
    }>(`/api/v1/telemetry/${device.id}/aggregated?window=1s&aggregation=sum&start_time=1970-01-01`)
    assert.equal(body.count, RECORDS + 1)
    assert.equal(body.data.length, RECORDS + 1)
    assert.deepEqual(body.data.at(-1), { timestamp: '1975-06-01T00:00:00.000Z', value: -1, count: 1 })
    const expected = Array.from({ length: RECORDS }, (_, n) => RECORDS - 1 - n)
    assert.deepEqual(
      body.data.slice(0, -1).map(({ value }) => value),
      expected,
    )
  })

  it('count everything of a user, and show what was asked for', async () => {
    const { status, body } = await call(house, {
      method: 'GET',
      target: `/api/v1/telemetry/user/${ana.id}?start_time=2025-01-01&limit=5000`,
      headers: { 'x-user-id': ana.id },
    })
    assert.equal(status, 200)
    const { count, total_count: total, limit } = body as Record<string, number>
    assert.deepEqual({ count, total, limit }, { count: 1000, total: 2 * RECORDS, limit: 1000 })
  })

  it('show a group of more devices than are read at a time, each once', async () => {
    const asAna = { 'x-user-id': ana.id }
    const ids: number[] = []
    for (let n = 0; n < 1100; n += 1) ids.push((await addDevice(house, ana, `member ${n}`)).id)
    const made = await call(house, {
      method: 'POST',
      target: '/api/v1/groups',
      headers: asAna,
      body: { name: 'all' },
    })
    const { id } = (made.body as { group: { id: number } }).group
    const target = `/api/v1/groups/${id}`
    const body = { device_ids: ids }
    const bulk = await call(house, { method: 'POST', target: `${target}/devices/bulk`, headers: asAna, body })
    assert.equal((bulk.body as { added: number }).added, 1100)
    for (const path of [target, '/api/v1/groups?include_devices=true']) {
      const { body: said } = await call(house, { method: 'GET', target: path, headers: asAna })
      const { group, groups } = said as Record<'group' | 'groups', never>
      const [shown] = [group ?? groups[0]] as { device_count: number; devices: { id: number }[] }[]
      assert.deepEqual(
        shown?.devices.map((device) => device.id),
        ids,
      )
      assert.equal(shown?.device_count, 1100)
    }
  })

  it('break off when the client leaves, and hurt nobody', async () => {
    for (let n = 0; n < 20; n += 1) {
      const leave = new AbortController()
      const target = `${house.url}/api/v1/telemetry/${device.id}?start_time=2025-01-01&limit=10000`
      const answer = await fetch(target, { headers: { 'x-api-key': device.key }, signal: leave.signal })
      await answer.body?.getReader().read()
      leave.abort()
    }
    assert.equal((await fetch(`${house.url}/health`)).status, 200)
    assert.deepEqual(
      house.log.filter((line) => line.includes('request failed')),
      [],
    )
  })
})
