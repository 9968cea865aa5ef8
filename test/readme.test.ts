import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { cleanEnvironment, scratch } from './command-run.ts'
import { endProcess } from './server-process.ts'

const ROOT = join(import.meta.dirname, '..')
const ADDRESS = 'http://127.0.0.1:8000'

/** The shell lines of the README's tour, as a person would paste them one after another. */
function tour(): string {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const section = readme.slice(readme.indexOf('## Five minutes'), readme.indexOf('## Commands'))
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, lines]) => lines).join('\n')
}

it('the tour of the README works when pasted, on a new server', async () => {
  const folder = scratch()
  const server = spawn(process.execPath, [join(ROOT, 'src/main.ts')], {
    cwd: folder,
    env: cleanEnvironment({ PORT: '0', LOG_LEVEL: 'warn' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    let said = ''
    for await (const part of server.stdout) {
      said += String(part)
      if (said.includes('Everything it answers')) break
    }
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? ''
    assert.notEqual(url, '', said)
    const script = tour()
    assert.ok(script.split('\n').length > 25 && script.includes(ADDRESS))
    const result = spawnSync('bash', ['-euo', 'pipefail', '-c', script.replaceAll(ADDRESS, url)], {
      cwd: folder,
      encoding: 'utf8',
      env: cleanEnvironment({}),
    })
    assert.equal(result.status, 0, result.stdout + result.stderr)
    check(result.stdout)
  } finally {
    await endProcess(server, 'SIGTERM')
  }
})

function check(output: string): void {
  assert.equal(output.match(/"message":"Telemetry data stored successfully"/g)?.length, 3, output)
  assert.match(output, /"count":3/)
  assert.match(output, /"latest_data":\{.*"valve":\{"id":7,"open":false\}/)
  assert.match(output, /"value":22\.5,"count":3/)
  assert.match(output, /"message":"Device added to group successfully"/)
  assert.match(output, /"name":"south side".*"device_count":1/)
  assert.match(output, /"telemetry_records":3/)
  assert.match(output, /"database":"connected"/)
  assert.match(output, /^sensorium_/m)
  assert.doesNotMatch(output, /"error"/)
}
