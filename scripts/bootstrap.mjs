// Runs before everything else, on any Node from 18 on, in plain JavaScript: brings in what package-lock.json asks for
// and is missing or stale, finds a Node that can run the sources, and hands over to the script it was given.
// Usage: node scripts/bootstrap.mjs SCRIPT [ARGUMENT...]
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import * as modules from 'node:module'
import { constants } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const MODULES = join(ROOT, 'node_modules')
const OLDEST = [24, 15]
const PINNED = join(MODULES, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

// Without npm's warnings that some package wants a newer Node: it is about to get one.
const QUIET = ['--no-audit', '--no-fund', '--loglevel=error']

const [script, ...args] = process.argv.slice(2)
if (script === undefined) fail('usage: node scripts/bootstrap.mjs SCRIPT [ARGUMENT...]')
const missing = findMissing()
if (missing !== null) install(missing)
await handOver(chooseNode())

/** The first thing that package-lock.json asks for and node_modules lacks, in words; null when all is there. */
function findMissing() {
  const wanted = readPackages(join(ROOT, 'package-lock.json'))
  if (wanted === null) fail('package-lock.json is missing or broken: take it from the repository again')
  const present = readPackages(join(MODULES, '.package-lock.json'))
  if (present === null) return 'the packages are not installed yet'
  for (const [path, wish] of Object.entries(wanted)) {
    const lack = path === '' || wish.link ? null : compare(path, wish, present[path])
    if (lack !== null) return lack
  }
  return null
}

function compare(path, { version, optional, devOptional, peer }, there) {
  if (there === undefined && (optional || devOptional || peer)) return null
  const name = path.replace(/^.*node_modules\//, '')
  if (there === undefined || !existsSync(join(ROOT, path))) return `${name} ${version} is missing`
  return there.version === version ? null : `${name} is ${there.version}, package-lock.json says ${version}`
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? null
  } catch {
    return null
  }
}

function install(reason) {
  say(`installing packages (npm ci), which takes up to a minute: ${reason}`)
  const first = npm(['ci', ...QUIET])
  if (first.status === 0) return
  if (/Missing: .* from lock file|EUSAGE/.test(first.output)) {
    // The registry lacks a package that package-lock.json lists for some other platform: npm ci then refuses all.
    say('npm ci does not accept package-lock.json here; trying npm install, which takes what it can from it')
    if (npm(['install', '--no-save', ...QUIET]).status === 0) return
  }
  fail(
    "the packages could not be installed; the lines above are npm's own words.\n" +
      '  Is the package registry reachable ("npm ping"), is there room on the disk, may this user write to ' +
      `${ROOT}?\n  Then run the same command again.`,
  )
}

function npm(words) {
  const own = process.env.npm_execpath
  const command = own && /\.c?js$/.test(own) ? process.execPath : 'npm'
  const before = command === 'npm' ? [] : [own]
  const result = spawnSync(command, [...before, ...words], {
    cwd: ROOT,
    encoding: 'utf8',
    shell: process.platform === 'win32' && command === 'npm',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? `${result.error.message}\n` : ''}`
  process.stderr.write(output.replace(/^(?=.)/gm, '  npm: '))
  return { status: result.status ?? 1, output }
}

/** The Node that package.json pins; where npm would not run its install script, that is made up for here. */
function chooseNode() {
  if (versionOf(PINNED) === null && existsSync(join(MODULES, 'node', 'installArchSpecificPackage.js'))) {
    say('npm did not run the install script of the package "node"; running it now')
    spawnSync(process.execPath, ['installArchSpecificPackage.js'], {
      cwd: join(MODULES, 'node'),
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }
  const found = [PINNED, process.execPath].find((path) => isNewEnough(versionOf(path)))
  if (found !== undefined) return found
  return fail(
    `Node ${OLDEST.join('.')} or later is needed; this is ${process.version}, and the package "node" brought none.\n` +
      '  Either let npm run its install script ("npm install-scripts approve node", or "npm rebuild node") and run ' +
      'the same command again,\n  or install a newer Node from https://nodejs.org/.',
  )
}

function versionOf(path) {
  if (path === process.execPath) return process.version
  if (!existsSync(path)) return null
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : null
}

function isNewEnough(version) {
  if (version === null) return false
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}

/** In this very process when it is new enough, so that signals and exit codes need no middleman. */
async function handOver(node) {
  const target = resolve(ROOT, script)
  // Compiled code is kept between starts: they are quicker, and never load the tool that strips types.
  const env = {
    NODE_COMPILE_CACHE: join(MODULES, '.cache', 'sensorium-code'),
    ...process.env,
    PATH: `${dirname(node)}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}`,
  }
  if (isNewEnough(process.version)) {
    process.argv = [process.argv[0], target, ...args]
    process.env.PATH = env.PATH
    process.env.NODE_COMPILE_CACHE = env.NODE_COMPILE_CACHE
    modules.enableCompileCache?.(env.NODE_COMPILE_CACHE)
    await import(pathToFileURL(target).href)
    return
  }
  const child = spawn(node, [target, ...args], { stdio: 'inherit', env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => fail(`${node} could not be started: ${error.message}`))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
}

function say(text) {
  process.stderr.write(`sensorium: ${text}\n`)
}

function fail(text) {
  say(text)
  process.exit(1)
}
