import fc from 'fast-check'
import { DIALECTS } from '../core/dialects.ts'
import type { Entry, Reading, ReadingAttributes, TelemetryStore, Value } from '../core/telemetry/store.ts'

/** Random histories of a store: what the property tests replay on a real store and on the model. */

export type Step =
  | { readonly kind: 'append'; readonly batches: readonly (readonly Entry[])[] }
  | { readonly kind: 'deleteRange'; readonly device: number; readonly from: number; readonly to: number }
  | { readonly kind: 'deleteDevice'; readonly device: number }
  | { readonly kind: 'compact' }
  /** Starts a compaction and does not wait for it. */
  | { readonly kind: 'compactBehind' }
  | { readonly kind: 'reopen' }
  /** Goes on from a copy of the files as they are: what a crash leaves. */
  | { readonly kind: 'crash' }
  | { readonly kind: 'wait'; readonly minutes: number }
  | { readonly kind: 'check' }

export const DEVICES = [1, 2, 3]
export const METRICS = ['t', 'h', '__proto__', '']

/** Few instants, so that points meet; some far apart, so that chunks do. */
const instant = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 40 }).map((step) => 1_700_000_000_000 + step * 60_000) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 3_000_000 }).map((step) => step * 1000) },
  { weight: 1, arbitrary: fc.constantFrom(0, Date.UTC(9999, 0, 1) - 1) },
)

const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -5000, max: 5000 }).map((hundredths) => hundredths / 100) },
  { weight: 1, arbitrary: fc.constantFrom(-0, 1e300, 5e-324, 2 ** 53, 0.1 + 0.2) },
  { weight: 1, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.constantFrom('', 'on', 'a\u0000b', '\ud800', 'größer ⚡') },
  { weight: 1, arbitrary: fc.constantFrom<Value>({ a: [1, null, { b: 'x' }] }, [1, 'two', false]) },
)

const attributes: fc.Arbitrary<ReadingAttributes | undefined> = fc.constantFrom(
  undefined,
  {},
  { unit: '°C' },
  { unit: '°C', origin: 'mqtt', anomaly: true },
  { origin: '__proto__', protocol: 'coap', anomaly: false },
)

const reading: fc.Arbitrary<Reading> = fc
  .record({ metric: fc.constantFrom(...METRICS), value, attributes })
  .map(({ attributes: given, ...rest }) => (given === undefined ? rest : { ...rest, attributes: given }))

const key = fc.option(
  fc.record({ scope: fc.constantFrom('', 's'), text: fc.constantFrom('a', 'b', 'c\u0000') }),
  {
    nil: undefined,
    freq: 4,
  },
)

export const entry: fc.Arbitrary<Entry> = fc
  .record({
    device: fc.constantFrom(...DEVICES),
    dialect: fc.constantFrom(...DIALECTS),
    kind: fc.constantFrom('uplink', 'uplink', 'uplink', 'join', 'presence'),
    time: instant,
    received: fc.integer({ min: 0, max: 100 }).map((step) => 1_700_000_000_000 + step * 30_000),
    body: fc.uint8Array({ maxLength: 20 }),
    readings: fc.array(reading, { maxLength: 4 }),
    seen: fc.boolean(),
    key,
    tallies: fc.array(
      fc.record({
        name: fc.constantFrom('n', 'm'),
        bucket: fc.integer({ min: 0, max: 3 }),
        delta: fc.integer({ min: -2, max: 5 }),
      }),
      { maxLength: 2 },
    ),
    rows: fc.array(fc.record({ subject: fc.constantFrom('x', 'y'), fields: fc.jsonValue({ maxDepth: 1 }) }), {
      maxLength: 2,
    }),
  })
  .map(({ key: given, rows, ...rest }) => ({
    ...rest,
    body: rest.kind === 'presence' ? new Uint8Array(0) : rest.body,
    readings: rest.kind === 'presence' ? [] : rest.readings,
    rows: JSON.parse(JSON.stringify(rows)) as NonNullable<Entry['rows']>,
    ...(given && { key: given }),
  }))

const span = fc.tuple(instant, instant).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }))
const device = fc.constantFrom(...DEVICES)

