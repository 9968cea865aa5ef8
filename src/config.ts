import { join, resolve } from 'node:path'
import { SETTINGS, type Setting, type SettingKey, type Values } from './config/settings.ts'

/** Where a value came from; `text` is as it was written, null where nothing was. */
export interface Origin {
  readonly from: 'environment' | '.env' | 'default' | 'generated'
  /** The name it was given under, else the setting's own. */
  readonly name: string
  readonly text: string | null
}

/** All settings of this start, checked. `exposed` is true for an address that is not loopback, too. */
export interface Config extends Values {
  readonly origins: Readonly<Record<SettingKey, Origin>>
}

export type Environment = Readonly<Record<string, string | undefined>>

/** A setting that can't be taken: one line that names it and says what it takes. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const keys = Object.keys(SETTINGS) as SettingKey[]

/**
 * Reads every setting from the environment; what stands there under any name wins over the `.env` file's words.
 * @throws ConfigError
 */
export function loadConfig(environment: Environment, dotEnv: Environment = {}): Config {
  const origins: Partial<Record<SettingKey, Origin>> = {}
  const values: Partial<Record<SettingKey, unknown>> = {}
  for (const key of keys) {
    const setting: Setting<unknown> = SETTINGS[key]
    const origin =
      find(setting, environment, 'environment') ?? find(setting, dotEnv, '.env') ?? missing(setting)
    origins[key] = origin
    values[key] = origin.text === null ? null : parse(setting, origin)
  }
  const config = { ...(values as Values), origins: origins as Record<SettingKey, Origin> }
  config.exposed = config.exposed || !isLoopback(config.host)
  if (config.exposed) {
    config.demoUser = null
    refuseWeakSecrets(config)
  }
  return Object.freeze(config)
}

function find(setting: Setting<unknown>, environment: Environment, from: Origin['from']): Origin | null {
  const given = [setting.name, ...setting.aliases].flatMap((name) => {
    const text = environment[name]
    return text === undefined || (text === '' && !setting.emptyCounts) ? [] : [{ from, name, text }]
  })
  const [first, ...others] = given
  const other = others.find(({ text }) => text !== first?.text)
  if (first && other) {
    throw new ConfigError(`${first.name} and ${other.name} are one setting with two values: set one of them`)
  }
  return first ?? null
}

function missing(setting: Setting<unknown>): Origin {
  const generated = setting.default === null && (setting.otherwise ?? '').includes('generated')
  return { from: generated ? 'generated' : 'default', name: setting.name, text: setting.default }
}

function parse(setting: Setting<unknown>, { name, text }: Origin): unknown {
  const value = text === null ? undefined : setting.kind.parse(text)
  if (value !== undefined) return value
  const shown = setting.secret ? 'its value' : JSON.stringify(withoutLogin(text ?? '').slice(0, 80))
  throw new ConfigError(`${name}: ${shown} can't be used; it takes ${setting.kind.takes}`)
}

const withoutLogin = (text: string): string => text.replace(/\/\/[^/]*@/, '//***@')

/** `127.0.0.0/8`, `::1` and `localhost`. */
export function isLoopback(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|::1|localhost|::ffff:127(\.\d{1,3}){3})$/i.test(host)
}

const GUARDED = ['adminToken', 'iotflowAdminToken', 'nbiotAdminKey', 'jwtSecret', 'secretKey'] as const
const WEAKEST = 16
const KNOWN = /^(test|admin|secret|password|changeme|change-me|default|demo|token|example|iotflow)*[\d!_-]*$/i

function refuseWeakSecrets(config: Config): void {
  for (const key of GUARDED) {
    const secret = config[key]
    if (secret !== null && (secret.length < WEAKEST || KNOWN.test(secret) || new Set(secret).size < 6)) {
      throw new ConfigError(
        `${config.origins[key].name}: too weak for a server that strangers can reach; ` +
          `it takes at least ${WEAKEST} characters that can't be guessed`,
      )
    }
  }
  for (const key of ['demoUser', 'demoPass'] as const) {
    const { from, name, text } = config.origins[key]
    if (from !== 'default' && text !== '') {
      throw new ConfigError(
        `${name}: a demo user is refused on a server that strangers can reach; leave it out`,
      )
    }
  }
}

/** The registry's file as the URL its store takes. */
export function registryUrl({ database }: Config, dataDirPath: string): string {
  return `sqlite://${encodeURI(database === null ? join(dataDirPath, 'registry.db') : resolve(database))}`
}
