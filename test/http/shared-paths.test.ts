import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type House, startHouse } from '../house.ts'
import { ROWS } from '../iotflow/access-rows.ts'
import { type People, populate } from '../iotflow/people.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

describe('paths that dialects share, and the ways to miss them', () => {
  let house: House
  let people: People
  before(async () => {
    house = await startHouse()
    people = await populate(house)
  })
  after(() => house.close())

  const ask = (target: string, init: RequestInit = {}) => fetch(house.url + target, init)
  /** What was answered, without what differs each time. */
  async function said(target: string, init: RequestInit = {}): Promise<string> {
    const answer = await ask(target, init)
    const text = (await answer.text()).replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z|"(memory|heap)_bytes":\d+/g, '…')
    return `${answer.status} ${text.replaceAll(/_ms":[\d.]+/g, '…').replaceAll(/seconds":\d+/g, '…')}`
  }

  /** Every path with the methods that it has. */
  function pathsWithMethods(): Map<string, Set<string>> {
    const paths = new Map<string, Set<string>>()
    for (const [name, row] of Object.entries(ROWS)) {
      const target = row.target(people)
      const methods = paths.get(target) ?? new Set()
      methods.add(name.split(' ', 1)[0] ?? '')
      paths.set(target, methods)
    }
    return paths
  }

  it('answer every method they lack with a 405 that lists what they have, before any credential', async () => {
    let asked = 0
    for (const [target, methods] of pathsWithMethods()) {
      const own = target.replace('/users/' + people.gone.id, '/users/' + people.ana.id)
      const all = new Set([...(pathsWithMethods().get(own) ?? []), ...methods])
      for (const method of METHODS.filter((name) => !all.has(name))) {
        const answer = await ask(target, { method })
        assert.equal(answer.status, 405, `${method} ${target}`)
        const allowed = answer.headers.get('allow')?.split(', ') ?? []
        const expected = all.has('GET') ? [...all, 'HEAD'] : [...all]
        assert.deepEqual(allowed.toSorted(), expected.toSorted(), target)
        assert.equal(((await answer.json()) as { error: string }).error, 'Method Not Allowed')
        asked += 1
      }
    }
    assert.ok(asked > 150, String(asked))
  })

  it('are the same with a slash at the end', async () => {
    for (const [target, methods] of pathsWithMethods()) {
      if (target === '/') continue
      for (const method of methods) {
        assert.equal(
          await said(`${target}/`, { method }),
          await said(target, { method }),
          `${method} ${target}`,
        )
      }
      assert.match(await said(`${target}//`), /^404 /, target)
    }
  })

  it('answer HEAD as GET, without a body', async () => {
    for (const target of ['/health', '/', '/status', '/api/v1/groups', '/api/v1/devices/status', '/docs']) {
      const [head, get] = [await ask(target, { method: 'HEAD' }), await ask(target)]
      assert.equal(head.status, get.status, target)
      assert.equal(head.headers.get('content-type'), get.headers.get('content-type'))
      assert.equal(await head.text(), '')
      await get.text()
    }
    assert.equal((await ask('/api/v1/telemetry', { method: 'HEAD' })).status, 405)
  })

  it('let a literal win over a parameter, for any method and whatever follows', async () => {
    const unknown = /^404 .*"Not Found"/
    assert.match(await said('/api/v1/devices/user'), unknown)
    assert.match(await said('/api/v1/devices/user/x/y'), unknown)
    assert.match(await said('/api/v1/devices/status/groups'), unknown)
    assert.match(await said('/api/v1/devices/register/status'), unknown)
    assert.match(await said('/api/v1/telemetry/user'), unknown)
    assert.match(await said('/api/v1/telemetry/status/latest'), unknown)
    assert.match(await said('/api/v1/telemetry/user/latest/x'), unknown)
    assert.match(await said('/api/v1/telemetry/status', { method: 'DELETE' }), /^405 /)
    assert.match(await said('/api/v1/devices/register'), /^405 /)
    assert.match(await said('/api/v1/admin/devices/statuses', { method: 'PUT' }), /^405 /)
    assert.match(await said('/api/v1/admin/devices/statuses/status', { method: 'PUT' }), unknown)
    // Always iotflow's `user/{user_id}`, whatever the last segment looks like.
    for (const name of ['status', 'groups', 'labels', 'history']) {
      assert.match(await said(`/api/v1/devices/user/${name}`), /^401 .*X-User-ID header required/)
    }
    assert.match(await said('/api/v1/telemetry/user/latest'), /^401 .*X-User-ID header required/)
    assert.match(await said('/api/v1/telemetry/user/aggregated'), /^401 /)
  })

  it('know only positive integers as ids', async () => {
    const headers = { 'x-api-key': people.device.key, 'x-user-id': people.ana.id }
    for (const id of [
      'one',
      '-1',
      '1.0',
      '1e1',
      '0x1',
      '+1',
      '%201',
      '1%00',
      '9'.repeat(20),
      '%F0%9F%98%80',
    ]) {
      assert.match(await said(`/api/v1/telemetry/${id}`, { headers }), /^404 /, id)
      assert.match(await said(`/api/v1/groups/${id}`, { headers }), /^404 .*resource was not found/, id)
    }
  })

  it('give every answer an id of its own, and the security headers', async () => {
    const ids = new Set<string | null>()
    const post = (target: string, headers: Record<string, string>) =>
      ask(target, { method: 'POST', headers, body: '{"data":{"t":1}}' })
    const key = { 'x-api-key': people.device.key }
    const answers = await Promise.all([
      ask('/health'),
      ask('/nothing'),
      ask('/api/v1/groups'),
      post('/api/v1/telemetry', key),
      post('/api/v1/telemetry', {}),
      post('/api/v1/telemetry?a=b', key),
      post('/api/v1/telemetry', { ...key, origin: 'https://app.example.org' }),
    ])
    for (const answer of answers) {
      ids.add(answer.headers.get('x-request-id'))
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
      assert.equal(answer.headers.get('content-security-policy'), "default-src 'self'")
      assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
    }
    assert.equal(ids.size, answers.length)
    assert.equal(answers.at(-1)?.headers.get('access-control-allow-origin'), 'https://app.example.org')
  })

  it('answer a submission the same on the short way and on the general way', async () => {
    const bodies = ['{"data":{"t":1},"timestamp":5}', '{"data":{}}', '{', '{}', '{"data":{"t":1e999}}', '']
    for (const body of bodies) {
      for (const key of [people.device.key, 'unknown', '']) {
        const init = { method: 'POST', headers: { 'x-api-key': key }, body }
        const short = await said('/api/v1/telemetry', init)
        for (const target of ['/api/v1/telemetry?x', '/api/v1/telemetry/', '/api/v1/telem%65try']) {
          assert.equal(await said(target, init), short, target)
        }
        const chunked = { ...init, body: new Blob([body]).stream(), duplex: 'half' }
        assert.equal(await said('/api/v1/telemetry', chunked as RequestInit), short, 'chunked')
      }
    }
  })

  it('show the document and its pages with nothing from elsewhere', async () => {
    const document = await (await ask('/openapi.json')).text()
    for (const target of ['/api/v1/openapi.json', '/apispec.json']) {
      assert.equal(await (await ask(target)).text(), document)
    }
    assert.equal((JSON.parse(document) as { openapi: string }).openapi, '3.1.0')
    for (const page of ['/docs', '/redoc']) {
      const answer = await ask(page)
      assert.match(answer.headers.get('content-type') ?? '', /^text\/html/)
      const html = await answer.text()
      assert.doesNotMatch(html, /https?:\/\//)
      const needs = [...html.matchAll(/(?:src|href|spec-url)="(\/[^"]*)"/g)].map(([, target]) => target ?? '')
      assert.ok(needs.length > 0)
      for (const target of needs) assert.equal((await ask(target)).status, 200, target)
    }
  })
})

describe('with the user id header switched off', () => {
  it('only the bearer opens user routes', async (t) => {
    const house = await startHouse()
    const { ana } = await populate(house)
    const off = await house.restart({ USER_ID_HEADER: 'off' })
    t.after(() => off.close())
    const status = async (target: string, headers: Record<string, string>) =>
      (await fetch(off.url + target, { headers })).status
    const bearer = { authorization: `Bearer ${ana.token}` }
    const [own, groups] = [`/api/v1/users/${ana.id}`, '/api/v1/groups']
    assert.equal(await status(own, { 'x-user-id': ana.id }), 401)
    assert.equal(await status(groups, { 'x-user-id': ana.id }), 401)
    assert.equal(await status(own, bearer), 200)
    assert.equal(await status(groups, { ...bearer, 'x-user-id': 'nonsense' }), 200)
  })
})
