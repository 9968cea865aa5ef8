import { CoreError } from './errors.ts'

export interface TextLimits {
  /** Characters, counted as code points. Default 0. */
  readonly min?: number
  readonly max: number
}

/**
 * Refuses what no store can hold (NUL, half a surrogate pair) and what is too short or too long.
 * @throws CoreError `invalid_input` {field, reason}
 */
export function checkText(field: string, text: string, { min = 0, max }: TextLimits): void {
  const refuse = (reason: string) => {
    throw new CoreError('invalid_input', { field, reason })
  }
  if (text.includes('\0') || !text.isWellFormed()) refuse('must be Unicode text without NUL')
  // A text never has fewer UTF-16 units than code points: only what is too long by units needs counting.
  if (text.length > max && (text.length > max * 2 || [...text].length > max)) {
    refuse(`must have at most ${max} characters`)
  }
  if (text.length < min) refuse(min === 1 ? 'must not be empty' : `must have at least ${min} characters`)
}
