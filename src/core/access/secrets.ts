import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const KEY_LENGTH = 32
/** The largest multiple of the alphabet's size below 256: bytes from here on would favour the first letters. */
const UNBIASED = 256 - (256 % ALPHABET.length)

/** A device's API key: 32 characters `[A-Za-z0-9]`, 190 random bits (iotflow contract, section 1). */
export function randomApiKey(): string {
  let key = ''
  while (key.length < KEY_LENGTH) {
    for (const byte of randomBytes(KEY_LENGTH * 2)) {
      if (byte < UNBIASED && key.length < KEY_LENGTH) key += ALPHABET.charAt(byte % ALPHABET.length)
    }
  }
  return key
}

const API_KEY = /^[A-Za-z0-9]{32}$/

/** Tells before any hashing whether a text can be an API key at all. */
export const looksLikeApiKey = (text: string): boolean => text.length === KEY_LENGTH && API_KEY.test(text)

/** A user's public id: 32 lower-case hex digits. */
export const randomPublicId = (): string => randomBytes(16).toString('hex')

const PUBLIC_ID = /^[0-9a-f]{32}$/

export const looksLikePublicId = (text: string): boolean => text.length === 32 && PUBLIC_ID.test(text)

/** What a secret is looked up by: 32 bytes. */
export const sha256 = (secret: string): Buffer => hash('sha256', secret, 'buffer')

/** The same as `sha256` in 32 latin1 characters: the cheapest key of an in-memory map. */
export const sha256Text = (secret: string): string => hash('sha256', secret, 'latin1')

/** Encrypts what must be shown again. */
export interface SecretBox {
  /** `context` names what the secret is and whose; opening under another context fails. */
  seal(secret: string, context: string): Buffer
  /** @throws Error when the key is another one, the context differs or the bytes were changed. */
  open(sealed: Uint8Array, context: string): string
}

const FORMAT = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = 1 + NONCE_BYTES + TAG_BYTES
const CIPHER = 'aes-256-gcm'

/** AES-256-GCM under a key of 32 bytes. Sealed: format byte, nonce (12 bytes, random), tag (16), ciphertext. */
export function createSecretBox(masterKey: Uint8Array): SecretBox {
  if (masterKey.length !== 32) throw new RangeError('the master key must have 32 bytes')
  return {
    seal(secret, context) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, masterKey, nonce, { authTagLength: TAG_BYTES })
      cipher.setAAD(Buffer.from(context))
      const encrypted = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), encrypted])
    },
    open(sealed, context) {
      if (sealed[0] !== FORMAT || sealed.length < HEADER_BYTES) throw new Error('not a sealed secret')
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES)
      const decipher = createDecipheriv(CIPHER, masterKey, nonce, { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.from(context))
      decipher.setAuthTag(sealed.subarray(1 + NONCE_BYTES, HEADER_BYTES))
      return Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES)), decipher.final()]).toString(
        'utf8',
      )
    },
  }
}
