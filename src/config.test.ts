import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SETTINGS, type SettingKey } from './config/settings.ts'
import { ConfigError, isLoopback, loadConfig, registryUrl, type Environment } from './config.ts'

const GOOD = 'k3Jq9-vXw2LmZp7Rt5Yb'

function refused(environment: Environment, words: RegExp): void {
  assert.throws(
    () => loadConfig(environment),
    (error) => {
      assert.ok(error instanceof ConfigError, String(error))
      assert.match(error.message, words)
      assert.doesNotMatch(error.message, /\n/)
      return true
    },
  )
}

describe('settings', () => {
  it('has the documented defaults', () => {
    const config = loadConfig({})
    assert.deepEqual([...config.ports], [8000])
    assert.equal(config.host, '127.0.0.1')
    assert.equal(config.exposed, false)
    assert.equal(config.bodyLimit, 1_048_576)
    assert.equal(config.accessTokenMinutes, 1440)
    assert.equal(config.demoUser, 'admin')
    assert.equal(config.corsOrigins, '*')
    assert.equal(config.adminToken, null)
    assert.equal(config.origins.adminToken.from, 'generated')
    assert.equal(config.origins.ports.from, 'default')
  })

  it('takes its own default for every setting that has one', () => {
    for (const { kind, default: given } of Object.values(SETTINGS)) {
      if (given !== null) assert.notEqual(kind.parse(given), undefined)
    }
  })

  it('has every name once', () => {
    const names = Object.values(SETTINGS).flatMap(({ name, aliases }) => [name, ...aliases])
    assert.equal(new Set(names).size, names.length)
  })

  it('is frozen', () => {
    assert.ok(Object.isFrozen(loadConfig({})))
  })

  it('reads several ports, aliases and words for on and off', () => {
    const config = loadConfig({
      API_PORT: '8000, 5000',
      API_HOST: 'localhost',
      USER_ID_HEADER: 'OFF',
      LOG_LEVEL: 'WARN',
    })
    assert.deepEqual([...config.ports], [8000, 5000])
    assert.deepEqual([config.host, config.userIdHeader, config.logLevel], ['localhost', false, 'warn'])
    assert.deepEqual(config.origins.ports, { from: 'environment', name: 'API_PORT', text: '8000, 5000' })
  })

  it('takes an empty text for a missing one, except where it turns something off', () => {
    const config = loadConfig({ PORT: '', ADMIN_TOKEN: '', DEMO_USER: '', CORS_ORIGINS: '' })
    assert.deepEqual([...config.ports], [8000])
    assert.equal(config.adminToken, null)
    assert.equal(config.demoUser, null)
    assert.deepEqual(config.corsOrigins, [])
  })

  it('lets the environment win over .env, whatever the names', () => {
    const config = loadConfig({ API_PORT: '9000' }, { PORT: '7000', LOG_LEVEL: 'debug' })
    assert.deepEqual([...config.ports], [9000])
    assert.equal(config.origins.logLevel.from, '.env')
    assert.equal(config.logLevel, 'debug')
  })
})

