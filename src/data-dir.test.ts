import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { DataDirError, openDataDir } from './data-dir.ts'

const base = mkdtempSync(join(tmpdir(), 'sensorium-data-dir-'))
after(() => rmSync(base, { recursive: true, force: true }))

let count = 0
const fresh = (): string => join(base, `folder-${++count}`, 'data')

function refused(path: string, words: RegExp): void {
  assert.throws(
    () => openDataDir(path),
    (error) => {
      assert.ok(error instanceof DataDirError, String(error))
      assert.match(error.message, words)
      assert.doesNotMatch(error.message, /\n/)
      return true
    },
  )
}

describe('a data folder', () => {
  it('is made with its keys, for its owner alone', () => {
    const path = fresh()
    const dataDir = openDataDir(path)
    assert.equal(dataDir.firstStart, true)
    assert.equal(dataDir.keys.master.length, 32)
    assert.equal(readFileSync(dataDir.operatorTokenFile, 'utf8').trim(), dataDir.keys.operatorToken)
    assert.equal(statSync(path).mode & 0o777, 0o700)
    for (const name of readdirSync(join(path, 'keys'))) {
      assert.equal(statSync(join(path, 'keys', name)).mode & 0o777, 0o600, name)
      assert.match(name, /^(master\.key|jwt\.key|operator\.token)$/)
    }
    dataDir.close()
  })

  it('keeps its keys', () => {
    const path = fresh()
    const first = openDataDir(path)
    first.close()
    const second = openDataDir(path)
    assert.equal(second.firstStart, false)
    assert.deepEqual(second.keys, first.keys)
    second.close()
  })

  it('has keys that no other folder has', () => {
    const [one, two] = [openDataDir(fresh()), openDataDir(fresh())]
    for (const dataDir of [one, two]) dataDir.close()
    assert.notDeepEqual(one.keys.master, two.keys.master)
    assert.notEqual(one.keys.jwtSecret, two.keys.jwtSecret)
    assert.notEqual(one.keys.operatorToken, two.keys.operatorToken)
  })

  it('is a first start again when the first one was cut short', () => {
    const path = fresh()
    const first = openDataDir(path)
    first.close()
    rmSync(join(path, 'format'))
    writeFileSync(join(path, 'keys', 'master.key.tmp'), 'half')
    const second = openDataDir(path)
    assert.equal(second.firstStart, true)
    assert.deepEqual(second.keys, first.keys)
    second.close()
  })
})

describe('a data folder is refused', () => {
  it('when a newer version made it', () => {
    const path = fresh()
    openDataDir(path).close()
    writeFileSync(join(path, 'format'), '2\n')
    refused(path, /newer version \(format 2, this one reads up to 1\)/)
    writeFileSync(join(path, 'format'), '1\n')
    openDataDir(path).close()
  })

  it('when its format can’t be read', () => {
    const path = fresh()
    openDataDir(path).close()
    writeFileSync(join(path, 'format'), 'x')
    refused(path, /should hold a number/)
  })

  it('when the master key is gone or damaged, and nothing is made in its place', () => {
    const path = fresh()
    openDataDir(path).close()
    const key = join(path, 'keys', 'master.key')
    writeFileSync(key, 'abc')
    refused(path, /master\.key is damaged/)
    rmSync(key)
    refused(path, /master\.key is missing/)
    assert.equal(existsSync(key), false)
  })

  it('when it is no folder, or can’t be one', () => {
    writeFileSync(join(base, 'file'), '')
    refused(join(base, 'file'), /can't be used/)
    refused(join(base, 'file', 'below'), /can't be used: .*ENOTDIR/)
    refused('/proc/nowhere', /can't be used/)
  })

  it('when this process has it open already', () => {
    const path = fresh()
    const dataDir = openDataDir(path)
    refused(path, /in use by another process/)
    refused(path, /in use by another process/)
    dataDir.close()
    openDataDir(path).close()
  })

  it('while another process has it, and not after that was killed', async () => {
    const path = fresh()
    const script = `
      const { openDataDir } = await import(${JSON.stringify(import.meta.resolve('./data-dir.ts'))})
      openDataDir(${JSON.stringify(path)})
      gc()
      console.log('open')
      setInterval(() => {}, 1000)`
    const other = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      await once(other.stdout, 'data')
      refused(path, /in use by another process/)
    } finally {
      other.kill('SIGKILL')
    }
    await once(other, 'exit')
    const dataDir = openDataDir(path)
    assert.equal(dataDir.firstStart, false)
    dataDir.close()
  })
})
