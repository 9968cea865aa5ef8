import type { Family, WireFault } from '../dialect.ts'

const ERRORS: Readonly<Record<WireFault['status'], readonly [error: string, message: string]>> = {
  400: ['Bad Request', 'The request could not be understood'],
  404: ['Not Found', 'The requested resource was not found'],
  405: ['Method Not Allowed', 'The method is not allowed for the requested URL'],
  408: ['Request Timeout', 'The request took too long'],
  413: ['Payload Too Large', 'The request body is too large'],
  414: ['URI Too Long', 'The requested URL is too long'],
  415: ['Invalid content type', 'Content-Type must be application/json'],
  431: ['Request Header Fields Too Large', 'The request headers are too large'],
  500: ['Internal Server Error', 'An unexpected error occurred'],
  503: ['Service Unavailable', 'The server can not take this now, try again later'],
}

/** `error` and `message`, as the iotflow contract words them (section 1). */
export function errorAndMessage({ status }: WireFault): { error: string; message: string } {
  const [error, message] = ERRORS[status]
  return { error, message }
}

/** Paths that several dialects own together: each finds its own members in one body (shared paths). */
export const SEVERAL: Family = {
  prefixes: ['/api/v1'],
  exact: ['/', '/health', '/docs', '/redoc', '/openapi.json', '/apispec.json'],
  body: (fault) => ({ ...errorAndMessage(fault), detail: ERRORS[fault.status][0] }),
}
