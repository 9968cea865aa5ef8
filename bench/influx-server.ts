import { execFile, spawn } from 'node:child_process'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { endProcess } from '../test/server-process.ts'

const run = promisify(execFile)

export interface Influx {
  readonly url: string
  /** Bytes that hold points: compacted files and write-ahead log, without the series index's preallocated 32 MB. */
  pointBytes(): Promise<{ compacted: number; log: number }>
  end(): Promise<unknown>
}

/** The installed version in one line, null when there is none. */
export async function influxVersion(): Promise<string | null> {
  return run('influxd', ['version']).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  )
}

/** Starts influxd below `folder` on ephemeral loopback ports, every write synced before it is answered. */
export async function startInflux(folder: string): Promise<Influx> {
  await mkdir(folder, { recursive: true })
  const port = await freePort()
  const [dataDir, walDir] = [join(folder, 'data'), join(folder, 'wal')]
  const file = join(folder, 'influxdb.conf')
  await writeFile(file, settings({ folder, dataDir, walDir, port }))
  const child = spawn('influxd', ['-config', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  let output = ''
  child.stderr.on('data', (part: Buffer) => (output = (output + String(part)).slice(-4000)))
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; !(await pings(url)); tries += 1) {
    if (child.exitCode !== null || tries > 200) throw new Error(`influxd did not start:\n${output}`)
    await pause(100)
  }
  await fetch(`${url}/query?q=${encodeURIComponent('CREATE DATABASE bench')}`, { method: 'POST' })
  const pointBytes = async (): Promise<{ compacted: number; log: number }> => ({
    compacted: await folderBytes(dataDir, '.tsm'),
    log: await folderBytes(walDir, '.wal'),
  })
  return { url, pointBytes, end: () => endProcess(child, 'SIGTERM') }
}

/** Bytes of all files below a folder whose name ends so. */
async function folderBytes(folder: string, ending: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name.endsWith(ending))
      bytes += (await stat(join(entry.parentPath, entry.name))).size
  }
  return bytes
}

function settings(at: { folder: string; dataDir: string; walDir: string; port: number }): string {
  return `reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "${join(at.folder, 'meta')}"
[data]
  dir = "${at.dataDir}"
  wal-dir = "${at.walDir}"
  wal-fsync-delay = "0s"
  cache-snapshot-write-cold-duration = "5s"
  compact-full-write-cold-duration = "5s"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${at.port}"
  log-enabled = false
  suppress-write-log = true
  unix-socket-enabled = false
[ifql]
  enabled = false
[continuous_queries]
  enabled = false
[logging]
  level = "error"
`
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function pings(url: string): Promise<boolean> {
  return fetch(`${url}/ping`).then(
    ({ status }) => status === 204,
    () => false,
  )
}
