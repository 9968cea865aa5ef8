import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import bcrypt from 'bcryptjs'
import { type Gate, createGate } from './gate.ts'

/** Cost of a new hash: 19 MiB, two passes, one lane (OWASP's least for argon2id); about 40 ms. */
const MEMORY_KIB = 19_456
const PASSES = 2
const LANES = 1
const SALT_BYTES = 16
const TAG_BYTES = 32
const VERSION = 19
/** No stored hash may make the server work harder than this. */
const MOST_MEMORY_KIB = 262_144
const MOST_PASSES = 16

export interface Verdict {
  readonly matches: boolean
  /** The hash is of an older kind or cost: hash the password anew while it is at hand. */
  readonly outdated: boolean
}

/** All hashing goes through here, a bounded number at a time: a flood of logins can't eat the memory. */
export interface Passwords {
  /** argon2id in PHC string format. @throws CoreError `overloaded` */
  hash(password: string): Promise<string>
  /**
   * `stored` is argon2id in PHC format, or bcrypt (`$2a$`, `$2b$`, `$2y$`) of an older system; null, for a user who
   * doesn't exist, costs the same and never matches. `admit` is called when it is this check's turn and may throw.
   * @throws CoreError `overloaded`
   */
  verify(stored: string | null, password: string, admit?: () => void): Promise<Verdict>
}

export interface PasswordOptions {
  readonly gate?: Gate
}

export function createPasswords({
  gate = createGate({ concurrency: 2, waiting: 128 }),
}: PasswordOptions = {}): Passwords {
  // A hash that nothing matches: the digest of a random password that nobody keeps.
  const nobody = format(randomBytes(SALT_BYTES), randomBytes(TAG_BYTES))
  return {
    hash: (password) =>
      gate(async () => {
        const salt = randomBytes(SALT_BYTES)
        return format(salt, await derive({ ...parametersOf(password, salt) }))
      }),
    verify: (stored, password, admit) =>
      gate(async () => {
        admit?.()
        const verdict = await check(stored ?? nobody, password)
        return stored === null ? { matches: false, outdated: false } : verdict
      }),
  }
}

const parametersOf = (password: string, nonce: Uint8Array): Argon2Parameters => ({
  message: Buffer.from(password),
  nonce,
  memory: MEMORY_KIB,
  passes: PASSES,
  parallelism: LANES,
  tagLength: TAG_BYTES,
})

function derive(parameters: Argon2Parameters): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, tag) => (error === null ? resolve(tag) : reject(error)))
  })
}

const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')

const format = (salt: Buffer, tag: Buffer) =>
  `$argon2id$v=${VERSION}$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${base64(salt)}$${base64(tag)}`

const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/
const BCRYPT = /^\$2[aby]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}$/

async function check(stored: string, password: string): Promise<Verdict> {
  if (BCRYPT.test(stored)) return { matches: await bcrypt.compare(password, stored), outdated: true }
  const [, memory, passes, lanes, salt, tag] = PHC.exec(stored) ?? []
  if (salt === undefined || tag === undefined) return { matches: false, outdated: false }
  const expected = Buffer.from(tag, 'base64')
  const parameters: Argon2Parameters = {
    message: Buffer.from(password),
    nonce: Buffer.from(salt, 'base64'),
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(lanes),
    tagLength: expected.length,
  }
  if (parameters.memory > MOST_MEMORY_KIB || parameters.passes > MOST_PASSES) {
    return { matches: false, outdated: false }
  }
  const matches = timingSafeEqual(await derive(parameters), expected)
  const outdated =
    parameters.memory !== MEMORY_KIB || parameters.passes !== PASSES || parameters.parallelism !== LANES
  return { matches, outdated }
}
