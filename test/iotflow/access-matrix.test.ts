import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type House, startHouse } from '../house.ts'
import { ROWS, type Row } from './access-rows.ts'
import { type People, call, populate } from './people.ts'

const NOBODY = '0'.repeat(32)
const ADMIN_ABSENT = { error: 'Admin token required' }
const ADMIN_WRONG = { error: 'Invalid admin token' }

/** One kind of credential on one route, and the refusal that the contract wants. */
interface Case {
  readonly name: string
  readonly headers: Record<string, string>
  readonly target?: string
  readonly status: number
  readonly body: unknown
}

const key = (value: string) => ({ 'x-api-key': value })
const user = (value: string) => ({ 'x-user-id': value })
const bearer = (value: string) => ({ authorization: `Bearer ${value}` })
const admin = (value: string) => ({ authorization: `admin ${value}` })

function keyCases(row: Row, people: People): Case[] {
  const { texts } = row
  const [status, body] = texts.unknown ?? [0, null]
  const absent = { status: 401, body: texts.absent }
  const unknown = { status, body }
  const cases: Case[] = [
    { name: 'no key', headers: {}, ...absent },
    { name: 'an empty key', headers: key(''), ...absent },
    { name: 'a key of the wrong length', headers: key('short'), ...unknown },
    { name: 'an unknown key', headers: key(NOBODY), ...unknown },
    { name: 'the key of a deleted device', headers: key(people.deadKey), ...unknown },
    { name: 'a key in other letters', headers: key(swapCase(people.device.key)), ...unknown },
    { name: "a user's id as key", headers: key(people.ana.id), ...unknown },
    { name: "a user's id in its own header", headers: user(people.ana.id), ...absent },
    { name: "a user's bearer", headers: bearer(people.ana.token), ...absent },
    { name: "the operator's token", headers: admin(people.operator), ...absent },
  ]
  if (texts.maintenance !== undefined) {
    const headers = key(people.repaired.key)
    cases.push({ name: 'a device in maintenance', headers, status: 403, body: texts.maintenance })
  }
  return cases
}

const swapCase = (text: string): string =>
  text.replaceAll(/[a-z]/gi, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()))

function ownKeyCases(row: Row, people: People): Case[] {
  const foreign = { status: 403, body: row.texts.foreign }
  return [
    ...keyCases(row, people),
    { name: "another device's key", headers: key(people.other.key), ...foreign },
    {
      name: 'a device that does not exist',
      headers: key(people.device.key),
      target: row.target(people).replace(`/${people.device.id}`, '/999999'),
      ...foreign,
    },
  ]
}

function userCases(row: Row, people: People): Case[] {
  const { texts } = row
  const [status, body] = texts.unknown ?? [0, null]
  const absent = { status: 401, body: texts.absent }
  const unknown = { status, body }
  const cases: Case[] = [
    { name: 'no user', headers: {}, ...absent },
    { name: 'an empty id', headers: user(''), ...absent },
    { name: 'a malformed id', headers: user('ana'), ...unknown },
    { name: 'an unknown id', headers: user(NOBODY), ...unknown },
    { name: 'an id in capitals', headers: user(people.ana.id.toUpperCase()), ...unknown },
    { name: 'a deactivated user', headers: user(people.gone.id), ...unknown },
    { name: "a deactivated user's bearer", headers: bearer(people.gone.token), ...unknown },
    { name: 'a malformed bearer', headers: bearer('a.b.c'), ...absent },
    { name: 'a forged bearer', headers: bearer(forged(people.ana.token)), ...absent },
    {
      name: 'a bad id beside a good bearer',
      headers: { ...user(NOBODY), ...bearer(people.ana.token) },
      ...unknown,
    },
    { name: "a device's key", headers: key(people.device.key), ...absent },
    { name: "the operator's token", headers: admin(people.operator), ...absent },
  ]
  if (texts.foreign !== undefined) {
    const foreign = { status: 403, body: texts.foreign }
    cases.push(
      { name: 'another user', headers: user(people.ben.id), ...foreign },
      { name: "another user's bearer", headers: bearer(people.ben.token), ...foreign },
    )
  }
  if (row.missing !== undefined) {
    const target = row.missing(people)
    const missing = { status: 404, body: texts.gone?.('999999') }
    cases.push({ name: 'something that does not exist', headers: user(people.ben.id), target, ...missing })
  }
  return cases
}

