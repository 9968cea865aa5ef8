import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { DeviceRef } from '../../core/devices/device.ts'
import { CoreError } from '../../core/errors.ts'
import { JSON_TYPE, SECURITY_HEADERS } from '../../wire/headers.ts'
import { isoTime } from '../../wire/instants.ts'
import { Refusal } from '../../wire/refusal.ts'
import { TELEMETRY_KEY, wake } from './auth.ts'
import { worded } from './refusals.ts'
import { docsOf } from './route.ts'
import { Stored, Submission } from './schema.ts'
import type { Iotflow } from './services.ts'
import { uplinkOf } from './submission.ts'

const ABOUT = {
  tag: 'telemetry',
  summary: 'Report measurements; answered when they are on disk',
  body: Submission,
  answers: { 201: Stored },
}

const noKey = () => new Refusal(401, TELEMETRY_KEY.missing)
const badKey = () => new Refusal(TELEMETRY_KEY.unknown.status, TELEMETRY_KEY.unknown.body)

/**
 * Matrix row 10, the one route whose cost matters: every reading comes this way. It goes around the generic
 * wrapper and answers on the raw socket with headers made beforehand; the contract is the same.
 */
export function mountSubmission(scope: FastifyInstance, { services, options }: Iotflow): void {
  const { directory, ingest, refuse } = services
  const { maxMetrics } = options

  function submit(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const key = request.raw.headers['x-api-key']
    if (typeof key !== 'string' || key === '') throw noKey()
    const device = directory.byApiKey(key)
    if (device === null) throw badKey()
    const uplink = uplinkOf(request.body, device, Date.now(), maxMetrics)
    const stored = ingest(uplink)
    return device.lifecycle === 'inactive'
      ? stored
          .then(() => wake(services, device))
          .then(() => acknowledge(request, reply, receipt(device, uplink.time)))
      : stored.then(() => acknowledge(request, reply, receipt(device, uplink.time)))
  }

  const refused = (error: unknown): unknown => {
    if (error instanceof Refusal) refuse(error.status === 401 ? 'unauthenticated' : 'invalid_input')
    // Removed between the look-up of its key and the commit: the key is no longer known.
    if (error instanceof CoreError) return worded(error, { device_not_found: badKey })
    return error
  }

  scope.route({
    method: 'POST',
    url: '/api/v1/telemetry',
    schema: docsOf(ABOUT, 'K'),
    config: { iotflow: 'K' },
    handler(request, reply) {
      try {
        return submit(request, reply).catch((error: unknown) => {
          throw refused(error)
        })
      } catch (error) {
        throw refused(error)
      }
    },
  })
}

/** Written by hand: half the cost of serialising an object, and the same text. */
function receipt({ id, name }: DeviceRef, time: number): string {
  return (
    `{"message":"Telemetry data stored successfully","device_id":${id},"device_name":${JSON.stringify(name)},` +
    `"timestamp":"${isoTime(time)}","stored_in_cassandra":true}`
  )
}

const HEADERS: readonly string[] = ['content-type', JSON_TYPE, ...Object.entries(SECURITY_HEADERS).flat()]

/** A browser's request carries `Origin` and goes the general way, where the CORS headers are added. */
function acknowledge(request: FastifyRequest, reply: FastifyReply, body: string): FastifyReply {
  if (request.raw.headers.origin !== undefined) return reply.code(201).type(JSON_TYPE).send(body)
  reply.hijack()
  const headers = HEADERS.slice()
  headers.push('x-request-id', request.id, 'content-length', String(Buffer.byteLength(body)))
  reply.raw.writeHead(201, headers)
  reply.raw.end(body)
  return reply
}
