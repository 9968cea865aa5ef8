import { DIALECTS } from '../../core/dialects.ts'
import { CoreError } from '../../core/errors.ts'
import type { Point } from '../../core/telemetry/store.ts'
import type { RangeJob } from './messages.ts'
import { compareNames, type SeriesName } from './series-index.ts'

/** Names the last point of a page: it means the same before and after a compaction or a restart. */
export function writePageToken({ time, device, metric, dialect, sequence }: Point): string {
  return Buffer.from(JSON.stringify([time, device, metric, dialect, sequence])).toString('base64url')
}

/**
 * Finds the place behind the token's point among the selected series, which are sorted by name.
 * @throws CoreError invalid_input when the text is no token
 */
export function readPageToken(token: string, names: readonly SeriesName[]): NonNullable<RangeJob['after']> {
  const { time, sequence, ...name } = parse(token)
  const firstBehind = names.findIndex((own) => compareNames(own, name) > 0)
  const rank = firstBehind < 0 ? names.length : firstBehind
  const before = names[rank - 1]
  return { time, sequence, rank, exact: before !== undefined && compareNames(before, name) === 0 }
}

function parse(token: string): SeriesName & { time: number; sequence: number } {
  try {
    const [time, device, metric, dialect, sequence] = JSON.parse(
      Buffer.from(token, 'base64url').toString(),
    ) as unknown[]
    const known = DIALECTS.find((name) => name === dialect)
    const numbers = [time, device, sequence].every((value) => Number.isInteger(value))
    if (numbers && typeof metric === 'string' && known !== undefined) {
      return {
        time: time as number,
        device: device as number,
        metric,
        dialect: known,
        sequence: sequence as number,
      }
    }
  } catch {
    // Not JSON: the same answer as for JSON of another shape.
  }
  throw new CoreError('invalid_input', { field: 'after', reason: 'not the token of a page' })
}
