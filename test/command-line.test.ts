import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { SETTINGS } from '../src/config/settings.ts'
import { command, scratch, type Outcome } from './command-run.ts'
import { startServer } from './server-process.ts'

function refuses({ status, stdout, stderr }: Outcome, words: RegExp, code = 1): void {
  assert.match(stderr, words)
  assert.match(stderr, /^sensorium: [^\n]+\n$/, 'one line')
  assert.equal(stdout, '')
  assert.equal(status, code)
}

describe('help', () => {
  it('names every command, and each has a page of its own', () => {
    const { status, stdout } = command(['--help'])
    assert.equal(status, 0)
    for (const name of ['serve', 'simulate', 'admin', 'config']) {
      assert.match(stdout, new RegExp(`^  ${name} `, 'm'))
      const page = command([name, '--help'])
      assert.equal(page.status, 0)
      assert.match(page.stdout, /^sensorium /)
      assert.deepEqual(command(['help', name]), page)
    }
  })

  it('says the version', () => assert.match(command(['--version']).stdout, /^\d+\.\d+\.\d+\n$/))

  it('refuses what it does not know, with exit code 2', () => {
    refuses(command(['frobnicate']), /no command "frobnicate"; there are serve, simulate, admin, config/, 2)
    refuses(command(['help', 'frobnicate']), /no command/, 2)
    refuses(command(['--port', '8000']), /Unknown option '--port'/, 2)
    refuses(command(['serve', 'now']), /Unexpected argument 'now'/, 2)
    refuses(command(['config', '--json']), /Unknown option/, 2)
    refuses(command(['admin', 'destroy']), /admin create EMAIL USERNAME PASSWORD/, 2)
    refuses(command(['admin', 'create', 'a@example.org', 'a']), /admin create EMAIL USERNAME PASSWORD/, 2)
  })
})

