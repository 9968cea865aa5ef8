/** What every answer carries, device routes of the small-modem dialects excepted. Sensors contract, section 1. */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-xss-protection': '1; mode=block',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'content-security-policy': "default-src 'self'",
} as const

export const JSON_TYPE = 'application/json; charset=utf-8'
