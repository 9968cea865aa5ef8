import type { FastifyInstance } from 'fastify'
import { parseBound } from '../../wire/instants.ts'
import type { Auth } from './auth.ts'
import { refusal } from './refusals.ts'
import { isBlank, mount, objectBody } from './route.ts'
import { RangeDeleted, RangeDeletion } from './schema.ts'
import type { Iotflow } from './services.ts'

const bodyRequired = () => refusal(400, 'Request body required with start_time and stop_time')

/** Matrix row 14: erases a range, inclusive at both ends. A bound that can't be read erases nothing. */
export function mountTelemetryDelete(scope: FastifyInstance, { services }: Iotflow, auth: Auth): void {
  mount(scope, {
    method: 'DELETE',
    path: '/api/v1/telemetry/:device_id',
    access: auth.ownKey(),
    about: {
      tag: 'telemetry',
      summary: "Erase a range of the device's records",
      body: RangeDeletion,
      answers: { 200: RangeDeleted },
    },
    async answer({ id }, request) {
      const { start_time: start, stop_time: stop } = objectBody(request, bodyRequired)
      if (isBlank(start) || isBlank(stop)) throw refusal(400, 'start_time and stop_time are required')
      const now = Date.now()
      const [from, to] = [boundOf(start, now), boundOf(stop, now)]
      if (from <= to) await services.telemetry.deleteRange(id, { from, to })
      return { message: 'Telemetry data deleted', device_id: id, start_time: start, stop_time: stop }
    },
  })
}

function boundOf(value: unknown, now: number): number {
  const bound = typeof value === 'string' ? parseBound(value, now) : null
  if (bound === null) throw refusal(400, 'Invalid timestamp format. Use ISO 8601 format.')
  return bound
}