describe('a wrong setting', () => {
  const wrong: [name: string, text: string, takes: RegExp][] = [
    ['PORT', 'http', /a port from 0 to 65535/],
    ['PORT', '65536', /a port/],
    ['PORT', '8000,8000', /a port/],
    ['PORT', '-1', /a port/],
    ['PORT', '80.5', /a port/],
    ['HOST', 'http://example.org', /host name, without a port/],
    ['HOST', '127.0.0.1:80', /host name/],
    ['HOST', '999.1.1.1', /host name/],
    ['EXPOSED', 'maybe', /on or off/],
    ['EXPOSED', 'constructor', /on or off/],
    ['DATABASE_URL', 'sqlite:///', /sqlite:\/\/\//],
    ['DB_URL', 'mysql://x/y', /sqlite:\/\/\//],
    ['ADMIN_TOKEN', 'two words', /without blanks/],
    ['ACCESS_TOKEN_EXPIRE_MINUTES', '0', /from 1 to/],
    ['REGISTRATION', 'off', /open, closed/],
    ['CORS_ORIGINS', 'example.org', /origins like/],
    ['CORS_ORIGINS', 'https://example.org/path', /origins like/],
    ['LOG_LEVEL', 'loud', /trace, debug/],
    ['BODY_LIMIT', '1MB', /whole number of bytes/],
    ['BODY_LIMIT', '99999999999', /from 1024 to/],
    ['LOG_RETENTION_DAYS', '-1', /whole number of days/],
    ['RETENTION_DAYS', '1.5', /whole number of days/],
  ]
  for (const [name, text, takes] of wrong) {
    it(`${name}=${text} is refused by its name`, () => {
      refused({ [name]: text }, takes)
      refused({ [name]: text }, new RegExp(`^${name}: `))
    })
  }

  it('says that postgresql:// is not served yet, without the password', () => {
    refused({ DATABASE_URL: 'postgresql://joe:pass@word@db/x' }, /postgresql:\/\/\*\*\*@db.*not served yet/)
    assert.throws(
      () => loadConfig({ DATABASE_URL: 'postgresql://joe:pass@word@db/x' }),
      (error: Error) => !/joe|pass|word@/.test(error.message),
    )
  })

  it('never shows a secret', () => {
    refused({ ADMIN_TOKEN: 'hush hush' }, /^ADMIN_TOKEN: its value can't be used/)
  })
})

describe('one setting under two names', () => {
  it('is refused with two values, naming both', () => {
    refused({ PORT: '1', API_PORT: '2' }, /PORT and API_PORT/)
    refused({ DATABASE_URL: 'sqlite:///a', DB_URL: 'sqlite:///b' }, /DATABASE_URL and DB_URL/)
  })

  it('is taken with one value', () => {
    assert.deepEqual([...loadConfig({ PORT: '5', API_PORT: '5' }).ports], [5])
  })

  it("leaves the operator's tokens and the signing keys their own values", () => {
    const config = loadConfig({
      ADMIN_TOKEN: 'a',
      IOTFLOW_ADMIN_TOKEN: 'b',
      NBIOT_ADMIN_KEY: 'c',
      JWT_SECRET: 'd',
      SECRET_KEY: 'e',
    })
    assert.deepEqual(
      [config.adminToken, config.iotflowAdminToken, config.nbiotAdminKey, config.jwtSecret, config.secretKey],
      ['a', 'b', 'c', 'd', 'e'],
    )
  })
})

describe('an exposed server', () => {
  it('is one that listens beyond loopback, or says so', () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org', '128.0.0.1']) {
      assert.equal(loadConfig({ HOST: host }).exposed, true, host)
    }
    for (const host of ['127.0.0.1', '127.8.8.8', '::1', '[::1]', 'LocalHost']) {
      assert.equal(loadConfig({ HOST: host }).exposed, false, host)
    }
    assert.equal(loadConfig({ EXPOSED: 'true' }).exposed, true)
    assert.equal(isLoopback('127.0.0.1.example.org'), false)
  })

  it('refuses weak secrets under each of their names', () => {
    for (const name of [
      'ADMIN_TOKEN',
      'IOTFLOW_ADMIN_TOKEN',
      'NBIOT_ADMIN_KEY',
      'JWT_SECRET',
      'SECRET_KEY',
    ]) {
      for (const weak of [
        'test',
        'admin123',
        'fifteen-letters',
        'testtesttesttesttest',
        'aaaaaaaaaaaaaaaaaaaa',
      ]) {
        refused({ HOST: '0.0.0.0', [name]: weak }, new RegExp(`^${name}: too weak`))
        refused({ EXPOSED: 'yes', [name]: weak }, /at least 16 characters/)
      }
      assert.ok(loadConfig({ HOST: '0.0.0.0', [name]: GOOD }).exposed)
      assert.equal(loadConfig({ [name]: 'test' }).exposed, false)
    }
  })

  it('has no demo user, and refuses one', () => {
    assert.equal(loadConfig({ HOST: '::' }).demoUser, null)
    assert.equal(loadConfig({ HOST: '::', DEMO_USER: '' }).demoUser, null)
    refused({ HOST: '::', DEMO_USER: 'visitor' }, /^DEMO_USER: .*refused/)
    refused({ EXPOSED: 'on', DEMO_PASS: GOOD }, /^DEMO_PASS: .*refused/)
  })
})

describe('the database', () => {
  it('stands in the data folder, or where its URL says', () => {
    assert.equal(registryUrl(loadConfig({}), '/var/data'), 'sqlite:///var/data/registry.db')
    assert.equal(registryUrl(loadConfig({ DB_URL: 'sqlite:////srv/a b.db' }), '/x'), 'sqlite:///srv/a%20b.db')
    const relative = registryUrl(loadConfig({ DB_URL: 'sqlite:///app.db' }), '/x')
    assert.equal(relative, `sqlite://${encodeURI(`${process.cwd()}/app.db`)}`)
  })
})

it('knows a source for every setting', () => {
  const { origins } = loadConfig({})
  for (const key of Object.keys(SETTINGS) as SettingKey[]) assert.ok(origins[key].name)
})