/** A token whose payload was changed and whose signature was not. */
function forged(token: string): string {
  const [head, , signature] = token.split('.')
  const payload = Buffer.from(JSON.stringify({ uid: 1, sub: '1', exp: 9999999999 })).toString('base64url')
  return `${head}.${payload}.${signature}`
}

function accountCases(row: Row, people: People): Case[] {
  const { texts } = row
  const absent = { status: 401, body: texts.absent }
  const foreign = { status: 403, body: texts.foreign }
  const inPath = (id: string) => row.target(people).replace(people.ana.id, id)
  const gone = { status: 404, body: texts.gone?.(NOBODY), target: inPath(NOBODY) }
  const [status, body] = texts.unknown ?? [0, null]
  const inactive = { status, body, target: inPath(people.gone.id) }
  return [
    { name: 'nobody', headers: {}, ...absent },
    { name: 'an empty id', headers: user(''), ...absent },
    { name: 'a wrong operator token alone', headers: admin('wrong'), ...absent },
    {
      name: 'a malformed operator header',
      headers: { authorization: `Admin ${people.operator}` },
      ...absent,
    },
    { name: 'a malformed bearer', headers: bearer('a.b.c'), ...absent },
    { name: "a device's key", headers: key(people.device.key), ...absent },
    { name: 'another user', headers: user(people.ben.id), ...foreign },
    { name: "another user's bearer", headers: bearer(people.ben.token), ...foreign },
    { name: 'an unknown user', headers: user(NOBODY), ...foreign },
    { name: "another's unknown id", headers: user(people.ana.id), ...foreign, target: inPath(NOBODY) },
    {
      name: 'a bad id beside a good bearer',
      headers: { ...user(NOBODY), ...bearer(people.ana.token) },
      ...foreign,
    },
    { name: 'an unknown id in both places', headers: user(NOBODY), ...gone },
    { name: 'an unknown id, asked by the operator', headers: admin(people.operator), ...gone },
    { name: 'a deactivated user', headers: user(people.gone.id), ...inactive },
    { name: "a deactivated user's bearer", headers: bearer(people.gone.token), ...inactive },
  ]
}

function operatorCases(_row: Row, people: People): Case[] {
  const absent = { status: 401, body: ADMIN_ABSENT }
  const wrong = { status: 403, body: ADMIN_WRONG }
  const raw = (authorization: string) => ({ authorization })
  return [
    { name: 'nothing', headers: {}, ...absent },
    { name: 'another scheme', headers: bearer(people.operator), ...absent },
    { name: 'the scheme in capitals', headers: raw(`ADMIN ${people.operator}`), ...absent },
    { name: 'the scheme with a capital', headers: raw(`Admin ${people.operator}`), ...absent },
    { name: 'the bare token', headers: raw(people.operator), ...absent },
    { name: 'the scheme alone', headers: raw('admin'), ...absent },
    { name: 'a wrong token', headers: admin('wrong'), ...wrong },
    { name: 'a token in other letters', headers: admin(swapCase(people.operator)), ...wrong },
    { name: 'a second blank', headers: admin(` ${people.operator}`), ...wrong },
    { name: 'a part of the token', headers: admin(people.operator.slice(0, -1)), ...wrong },
    { name: 'more than the token', headers: admin(`${people.operator}x`), ...wrong },
    { name: "a user's bearer", headers: bearer(people.ana.token), ...absent },
    { name: "a user's bearer as token", headers: admin(people.ana.token), ...wrong },
    { name: "a user's id", headers: user(people.ana.id), ...absent },
    { name: "a device's key", headers: key(people.device.key), ...absent },
  ]
}

const CASES: Readonly<Record<Row['who'], (row: Row, people: People) => Case[]>> = {
  P: () => [],
  K: keyCases,
  'K=': ownKeyCases,
  U: userCases,
  'U=': accountCases,
  A: operatorCases,
}

