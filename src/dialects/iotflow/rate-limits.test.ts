import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Refusal } from '../../wire/refusal.ts'
import { createRateLimits } from './rate-limits.ts'

function exchange(ip: string, key = '') {
  const headers: Record<string, string> = {}
  const reply = {
    header(name: string, value: string) {
      headers[name] = value
      return reply
    },
  }
  const request = { ip, url: '/api/v1/devices/heartbeat?x=1', headers: { 'x-api-key': key } }
  return { headers, request: request as unknown as FastifyRequest, reply: reply as unknown as FastifyReply }
}

describe('rate limits', () => {
  it('count each budget alone, say what is left, and end with their window', (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 })
    const { heartbeat } = createRateLimits(true)
    const first = exchange('192.0.2.1', 'a')
    for (let n = 0; n < 30; n += 1) heartbeat(first.request, first.reply)
    assert.equal(first.headers['x-ratelimit-remaining'], '0')
    assert.throws(
      () => heartbeat(first.request, first.reply),
      (error: Refusal) => error.status === 429 && error.headers['retry-after'] === '60',
    )
    const other = exchange('192.0.2.1', 'b')
    heartbeat(other.request, other.reply)
    assert.deepEqual(other.headers, { 'x-ratelimit-limit': '30', 'x-ratelimit-remaining': '29' })
    t.mock.timers.tick(60_000)
    heartbeat(first.request, first.reply)
    assert.equal(first.headers['x-ratelimit-remaining'], '29')
  })

  it('are nothing at all while switched off', () => {
    const { registration } = createRateLimits(false)
    const { headers, request, reply } = exchange('192.0.2.1')
    for (let n = 0; n < 50; n += 1) registration(request, reply)
    assert.deepEqual(headers, {})
  })
})