describe('config', () => {
  it('prints every setting with its meaning', () => {
    const { status, stdout } = command(['config'])
    assert.equal(status, 0)
    for (const { name, aliases } of Object.values(SETTINGS)) {
      assert.match(stdout, new RegExp(`^${[name, ...aliases].join(', ')} = `, 'm'))
    }
    assert.match(stdout, /^PORT, API_PORT = 8000 {4}\[default\]$/m)
    assert.match(stdout, /^ADMIN_TOKEN = .* {4}\[generated\]$/m)
  })

  it('masks secrets and names sources, .env among them', () => {
    const cwd = scratch()
    writeFileSync(join(cwd, '.env'), '# mine\nLOG_LEVEL=warn\nPORT=1\nADMIN_TOKEN="from-the-file"\n')
    const { stdout } = command(['config'], { API_PORT: '9000', JWT_SECRET: 'from-the-shell' }, cwd)
    assert.match(stdout, /^PORT, API_PORT = 9000 {4}\[environment: API_PORT\]$/m)
    assert.match(stdout, /^LOG_LEVEL = warn {4}\[\.env: LOG_LEVEL\]$/m)
    assert.match(stdout, /^ADMIN_TOKEN = \*{8} {4}\[\.env: ADMIN_TOKEN\]$/m)
    assert.match(stdout, /^JWT_SECRET = \*{8} {4}\[environment: JWT_SECRET\]$/m)
    assert.doesNotMatch(stdout, /from-the/)
  })

  it('names a wrong setting', () => {
    refuses(command(['config'], { PORT: 'x' }), /PORT: "x" can't be used; it takes a port/)
  })

  it('refuses a .env that can’t be read', () => {
    const cwd = scratch()
    mkdirSync(join(cwd, '.env'))
    refuses(command(['config'], {}, cwd), /\.env: the file can't be read/)
  })
})

describe('serve does not start', () => {
  const start = (settings: Record<string, string>) =>
    command(['serve'], { PORT: '0', LOG_LEVEL: 'silent', ...settings })

  it('with a wrong setting, and leaves no folder behind', () => {
    const folder = join(scratch(), 'data')
    refuses(start({ DATA_DIR: folder, BODY_LIMIT: 'big' }), /BODY_LIMIT: "big"/)
    refuses(start({ DATA_DIR: folder, PORT: '1', API_PORT: '2' }), /PORT and API_PORT are one setting/)
    refuses(start({ DATA_DIR: folder, HOST: '0.0.0.0', ADMIN_TOKEN: 'test' }), /ADMIN_TOKEN: too weak/)
    refuses(start({ DATA_DIR: folder, DATABASE_URL: 'postgresql://db/x' }), /not served yet/)
    assert.throws(() => mkdirSync(join(folder, 'x')), /ENOENT/)
  })

  it('on a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? String(address?.port) : ''
    refuses(
      start({ DATA_DIR: join(scratch(), 'data'), PORT: port }),
      new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken by another program`),
    )
    server.close()
  })

  it('on an address that is not this machine’s', () => {
    refuses(
      start({ DATA_DIR: join(scratch(), 'data'), HOST: '192.0.2.1', USER_ID_HEADER: 'off' }),
      /192\.0\.2\.1 is not an address of this machine/,
    )
  })

  it('in a folder that it can’t write', () => {
    const file = join(scratch(), 'file')
    writeFileSync(file, '')
    refuses(start({ DATA_DIR: file }), /data folder .* can't be used/)
    refuses(start({ DATA_DIR: join(file, 'below') }), /can't be used/)
    refuses(start({ DATA_DIR: '/proc/nowhere' }), /can't be used/)
  })

  it('beside another process on the same folder, which goes on', async () => {
    const folder = join(scratch(), 'data')
    const server = await startServer({ dataDir: folder })
    refuses(start({ DATA_DIR: folder }), /is in use by another process/)
    refuses(command(['admin', 'create', 'a@example.org', 'a', 'word'], { DATA_DIR: folder }), /is in use/)
    assert.equal((await fetch(`${server.url}/health`)).status, 200)
    await server.end()
  })

  it('on data of a newer version, which stay as they are', () => {
    const folder = join(scratch(), 'data')
    assert.equal(command(['admin', 'create', 'a@example.org', 'a', 'word'], { DATA_DIR: folder }).status, 0)

    writeFileSync(join(folder, 'format'), '999\n')
    refuses(start({ DATA_DIR: folder }), /newer version \(format 999/)
    writeFileSync(join(folder, 'format'), '1\n')

    change(
      join(folder, 'registry.db'),
      "INSERT INTO schema_migrations (name, applied_at) VALUES ('9999-later', 0)",
    )
    refuses(start({ DATA_DIR: folder }), /registry was written by a newer version .*9999-later/)
    change(join(folder, 'registry.db'), "DELETE FROM schema_migrations WHERE name = '9999-later'")
  })

  it('on a telemetry file of a newer version', async () => {
    const folder = join(scratch(), 'data')
    const server = await startServer({ dataDir: folder })
    await server.end()
    change(join(folder, 'telemetry.db'), "UPDATE meta SET value = 999 WHERE name = 'format'")
    refuses(start({ DATA_DIR: folder }), /newer|version/)
  })
})

function change(file: string, sql: string): void {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}

describe('admin create', () => {
  it('makes a superuser once', () => {
    const settings = { DATA_DIR: join(scratch(), 'data') }
    const make = (...words: string[]) => command(['admin', 'create', ...words], settings)
    assert.match(make('a@example.org', 'ann', 'word').stdout, /^superuser ann made \(id 1\)\n$/)
    const again = make('A@example.org', 'other', 'word')
    assert.equal(again.status, 0)
    assert.match(again.stdout, /exists already \(user ann\); nothing was changed/)
    refuses(make('b@example.org', 'ann', 'word'), /user name already/)
    refuses(make('no-address', 'bob', 'word'), /email/)
    refuses(make('c@example.org', 'x'.repeat(81), 'word'), /username/)
  })
})
