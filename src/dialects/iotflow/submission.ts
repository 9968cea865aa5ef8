import type { DeviceRef } from '../../core/devices/device.ts'
import type { Uplink } from '../../core/ingest/uplink.ts'
import type { Reading, ReadingAttributes, Value } from '../../core/telemetry/store.ts'
import { parseEpoch, parseInstant } from '../../wire/instants.ts'
import { BrokenJson, isObject, parseJson, valueFault } from '../../wire/json-body.ts'
import { invalidJson, refusal, validationError } from './refusals.ts'
import { MAX_NAME } from './schema.ts'

/** Levels of a nested value; deeper ones could not be written back. */
const MAX_DEPTH = 32
const MAX_UNIT = 50

const noData = () => refusal(400, 'No data provided')
const dataRequired = () => refusal(400, 'Telemetry data is required')
const badTime = () => refusal(400, 'Invalid timestamp format. Use ISO 8601 format.')

/**
 * What `POST /api/v1/telemetry` says, as an uplink. Checked by hand, since every reading passes here; a test holds
 * these checks against the schema `Submission`.
 * @throws Refusal
 */
export function uplinkOf(body: Buffer, device: DeviceRef, { received, maxMetrics }: Arrival): Uplink {
  const message = messageOf(body)
  const data = message['data']
  if (!isObject(data)) throw dataRequired()
  const { metadata } = message
  const units = metadata === undefined || metadata === null ? null : unitsOf(metadata)
  return {
    device: device.id,
    dialect: 'iotflow',
    kind: 'uplink',
    time: timeOf(message['timestamp'], received),
    received,
    body,
    readings: readingsOf(data, units, maxMetrics),
  }
}

export interface Arrival {
  /** When it came, milliseconds. */
  readonly received: number
  /** Most measurements that are taken. */
  readonly maxMetrics: number
}

function messageOf(body: Buffer): Record<string, unknown> {
  let message: unknown
  try {
    message = parseJson(body)
  } catch (error) {
    throw error instanceof BrokenJson ? invalidJson() : error
  }
  if (isObject(message)) for (const _ in message) return message
  throw noData()
}

function timeOf(timestamp: unknown, received: number): number {
  if (timestamp === undefined || timestamp === null) return received
  let time: number | null = null
  if (typeof timestamp === 'string') time = parseInstant(timestamp)
  if (typeof timestamp === 'number') time = parseEpoch(timestamp)
  if (time === null) throw badTime()
  return time
}

function readingsOf(data: Record<string, unknown>, units: UnitOf | null, max: number): Reading[] {
  const readings: Reading[] = []
  let empty = true
  for (const metric of Object.keys(data)) {
    empty = false
    const value = data[metric]
    // A null says nothing, and a measurement called `timestamp` has no place in the flat records of this wire.
    if (value === null || metric === 'timestamp') continue
    checkName(metric)
    if (typeof value !== 'number' || !Number.isFinite(value)) checkValue(metric, value)
    const attributes = units?.(metric)
    readings.push(
      attributes === undefined
        ? { metric, value: value as Value }
        : { metric, value: value as Value, attributes },
    )
  }
  if (empty) throw dataRequired()
  if (readings.length > max) throw validationError(`Too many measurements: at most ${max} are taken`)
  return readings
}

function checkName(metric: string): void {
  if (metric.length > 0 && metric.length <= MAX_NAME && metric.isWellFormed()) return
  throw validationError(`Measurement names must have 1 to ${MAX_NAME} characters`)
}

function checkValue(metric: string, value: unknown): void {
  const fault = valueFault(value, MAX_DEPTH)
  if (fault === null) return
  throw validationError(
    fault === 'number'
      ? `${metric} holds a number that is out of range`
      : `${metric} is nested deeper than ${MAX_DEPTH} levels`,
  )
}

type UnitOf = (metric: string) => ReadingAttributes | undefined

/** `metadata.units` names a unit per measurement, `metadata.unit` one for all (contract section 7). */
function unitsOf(metadata: unknown): UnitOf | null {
  if (valueFault(metadata, MAX_DEPTH) !== null) throw validationError('metadata can not be stored')
  if (!isObject(metadata)) return null
  const { unit, units } = metadata
  if (unit === undefined && units === undefined) return null
  const each = isObject(units) ? units : {}
  return (metric) => attributesFor(Object.hasOwn(each, metric) ? each[metric] : unit)
}

const MAX_KNOWN_UNITS = 1000
const known = new Map<string, ReadingAttributes>()

/** One frozen object for all readings of a unit: what the store takes most cheaply. */
function attributesFor(unit: unknown): ReadingAttributes | undefined {
  if (typeof unit !== 'string' || unit.length === 0 || unit.length > MAX_UNIT) return undefined
  const met = known.get(unit)
  if (met !== undefined) return met
  const attributes = Object.freeze({ unit })
  if (known.size < MAX_KNOWN_UNITS) known.set(unit, attributes)
  return attributes
}
