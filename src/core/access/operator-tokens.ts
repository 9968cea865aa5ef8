import { timingSafeEqual } from 'node:crypto'
import { sha256 } from './secrets.ts'
import type { OperatorTokens } from './user.ts'

export interface OperatorTokenOptions {
  /** `ADMIN_TOKEN`: good in every dialect. */
  readonly any: string
  /** Aliases with a value of their own: good in their dialect only, beside the token above. */
  readonly iotflow?: string
  readonly nbiot?: string
}

/** Digests are compared, so neither the content nor the length of a token shows in the time an answer takes. */
export function createOperatorTokens({
  any,
  iotflow = any,
  nbiot = any,
}: OperatorTokenOptions): OperatorTokens {
  if ([any, iotflow, nbiot].includes('')) throw new RangeError("an operator's token must not be empty")
  const digests = { any: sha256(any), iotflow: sha256(iotflow), nbiot: sha256(nbiot) }
  return {
    matches(token, dialect) {
      const presented = sha256(token)
      const isGeneral = timingSafeEqual(presented, digests.any)
      const isOwn = timingSafeEqual(presented, digests[dialect])
      return isGeneral || isOwn
    },
  }
}
