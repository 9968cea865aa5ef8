import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, chownSync, rmSync, writeFileSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** A PostgreSQL server of this test run's own. */
export interface PostgresServer {
  readonly version: string
  /** Makes an empty database and answers its URL. */
  createDatabase(): Promise<string>
  /** Stops the server and removes its files. */
  stop(): Promise<void>
}

const START_TIMEOUT = 30_000

/**
 * Runs the server until its standard input ends: when the test process dies, however it dies, the pipe closes, the
 * server stops and its folder goes.
 */
const GUARDIAN = `
"$1" -D "$2/data" -p "$3" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \\
  -c fsync=off -c full_page_writes=off -c max_connections=100 -c shared_buffers=32MB \\
  >"$2/log" 2>&1 </dev/null &
server=$!
(cat >/dev/null; kill -QUIT $server) <&3 &
wait $server
rm -rf "$2"
`

/** Starts a server on an ephemeral port of 127.0.0.1; null, after a loud note, where none can be had. */
export async function startPostgres(): Promise<PostgresServer | null> {
  const binaries = findBinaries() ?? installBinaries()
  if (binaries === null) {
    skipLoudly(
      'no PostgreSQL server found (looked in /usr/lib/postgresql and PATH), and apt could not install one',
    )
    return null
  }
  const folder = mkdtempSync(join(tmpdir(), 'sensorium-postgres-'))
  try {
    return await launch(binaries, folder)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

function findBinaries(): string | null {
  const installed = ['18', '17', '16', '15']
    .map((version) => `/usr/lib/postgresql/${version}/bin`)
    .toReversed()
  const folders = [...installed, ...(process.env['PATH'] ?? '').split(delimiter)]
  return (
    folders.find((folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name)))) ?? null
  )
}

/** `SENSORIUM_TEST_APT=off` forbids it. */
function installBinaries(): string | null {
  if (process.getuid?.() !== 0 || process.env['SENSORIUM_TEST_APT'] === 'off') return null
  process.stderr.write('PostgreSQL is missing: apt-get install postgresql-15 …\n')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'postgresql-15'], {
    env,
    stdio: 'ignore',
  })
  return findBinaries()
}

function skipLoudly(reason: string): void {
  const line = '!'.repeat(80)
  process.stderr.write(
    `${line}\nSKIPPED: everything that needs a real PostgreSQL server. ${reason}\n${line}\n`,
  )
}

async function launch(binaries: string, folder: string): Promise<PostgresServer> {
  const account = unprivileged()
  const password = randomBytes(16).toString('hex')
  writeFileSync(join(folder, 'password'), password, { mode: 0o600 })
  if (account !== null) {
    for (const path of [folder, join(folder, 'password')]) chownSync(path, account.uid, account.gid)
  }
  const as = { ...account, cwd: folder, env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' } }
  const setup = [
    '--pgdata',
    join(folder, 'data'),
    '--username',
    'sensorium',
    '--encoding',
    'UTF8',
    '--no-sync',
  ]
  const secured = [...setup, '--auth', 'scram-sha-256', '--pwfile', join(folder, 'password')]
  const made = spawnSync(join(binaries, 'initdb'), secured, { ...as, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`initdb: ${made.error?.message ?? made.stderr}`)

  const port = await freePort()
  const guardian = spawn(
    '/bin/sh',
    ['-c', GUARDIAN, 'sh', join(binaries, 'postgres'), folder, String(port)],
    {
      ...as,
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
      // A terminal's Ctrl-C must not end the guardian before it has cleaned up.
      detached: true,
    },
  )
  const url = (database: string) => `postgresql://sensorium:${password}@127.0.0.1:${port}/${database}`
  const stop = () => stopGuardian(guardian, folder)
  try {
    const version = await ready(url('postgres'), guardian)
    // The guardian ends by itself when this process does.
    guardian.unref()
    return { version, createDatabase: () => createDatabase(url), stop }
  } catch (error) {
    const log = readLog(folder)
    await stop()
    throw new Error(`PostgreSQL did not start: ${log}`, { cause: error })
  }
}

/** PostgreSQL refuses to run as root. */
function unprivileged(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null
  for (const name of ['postgres', 'nobody']) {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((entry) => entry.startsWith(`${name}:`))
    const [, , uid, gid] = line?.split(':') ?? []
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody')
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject()))
    })
  })
}

async function ready(url: string, guardian: ChildProcess): Promise<string> {
  for (const deadline = Date.now() + START_TIMEOUT; ; await sleep(50)) {
    const client = new pg.Client({ connectionString: url })
    try {
      await client.connect()
      const { rows } = await client.query<{ server_version: string }>('show server_version')
      return rows[0]?.server_version ?? 'unknown'
    } catch (error) {
      if (guardian.exitCode !== null || Date.now() > deadline) throw error
    } finally {
      await client.end().catch(() => {})
    }
  }
}

async function createDatabase(url: (database: string) => string): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`
  const client = new pg.Client({ connectionString: url('postgres') })
  await client.connect()
  try {
    await client.query(`create database ${name}`)
  } finally {
    await client.end()
  }
  return url(name)
}

const readLog = (folder: string) => {
  const path = join(folder, 'log')
  return existsSync(path) ? readFileSync(path, 'utf8').slice(-2000) : 'no log'
}

async function stopGuardian(guardian: ChildProcess, folder: string): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    if (guardian.exitCode !== null) resolve()
    else guardian.once('exit', () => resolve())
  })
  guardian.ref()
  const pipe = guardian.stdio[3]
  if (pipe !== null && pipe !== undefined) pipe.destroy()
  await ended
  rmSync(folder, { recursive: true, force: true })
}
