import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { DeviceRef } from '../../core/devices/device.ts'
import type { TelemetryReader, TimeRange } from '../../core/telemetry/store.ts'
import { parseBound } from '../../wire/instants.ts'
import { arrayPieces, sendPieces } from '../../wire/json-stream.ts'
import { queryCount, queryText } from '../../wire/query.ts'
import { Refusal } from '../../wire/refusal.ts'
import type { Auth } from './auth.ts'
import { type FlatRecord, flatRecord, instants } from './flat-records.ts'
import { mount } from './route.ts'
import { LatestTelemetry, NoTelemetry, TelemetryRecords } from './schema.ts'
import type { Iotflow } from './services.ts'

const HOUR = 3_600_000
/** Records of one step of a long answer. */
const STEP = 500

export const RangeQueryShape = Type.Object({
  start_time: Type.Optional(Type.String({ description: '`-<n>m|h|d|w`, `now` or ISO 8601' })),
  end_time: Type.Optional(Type.String({ description: 'the same; default now' })),
  limit: Type.Optional(Type.Integer({ minimum: 0 })),
})

/** The range a request asks for; a bound that can't be read means an hour ago (contract section 7). */
export function rangeOf(
  request: FastifyRequest,
  defaultStart: string,
): { range: TimeRange; start: string; end: string | null } {
  const now = Date.now()
  const start = queryText(request, 'start_time') ?? defaultStart
  const end = queryText(request, 'end_time') ?? null
  const bound = (text: string) => parseBound(text, now) ?? now - HOUR
  return { range: { from: bound(start), to: end === null ? now : bound(end) }, start, end }
}

const describe = ({ id, name, deviceType }: DeviceRef) => ({
  device_id: id,
  device_name: name,
  device_type: deviceType,
})

/** Matrix rows 11 and 12: a device's own records. */
export function mountTelemetryReads(scope: FastifyInstance, { services }: Iotflow, auth: Auth): void {
  const { telemetry } = services
  mount(scope, {
    method: 'GET',
    path: '/api/v1/telemetry/:device_id',
    access: auth.ownKey(),
    about: {
      tag: 'telemetry',
      summary: "The device's records, newest first",
      query: RangeQueryShape,
      answers: { 200: TelemetryRecords },
    },
    answer(device, request, reply) {
      const { range, start } = rangeOf(request, '-1h')
      const limit = queryCount(request, 'limit', { default: 1000, max: 10_000 })
      const head = JSON.stringify({ ...describe(device), start_time: start, cassandra_available: true })
      return sendPieces(reply, listPieces(head, records(telemetry, { device: device.id, range, limit })))
    },
  })
  mount(scope, {
    method: 'GET',
    path: '/api/v1/telemetry/:device_id/latest',
    access: auth.ownKey(),
    about: {
      tag: 'telemetry',
      summary: 'The newest value of each measurement',
      answers: { 200: LatestTelemetry, 404: NoTelemetry },
    },
    async answer(device) {
      const points = await telemetry.latest({ devices: [device.id] })
      if (points.length === 0) {
        const { device_id, device_name } = describe(device)
        const message = 'No telemetry data found'
        throw new Refusal(404, { device_id, device_name, message, cassandra_available: true })
      }
      return { ...describe(device), latest_data: flatRecord(points), cassandra_available: true }
    },
  })
}

/** An object with the members of `head`, then `data` and `count`, without holding all of `data`. */
export async function* listPieces(head: string, items: AsyncIterable<object>): AsyncGenerator<string> {
  let count = 0
  yield `${head.slice(0, -1)},"data":[`
  yield* arrayPieces(items, (item) => {
    count += 1
    return JSON.stringify(item)
  })
  yield `],"count":${count}}`
}

async function* records(
  telemetry: TelemetryReader,
  { device, range, limit }: { device: number; range: TimeRange; limit: number },
): AsyncGenerator<FlatRecord> {
  let rest = limit
  let after: string | undefined
  while (rest > 0 && range.from <= range.to) {
    const page = await telemetry.range({
      devices: [device],
      range,
      order: 'newest',
      limit: Math.min(rest, STEP),
      limitBy: 'instants',
      ...(after === undefined ? {} : { after }),
    })
    for (const points of instants(page.points)) {
      rest -= 1
      yield flatRecord(points)
    }
    if (page.next === undefined) return
    after = page.next
  }
}
