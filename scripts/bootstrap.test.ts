import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'

const projects: string[] = []
after(() => projects.forEach((project) => rmSync(project, { recursive: true, force: true })))

const NODE_FIRST = [dirname(process.execPath), process.env['PATH']].join(delimiter)

/** A small project beside its one package, with the real bootstrap and npm, and no need of a registry. */
function project(script = 'console.log("ran", JSON.stringify(process.argv.slice(2)))\n'): string {
  const root = mkdtempSync(join(tmpdir(), 'sensorium-bootstrap-'))
  projects.push(root)
  for (const folder of ['scripts', 'greeting']) mkdirSync(join(root, folder))
  copyFileSync(join(import.meta.dirname, 'bootstrap.mjs'), join(root, 'scripts/bootstrap.mjs'))
  writeFileSync(join(root, 'script.mjs'), script)
  write(root, 'greeting/package.json', { name: 'greeting', version: '1.0.0' })
  const packed = spawnSync('npm', ['pack', './greeting'], { cwd: root, encoding: 'utf8', env: environment() })
  assert.equal(packed.status, 0, packed.stderr)
  write(root, 'package.json', {
    name: 'house',
    version: '1.0.0',
    dependencies: { greeting: 'file:greeting-1.0.0.tgz' },
  })
  const locked = spawnSync('npm', ['install', '--package-lock-only'], {
    cwd: root,
    encoding: 'utf8',
    env: environment(),
  })
  assert.equal(locked.status, 0, locked.stderr)
  return root
}

function write(root: string, path: string, content: unknown): void {
  writeFileSync(join(root, path), JSON.stringify(content, null, 2))
}

function environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { HOME = tmpdir() } = process.env
  return { PATH: NODE_FIRST, HOME, npm_config_audit: 'false', npm_config_fund: 'false', ...more }
}

function bootstrap(root: string, args: string[] = ['script.mjs'], more: Record<string, string> = {}) {
  const all = ['scripts/bootstrap.mjs', ...args]
  const result = spawnSync(process.execPath, all, { cwd: root, encoding: 'utf8', env: environment(more) })
  return { status: result.status, stdout: result.stdout, stderr: result.stderr }
}

describe('the bootstrap', () => {
  it('installs what is missing, says so, runs the script, and has nothing to say the next time', () => {
    const root = project()
    const first = bootstrap(root, ['script.mjs', '--flag', 'word'])
    assert.match(first.stderr, /installing packages \(npm ci\).*: the packages are not installed yet/)
    assert.equal(first.stdout, 'ran ["--flag","word"]\n')
    assert.equal(first.status, 0)
    const second = bootstrap(root)
    assert.deepEqual(second, { status: 0, stdout: 'ran []\n', stderr: '' })
  })

  it('installs again what has been removed or is stale', () => {
    const root = project()
    bootstrap(root)
    rmSync(join(root, 'node_modules/greeting'), { recursive: true })
    assert.match(bootstrap(root).stderr, /greeting 1\.0\.0 is missing/)
    const inside = join(root, 'node_modules/.package-lock.json')
    writeFileSync(inside, readFileSync(inside, 'utf8').replace('"version": "1.0.0"', '"version": "0.9.0"'))
    writeFileSync(
      inside,
      readFileSync(inside, 'utf8').replace(
        /("node_modules\/greeting": \{\s+"version": )"1.0.0"/,
        '$1"0.9.0"',
      ),
    )
    assert.match(bootstrap(root).stderr, /greeting is 0\.9\.0, package-lock\.json says 1\.0\.0/)
    assert.equal(bootstrap(root).stderr, '')
  })

  it('falls back to npm install where npm ci does not accept the lock file', () => {
    const root = project()
    const path = join(root, 'package-lock.json')
    const lock = JSON.parse(readFileSync(path, 'utf8')) as {
      packages: Record<string, { dependencies?: unknown }>
    }
    const before = { ...lock.packages }
    delete before['node_modules/greeting']
    write(root, 'package-lock.json', { ...lock, packages: before })
    const { status, stdout, stderr } = bootstrap(root)
    assert.match(stderr, /npm ci does not accept package-lock\.json here; trying npm install/)
    assert.equal(stdout, 'ran []\n')
    assert.equal(status, 0)
  })

  it('says what failed when npm can’t install', () => {
    const root = project()
    rmSync(join(root, 'greeting-1.0.0.tgz'))
    const { status, stdout, stderr } = bootstrap(root, ['script.mjs'], {
      npm_config_cache: join(root, 'cache'),
    })
    assert.equal(status, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /npm: .*greeting-1\.0\.0\.tgz/)
    assert.match(stderr, /sensorium: the packages could not be installed/)
  })

  it('refuses a broken lock file in one line', () => {
    const root = project()
    writeFileSync(join(root, 'package-lock.json'), '{')
    assert.deepEqual(bootstrap(root), {
      status: 1,
      stdout: '',
      stderr: 'sensorium: package-lock.json is missing or broken: take it from the repository again\n',
    })
  })

  it('hands on the exit code and the signals of the script', async () => {
    const root = project(
      'setInterval(() => {}, 1e3); process.on("SIGTERM", () => process.exit(7)); console.log("up")\n',
    )
    bootstrapless(root)
    const child = spawn(process.execPath, ['scripts/bootstrap.mjs', 'script.mjs'], {
      cwd: root,
      env: environment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    assert.deepEqual(await once(child, 'exit'), [7, null])
  })
})

describe('the pinned Node', () => {
  it('is used where it is there', { skip: !oldNode() && 'no older Node on this machine' }, async () => {
    const root = project(
      'setInterval(() => {}, 1e3); process.on("SIGTERM", () => process.exit(7)); console.log(process.execPath)\n',
    )
    bootstrapless(root)
    mkdirSync(join(root, 'node_modules/node/bin'), { recursive: true })
    const pinned = join(root, 'node_modules/node/bin/node')
    copyFileSync(process.execPath, pinned)
    chmodSync(pinned, 0o755)
    const child = spawn(oldNode(), ['scripts/bootstrap.mjs', 'script.mjs'], {
      cwd: root,
      env: environment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    assert.equal(said.toString().trim(), pinned)
    child.kill('SIGTERM')
    assert.deepEqual(await once(child, 'exit'), [7, null])
  })

  it(
    'is asked for where neither is new enough',
    { skip: !oldNode() && 'no older Node on this machine' },
    () => {
      const root = project()
      bootstrapless(root)
      const result = spawnSync(oldNode(), ['scripts/bootstrap.mjs', 'script.mjs'], {
        cwd: root,
        encoding: 'utf8',
      })
      assert.equal(result.status, 1)
      assert.match(result.stderr, /Node 24\.15 or later is needed; this is v\d+/)
      assert.equal(result.stdout, '')
    },
  )
})

/** Installs first, so that what follows says nothing of it. */
function bootstrapless(root: string): void {
  const { status, stderr } = spawnSync('npm', ['ci'], { cwd: root, encoding: 'utf8', env: environment() })
  assert.equal(status, 0, stderr)
}

/** A Node of 18 to 24.14 somewhere on the PATH; empty where there is none. */
function oldNode(): string {
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'node'))
  return candidates.find((path) => isOld(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout)) ?? ''
}

function isOld(version: string | null): boolean {
  const [major = 0, minor = 0] = (version ?? '').replace('v', '').split('.').map(Number)
  return major >= 18 && (major < 24 || (major === 24 && minor < 15))
}
