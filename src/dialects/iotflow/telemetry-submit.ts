import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { DeviceRef } from '../../core/devices/device.ts'
import { CoreError } from '../../core/errors.ts'
import type { DirectRoute } from '../../wire/dialect.ts'
import { JSON_TYPE } from '../../wire/headers.ts'
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

const PATH = '/api/v1/telemetry'

const noKey = () => new Refusal(401, TELEMETRY_KEY.missing)
const badKey = () => new Refusal(TELEMETRY_KEY.unknown.status, TELEMETRY_KEY.unknown.body)

/** Matrix row 10, the one route whose cost matters: every reading comes this way. */
export function submission({ services, options }: Iotflow): DirectRoute {
  const { directory, ingest, refuse } = services

  function submit(headers: IncomingHttpHeaders, body: Buffer): Promise<string> {
    const key = headers['x-api-key']
    if (typeof key !== 'string' || key === '') throw noKey()
    const device = directory.byApiKey(key)
    if (device === null) throw badKey()
    const uplink = uplinkOf(body, device, { received: Date.now(), maxMetrics: options.maxMetrics })
    const stored = ingest(uplink)
    const answer = () => receipt(device, uplink.time)
    return device.lifecycle === 'inactive'
      ? stored.then(() => wake(services, device)).then(answer)
      : stored.then(answer)
  }

  function refused(error: unknown): never {
    if (error instanceof Refusal) refuse(error.status === 401 ? 'unauthenticated' : 'invalid_input')
    // Removed between the look-up of its key and the commit: the key is no longer known.
    throw error instanceof CoreError ? worded(error, { device_not_found: badKey }) : error
  }

  return {
    method: 'POST',
    path: PATH,
    status: 201,
    answer(headers, body) {
      try {
        return submit(headers, body).catch(refused)
      } catch (error) {
        return refused(error)
      }
    },
  }
}

/** The same route on the general way: requests with `Origin`, without a length, with a query. */
export function mountSubmission(scope: FastifyInstance, { answer, status }: DirectRoute): void {
  scope.route({
    method: 'POST',
    url: PATH,
    schema: docsOf(ABOUT, 'K'),
    config: { iotflow: 'K' },
    handler: async (request, reply) =>
      reply
        .code(status)
        .type(JSON_TYPE)
        .send(await answer(request.raw.headers, (request.body as Buffer | undefined) ?? NOTHING)),
  })
}

const NOTHING = Buffer.alloc(0)

/** Written by hand: half the cost of serialising an object, and the same text. */
function receipt({ id, name }: DeviceRef, time: number): string {
  return (
    `{"message":"Telemetry data stored successfully","device_id":${id},"device_name":${JSON.stringify(name)},` +
    `"timestamp":"${isoTime(time)}","stored_in_cassandra":true}`
  )
}