/** Every credential that opens a route. */
function goodHeaders(row: Row, people: People): [string, Record<string, string>][] {
  const byUser: [string, Record<string, string>][] = [
    ["the user's id", user(people.ana.id)],
    ["the user's bearer", bearer(people.ana.token)],
  ]
  const byKey: [string, Record<string, string>][] = [['the key', key(people.device.key)]]
  switch (row.who) {
    case 'P':
      return [
        ['nothing', {}],
        ['nonsense', { ...key(NOBODY), ...user(NOBODY), ...admin('wrong') }],
      ]
    case 'K':
      return [...byKey, ['the key of a deactivated user', key(people.orphan.key)]]
    case 'K=':
      return byKey
    case 'U':
      return byUser
    case 'U=':
      return [
        ...byUser,
        ["the operator's token", admin(people.operator)],
        ['a wrong operator token beside the id', { ...user(people.ana.id), ...admin('wrong') }],
      ]
    case 'A':
      return [["the operator's token", admin(people.operator)]]
  }
}

describe('who may use which iotflow route', () => {
  let house: House
  let people: People
  before(async () => {
    house = await startHouse()
    people = await populate(house)
  })
  after(() => house.close())

  const request = (name: string, row: Row, over: Partial<Case>) => ({
    method: name.split(' ', 1)[0] ?? '',
    target: over.target ?? row.target(people),
    headers: over.headers ?? {},
    ...(row.body === undefined ? {} : { body: row.body(people) }),
  })

  it('has a row for every route, and no row without one', async () => {
    const { body } = await call(house, { method: 'GET', target: '/openapi.json' })
    const { paths } = body as { paths: Record<string, Record<string, { security?: object[] }>> }
    const found = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    assert.deepEqual(found.toSorted(), Object.keys(ROWS).toSorted())
    assert.equal(found.length, 44)
    for (const [name, { who }] of Object.entries(ROWS)) {
      const [method = '', path = ''] = name.split(' ')
      const security = paths[path]?.[method.toLowerCase()]?.security ?? []
      assert.deepEqual(security.flatMap(Object.keys), SCHEMES[who], name)
    }
  })

  const SCHEMES: Readonly<Record<Row['who'], string[]>> = {
    P: [],
    K: ['apiKey'],
    'K=': ['apiKey'],
    U: ['userId', 'bearer'],
    'U=': ['userId', 'bearer', 'operator'],
    A: ['operator'],
  }

  /** Everything the operator can see, and what the devices reported. */
  async function everything(): Promise<string> {
    const see = async (target: string, headers: Record<string, string> = admin(people.operator)) =>
      JSON.stringify((await call(house, { method: 'GET', target, headers })).body)
    const stats = await see('/api/v1/admin/stats')
    return [
      await see('/api/v1/users'),
      await see('/api/v1/admin/devices'),
      await see('/api/v1/groups?include_devices=true', user(people.ana.id)),
      await see(`/api/v1/telemetry/user/${people.ana.id}`),
      stats.replace(/"timestamp":"[^"]*"/, ''),
    ].join('\n')
  }

  it('refuses every other credential in the words of the contract, and nothing changes', async (t) => {
    const unchanged = await everything()
    let asked = 0
    for (const [name, row] of Object.entries(ROWS)) {
      await t.test(name, async () => {
        for (const wanted of CASES[row.who](row, people)) {
          const got = await call(house, request(name, row, wanted))
          assert.deepEqual(got, { status: wanted.status, body: wanted.body }, `with ${wanted.name}`)
          asked += 1
        }
      })
    }
    assert.ok(asked > 450, `${asked} requests`)
    assert.equal(await everything(), unchanged)
  })

  it('lets in who may', async (t) => {
    const rows = Object.entries(ROWS).sort(([, a], [, b]) => (a.destructive ?? 0) - (b.destructive ?? 0))
    for (const [name, row] of rows) {
      await t.test(name, async () => {
        const ways = goodHeaders(row, people)
        for (const [way, headers] of row.destructive !== undefined ? ways.slice(0, 1) : ways) {
          const { status, body } = await call(house, request(name, row, { headers }))
          const again = status === 409 || (status === 404 && name.startsWith('DELETE'))
          assert.ok(status === row.good || again, `with ${way}: ${status} ${JSON.stringify(body)}`)
        }
      })
    }
  })
})
