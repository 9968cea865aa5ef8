/** The wire languages, and what the core has to know of each. Order fixes the number stored on disk: append only. */
export const DIALECTS = ['nbiot', 'sensors', 'iotflow', 'ozone', 'manager'] as const

export type Dialect = (typeof DIALECTS)[number]

/**
 * What a second reading of a series at the same instant does:
 * `keep` stores both, ordered by (instant, sequence); `replace` lets the later sequence win.
 */
export type SeriesMode = 'keep' | 'replace'

export const SERIES_MODE: Readonly<Record<Dialect, SeriesMode>> = {
  nbiot: 'replace',
  sensors: 'keep',
  iotflow: 'replace',
  ozone: 'keep',
  manager: 'replace',
}

/** Dialects whose log entries are records of their own (readings listed from the log, billed events): they never expire. */
export const LOG_FOREVER: ReadonlySet<Dialect> = new Set(['nbiot', 'ozone'])
