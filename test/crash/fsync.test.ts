import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { startServer, temporaryFolder } from '../server-process.ts'
import { plainDevice } from './plain-device.ts'

const skip = spawnSync('strace', ['-V']).error ? 'strace is not installed (apt-get install strace)' : false
if (skip) process.stderr.write(`\n*** SKIPPED: the order of fsync and answer: ${skip} ***\n\n`)

/** A kill leaves the system's page cache alone, so only the calls themselves show that the disk had the message first. */
it('a message is written and synced before its 201 is written to the socket', { skip }, async (test) => {
  const folder = await temporaryFolder('fsync')
  const server = await startServer({ dataDir: join(folder.path, 'data') })
  try {
    const device = await plainDevice(server.url)
    // The first one wakes the device up, with a commit of the registry.
    await device.post(server.url, { temperature: 20 })
    const trace = join(folder.path, 'trace')
    const calls = 'trace=fsync,fdatasync,pwrite64,pwritev,write,writev'
    const tracer = spawn('strace', ['-f', '-p', String(server.pid), '-e', calls, '-s', '32', '-o', trace], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const [said] = (await once(tracer.stderr, 'data')) as [Buffer]
    if (/not permitted/.test(String(said))) {
      process.stderr.write(
        '\n*** SKIPPED: the order of fsync and answer: no process may be traced here ***\n\n',
      )
      test.skip('no process may be traced here')
      return
    }
    await pause(300)
    assert.equal((await device.post(server.url, { temperature: 21 })).status, 201)
    const ended = once(tracer, 'exit')
    tracer.kill('SIGINT')
    await ended
    const lines = (await readFile(trace, 'utf8')).split('\n')
    const answered = lines.findIndex((line) => line.includes('HTTP/1.1 201'))
    assert.ok(answered > 0, `no answer in the trace:\n${lines.join('\n')}`)
    const before = lines.slice(0, answered)
    const written = before.findLastIndex((line) => /\bpwrite(64|v)\(/.test(line))
    const synced = before.findLastIndex((line) => /\b(fsync|fdatasync)( resumed>|\().*= 0$/.test(line))
    assert.ok(written >= 0 && synced > written, `not synced before the answer:\n${before.join('\n')}`)
  } finally {
    await server.end('SIGKILL')
    await folder.remove()
  }
})
