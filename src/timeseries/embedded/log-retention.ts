import { DIALECTS, LOG_FOREVER } from '../../core/dialects.ts'

const kept = DIALECTS.map((dialect) => LOG_FOREVER.has(dialect))

/** Log entries of these dialects are records of their own. */
export const neverExpires = (dialect: number): boolean => kept[dialect] ?? true
