import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Bucket, TelemetryReader, TimeRange } from '../../core/telemetry/store.ts'
import { isoTime, parseDuration } from '../../wire/instants.ts'
import { sendPieces } from '../../wire/json-stream.ts'
import { queryText } from '../../wire/query.ts'
import { Refusal } from '../../wire/refusal.ts'
import type { Auth } from './auth.ts'
import { mount } from './route.ts'
import { AGGREGATIONS, Aggregated } from './schema.ts'
import type { Iotflow } from './services.ts'
import { listPieces, rangeOf } from './telemetry-read.ts'

const AggregateQuery = Type.Object({
  field: Type.Optional(Type.String()),
  aggregation: Type.Optional(Type.Enum([...AGGREGATIONS])),
  window: Type.Optional(Type.String({ description: '`<n>s|m|h|d`' })),
  start_time: Type.Optional(Type.String()),
  end_time: Type.Optional(Type.String()),
})

/** Windows asked of the store at once. */
const STEP = 10_000

type Aggregation = (typeof AGGREGATIONS)[number]
const isAggregation = (text: string): text is Aggregation => AGGREGATIONS.includes(text as Aggregation)

/** Matrix row 13: numbers of one measurement over windows aligned to UTC, newest first. */
export function mountAggregation(scope: FastifyInstance, { services }: Iotflow, auth: Auth): void {
  mount(scope, {
    method: 'GET',
    path: '/api/v1/telemetry/:device_id/aggregated',
    access: auth.ownKey(),
    about: {
      tag: 'telemetry',
      summary: 'One measurement, summed up over windows of time',
      query: AggregateQuery,
      answers: { 200: Aggregated },
    },
    answer(device, request, reply) {
      const aggregation = queryText(request, 'aggregation') ?? 'mean'
      if (!isAggregation(aggregation)) {
        throw new Refusal(400, { error: 'Invalid aggregation function', valid_functions: AGGREGATIONS })
      }
      const field = queryText(request, 'field') ?? 'temperature'
      const asked = queryText(request, 'window') ?? '1h'
      const width = parseDuration(asked)
      const { range, start } = rangeOf(request, '-24h')
      const head = JSON.stringify({
        device_id: device.id,
        device_name: device.name,
        device_type: device.deviceType,
        field,
        aggregation,
        window: width === null ? '1h' : asked,
        start_time: start,
      })
      const wanted = { device: device.id, metric: field, range, window: width ?? 3_600_000 }
      return sendPieces(reply, listPieces(head, rows(services.telemetry, wanted, aggregation)))
    },
  })
}

interface Wanted {
  readonly device: number
  readonly metric: string
  readonly range: TimeRange
  readonly window: number
}

async function* rows(
  telemetry: TelemetryReader,
  wanted: Wanted,
  aggregation: Aggregation,
): AsyncGenerator<object> {
  for await (const bucket of buckets(telemetry, wanted)) {
    yield { timestamp: isoTime(bucket.start), value: bucket[aggregation], count: bucket.count }
  }
}

/** All windows of the range, a few thousand at a time; stretches without data are jumped over. */
async function* buckets(telemetry: TelemetryReader, wanted: Wanted): AsyncGenerator<Bucket> {
  const { device, metric, range, window } = wanted
  let to = range.to
  while (to >= range.from) {
    const from = Math.max(range.from, (Math.floor(to / window) - STEP) * window)
    yield* await telemetry.aggregate({ device, metric, range: { from, to }, window, order: 'newest' })
    if (from === range.from) return
    const before = { from: range.from, to: from - 1 }
    const page = await telemetry.range({
      devices: [device],
      metrics: [metric],
      range: before,
      order: 'newest',
      limit: 1,
    })
    const [next] = page.points
    if (next === undefined) return
    to = Math.min(before.to, (Math.floor(next.time / window) + 1) * window - 1)
  }
}