export const history: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 10,
      arbitrary: fc
        .array(fc.array(entry, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 })
        .map((batches): Step => ({ kind: 'append', batches })),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(device, span)
        .map(([own, range]): Step => ({ kind: 'deleteRange', device: own, ...range })),
    },
    { weight: 1, arbitrary: device.map((own): Step => ({ kind: 'deleteDevice', device: own })) },
    { weight: 3, arbitrary: fc.constant<Step>({ kind: 'compact' }) },
    { weight: 2, arbitrary: fc.constant<Step>({ kind: 'compactBehind' }) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'reopen' }) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'crash' }) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 1, max: 9 }).map((minutes): Step => ({ kind: 'wait', minutes })),
    },
    { weight: 3, arbitrary: fc.constant<Step>({ kind: 'check' }) },
  ),
  { minLength: 4, maxLength: 24 },
)

type Answers = Record<string, unknown>

/** Everything the port can be asked, asked; two stores with the same history give the same answers. */
export async function answersOf(store: TelemetryStore): Promise<Answers> {
  const always = { from: 0, to: Number.MAX_SAFE_INTEGER }
  const middle = { from: 1_700_000_000_000 + 300_000, to: 1_700_000_000_000 + 1_500_000 }
  const answers: Answers = {
    latest: await store.latest({}),
    latestOne: await store.latest({
      devices: [2, 1, 2],
      metrics: ['t', '__proto__', 'none'],
      dialects: ['sensors', 'iotflow'],
    }),
    newest: await pages(store, { range: always, order: 'newest', limit: 7 }),
    oldest: await pages(store, { range: always, order: 'oldest', limit: 1000 }),
    instants: await pages(store, {
      devices: [1],
      range: always,
      order: 'newest',
      limit: 2,
      limitBy: 'instants',
    }),
    inside: await pages(store, { metrics: ['t'], range: middle, order: 'oldest', limit: 3 }),
    statistics: await store.statistics({}, always),
    statisticsInside: await store.statistics({ devices: [1, 3] }, middle),
    submissions: await Promise.all([undefined, ...DEVICES].map((own) => store.submissions(own))),
    since: await store.submissionsSince(1_700_000_000_000 + 600_000),
    seen: DEVICES.map((own) => store.lastSeen(own)),
    seenSince: store.seenSince(1_700_000_000_000 + 900_000).sort((a, b) => a - b),
    log: await store.log({ after: 0, limit: 1000 }),
    logAfter: await store.log({ after: 7, limit: 5 }),
    logBefore: await store.log({ before: Infinity, limit: 6 }),
    logDevice: await store.log({ device: 2, before: 20, limit: 4 }),
    logDeviceAfter: await store.log({ device: 1, after: 3, limit: 4 }),
    tallies: await store.tallies('n', { from: 1, to: 3 }),
    rows: await store.rows({ dialect: 'ozone', range: always, order: 'newest', limit: 3 }),
    rowsOf: await store.rows({ dialect: 'ozone', subject: 'x', range: middle, order: 'oldest', limit: 2 }),
  }
  for (const dialect of DIALECTS) {
    const query = { device: 1, metric: 't', dialects: [dialect], order: 'newest' } as const
    answers[`hours ${dialect}`] = await store.aggregate({ ...query, range: always, window: 300_000 })
    answers[`all ${dialect}`] = await store.aggregate({ ...query, range: middle, window: 86_400_000_000 })
  }
  return answers
}

async function pages(store: TelemetryStore, query: Parameters<TelemetryStore['range']>[0]): Promise<unknown> {
  const lengths: number[] = []
  const points: unknown[] = []
  let after: string | undefined
  do {
    const page = await store.range(after === undefined ? query : { ...query, after })
    lengths.push(page.points.length)
    points.push(...page.points)
    after = page.next
  } while (after !== undefined)
  return { lengths, points }
}

/** Sums may be added up in another order, and sequences of `replace` points are bounds: both are levelled out. */
export function levelled(answers: Answers): Answers {
  return JSON.parse(
    JSON.stringify(answers, (member: string, own: unknown) => {
      if (own instanceof Uint8Array) return [...own]
      if ((member === 'sum' || member === 'mean') && typeof own === 'number')
        return Number(own.toPrecision(9))
      if (Object.is(own, -0)) return '-0'
      if (isReplacePoint(own)) return { ...own, sequence: undefined }
      return own
    }),
  ) as Answers
}

function isReplacePoint(own: unknown): own is Record<string, unknown> {
  if (
    typeof own !== 'object' ||
    own === null ||
    !('metric' in own) ||
    !('sequence' in own) ||
    !('dialect' in own)
  )
    return false
  return own.dialect !== 'sensors' && own.dialect !== 'ozone'
}
