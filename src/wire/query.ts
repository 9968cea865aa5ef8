import type { FastifyRequest } from 'fastify'
import type { Page } from '../core/devices/device.ts'

/** A query parameter's text; the last one where it was given twice, undefined where it was not given. */
export function queryText(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Record<string, string | string[] | undefined>)[name]
  return Array.isArray(value) ? value.at(-1) : value
}

/** True only for the text `true`, in any case; `fallback` when the parameter is absent. */
export function queryFlag(request: FastifyRequest, name: string, fallback = false): boolean {
  const text = queryText(request, name)
  return text === undefined ? fallback : text.toLowerCase() === 'true'
}

/** A non-negative integer; the default for anything else, and never more than `max`. */
export function queryCount(
  request: FastifyRequest,
  name: string,
  rule: { default: number; max: number },
): number {
  const text = queryText(request, name)
  const value = text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : rule.default
  return Math.min(value, rule.max)
}

/** `limit` and `offset` of a list. */
export function queryPage(request: FastifyRequest, limit: { default: number; max: number }): Page {
  return {
    limit: queryCount(request, 'limit', limit),
    offset: queryCount(request, 'offset', { default: 0, max: Number.MAX_SAFE_INTEGER }),
  }
}

/** A path segment that must be a positive integer; null for anything else. */
export function pathId(text: string | undefined): number | null {
  if (text === undefined || !/^\d{1,15}$/.test(text)) return null
  return Number(text)
}

/** The path of a request, without its query. */
export function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? ''
}
