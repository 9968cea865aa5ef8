import type { FastifyRequest } from 'fastify'

/** A header's single text. */
export function headerText(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** The token of `Authorization: Bearer …` (RFC 6750, the scheme in any case); null when there is none. */
export function bearerToken(request: FastifyRequest): string | null {
  return /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1] ?? null
}
