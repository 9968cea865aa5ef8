import { settingsTable } from '../../src/cli/settings-page.ts'

const BEGIN = '<!-- settings: written by npm run docs -->'
const END = '<!-- settings: end -->'

/** A document with its table of settings as the code has them. */
export function withSettings(document: string): string {
  const from = document.indexOf(BEGIN)
  const to = document.indexOf(END)
  if (from < 0 || to < from) throw new Error(`the document needs the lines "${BEGIN}" and "${END}"`)
  return `${document.slice(0, from + BEGIN.length)}\n\n${settingsTable()}\n\n${document.slice(to)}`
}
