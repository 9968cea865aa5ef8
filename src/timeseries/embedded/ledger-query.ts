import type { DatabaseSync } from 'node:sqlite'
import { dialectNumber } from './series-index.ts'
import type { RowResult, RowsJob, TalliesJob } from './messages.ts'

export interface LedgerReader {
  tallies(job: TalliesJob): { bucket: number; count: number }[]
  rows(job: RowsJob): RowResult[]
}

/** Counters and event rows, which are plain tables. */
export function ledgerReader(database: DatabaseSync): LedgerReader {
  const tallies = database.prepare(
    'SELECT bucket, count FROM tallies WHERE name = ? AND bucket >= ? AND bucket <= ? ORDER BY bucket',
  )
  const select = (
    subject: string,
    order: string,
    beyond: string,
  ) => `SELECT sequence, device, subject, time, fields
    FROM event_rows WHERE dialect = :dialect ${subject} AND time >= :from AND time <= :to AND (time, sequence) ${beyond} (:time, :sequence)
    ORDER BY time ${order}, sequence ${order}, place ${order} LIMIT :limit`
  const one = 'AND subject = :subject'
  const statements = {
    newest: {
      any: database.prepare(select('', 'DESC', '<')),
      one: database.prepare(select(one, 'DESC', '<')),
    },
    oldest: { any: database.prepare(select('', 'ASC', '>')), one: database.prepare(select(one, 'ASC', '>')) },
  }
  const rest = (subject: string, order: string) =>
    database.prepare(`SELECT sequence, device, subject, time, fields FROM event_rows
      WHERE sequence = :sequence ${subject} ORDER BY place ${order}`)
  const wholeEntry = {
    newest: { any: rest('', 'DESC'), one: rest(one, 'DESC') },
    oldest: { any: rest('', 'ASC'), one: rest(one, 'ASC') },
  }

  return {
    tallies: ({ name, from, to }) =>
      tallies.all(JSON.stringify(name), from, to) as unknown as { bucket: number; count: number }[],
    rows(job) {
      const order = job.newest ? 'newest' : 'oldest'
      const width = job.subject === null ? 'any' : 'one'
      const beyond = job.after ?? (job.newest ? { time: 1e17, sequence: 0 } : { time: -1, sequence: 0 })
      const subject = job.subject === null ? {} : { subject: JSON.stringify(job.subject) }
      const found = statements[order][width].all({
        ...subject,
        ...beyond,
        dialect: dialectNumber(job.dialect),
        from: job.from,
        to: job.to,
        limit: job.limit,
      }) as unknown as RowResult[]
      const last = found.at(-1)
      if (last === undefined || found.length < job.limit) return found
      // The place to go on from names an entry, so a page never ends inside one.
      const whole = wholeEntry[order][width].all({
        ...subject,
        sequence: last.sequence,
      }) as unknown as RowResult[]
      return [...found.filter(({ sequence }) => sequence !== last.sequence), ...whole]
    },
  }
}
