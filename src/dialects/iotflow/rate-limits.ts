import type { FastifyReply, FastifyRequest } from 'fastify'
import { pathOf } from '../../wire/query.ts'
import type { Auth } from './auth.ts'
import { tooManyRequests } from './refusals.ts'

export interface RateRule {
  readonly requests: number
  /** Length of the window in seconds. */
  readonly seconds: number
  /** Whose budget it is. */
  readonly keyOf: (request: FastifyRequest) => string
}

/** Most budgets of one rule kept in memory; the one opened first goes. */
const MAX_BUDGETS = 100_000

type Limiter = (request: FastifyRequest, reply: FastifyReply) => void

export type RateLimits = Readonly<Record<'registration' | 'credentials' | 'heartbeat', Limiter>>

/** What stands before a route: who may, and how often. */
export interface Guards {
  readonly auth: Auth
  readonly limits: RateLimits
}

const byAddress = (request: FastifyRequest): string => request.ip

/** The limits of contract section 10; nothing at all while they are switched off. */
export function createRateLimits(on: boolean): RateLimits {
  const byDevice = (request: FastifyRequest) => String(request.headers['x-api-key'] ?? request.ip)
  const limit = (rule: RateRule): Limiter => (on ? limiter(rule) : () => undefined)
  return {
    registration: limit({ requests: 10, seconds: 300, keyOf: byAddress }),
    credentials: limit({ requests: 10, seconds: 60, keyOf: byAddress }),
    heartbeat: limit({ requests: 30, seconds: 60, keyOf: byDevice }),
  }
}

function limiter({ requests, seconds, keyOf }: RateRule): Limiter {
  const budgets = new Map<string, { used: number; ends: number }>()

  function budgetOf(key: string, now: number): { used: number; ends: number } {
    const known = budgets.get(key)
    if (known !== undefined && known.ends > now) return known
    budgets.delete(key)
    const oldest = budgets.size >= MAX_BUDGETS ? budgets.keys().next().value : undefined
    if (oldest !== undefined) budgets.delete(oldest)
    const opened = { used: 0, ends: now + seconds * 1000 }
    budgets.set(key, opened)
    return opened
  }

  return (request, reply) => {
    const now = Date.now()
    const budget = budgetOf(keyOf(request), now)
    budget.used += 1
    reply
      .header('x-ratelimit-limit', String(requests))
      .header('x-ratelimit-remaining', String(Math.max(0, requests - budget.used)))
    if (budget.used > requests) {
      throw tooManyRequests(pathOf(request), (budget.ends - now) / 1000)
    }
  }
}
