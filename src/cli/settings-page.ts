import type { Config, Origin } from '../config.ts'
import { SETTINGS, type Setting, type SettingKey } from '../config/settings.ts'

const settings = Object.entries(SETTINGS) as [SettingKey, Setting<unknown>][]

/** Every setting with its value, source and meaning, secrets masked; what `sensorium config` prints. */
export function settingsPage(config: Config): string {
  return settings.map(([key, setting]) => block(setting, config.origins[key])).join('\n')
}

function block(setting: Setting<unknown>, origin: Origin): string {
  const names = [setting.name, ...setting.aliases].join(', ')
  return [
    `${names} = ${shown(setting, origin)}    [${source(origin)}]`,
    `    ${plain(setting.meaning)}`,
    `    takes ${setting.kind.takes}`,
    '',
  ].join('\n')
}

function shown(setting: Setting<unknown>, { text }: Origin): string {
  if (text === null) return plain(setting.otherwise ?? 'none')
  if (text === '') return '(empty)'
  return setting.secret ? '********' : text
}

function source({ from, name }: Origin): string {
  if (from === 'environment') return `environment: ${name}`
  return from === '.env' ? `.env: ${name}` : from
}

const plain = (markdown: string): string => markdown.replaceAll('`', '')

/** The same as a Markdown table, for the README. */
export function settingsTable(): string {
  const rows = settings.map(([, { name, aliases, default: given, otherwise, meaning }]) => {
    const names = [name, ...aliases].map((word) => `\`${word}\``).join(', ')
    const value = given === null ? (otherwise ?? 'none') : `\`${given}\``
    return `| ${names} | ${value} | ${meaning} |`
  })
  return ['| name | default | meaning |', '|---|---|---|', ...rows].join('\n')
}
