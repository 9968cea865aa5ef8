import { createSecretKey, randomUUID } from 'node:crypto'
import { type JWTPayload, SignJWT, jwtVerify } from 'jose'
import type { UserTokens } from './user.ts'

export interface UserTokenOptions {
  /** The first signs, all verify. At least one, none empty. */
  readonly secrets: readonly string[]
  readonly ttlSeconds: number
  /** Epoch milliseconds; for tests. */
  readonly now?: () => number
}

const ALGORITHM = 'HS256'

/** Bearer tokens of shared model, section 1: `uid` decides; `sub` is read only where there is no `uid`. */
export function createUserTokens({ secrets, ttlSeconds, now = Date.now }: UserTokenOptions): UserTokens {
  const keys = secrets.map((secret) => createSecretKey(Buffer.from(secret)))
  const [signing] = keys
  if (signing === undefined || secrets.includes('')) throw new RangeError('a signing secret is needed')
  return {
    async issue(user, subject) {
      const issuedAt = Math.floor(now() / 1000)
      const token = await new SignJWT({ uid: user.id })
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
        .setSubject(subject)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + ttlSeconds)
        .setJti(randomUUID())
        .sign(signing)
      return { token, expiresIn: ttlSeconds }
    },
    async verify(token) {
      const options = { algorithms: [ALGORITHM], requiredClaims: ['exp'], currentDate: new Date(now()) }
      for (const key of keys) {
        try {
          return userIdOf((await jwtVerify(token, key, options)).payload)
        } catch {
          // Malformed, expired or signed by another key: to the caller all are no credential.
        }
      }
      return null
    },
  }
}

function userIdOf({ sub, uid }: JWTPayload): number | null {
  const id = uid === undefined && /^[1-9]\d{0,15}$/.test(sub ?? '') ? Number(sub) : uid
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? id : null
}
