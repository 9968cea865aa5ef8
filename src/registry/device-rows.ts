import {
  type Expression,
  type Selectable,
  type SqlBool,
  type Updateable,
  expressionBuilder,
  sql,
} from 'kysely'
import {
  LIFECYCLES,
  type Device,
  type DeviceChanges,
  type DeviceFilter,
  type DeviceRef,
} from '../core/devices/device.ts'
import type { DeviceInsert } from '../core/devices/device-repository.ts'
import { DIALECTS } from '../core/dialects.ts'
import { isStorable } from './context.ts'
import type { DevicesTable, Schema } from './schema.ts'

type Row = Selectable<DevicesTable>

// Literals, not parameters: only so do the planners know that a partial index fits.
export const VISIBLE = sql.lit(0)
export const MARKED = sql.lit(1)

/** The one spelling of a stored word that all objects share; an unknown one is a registry this program didn't write. */
function oneOf<Word extends string>(words: readonly Word[], text: string): Word {
  const word = words.find((candidate) => candidate === text)
  if (word === undefined) throw new Error(`unknown word in the registry: ${text}`)
  return word
}

export function refFrom(
  row: Pick<Row, 'id' | 'home' | 'owner' | 'name' | 'device_type' | 'lifecycle'>,
): DeviceRef {
  return {
    id: row.id,
    home: oneOf(DIALECTS, row.home),
    owner: row.owner,
    name: row.name,
    deviceType: row.device_type,
    lifecycle: oneOf(LIFECYCLES, row.lifecycle),
  }
}

export function deviceFrom(row: Row): Device {
  return {
    ...refFrom(row),
    description: row.description,
    location: row.location,
    firmwareVersion: row.firmware_version,
    hardwareVersion: row.hardware_version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

export function rowOf(device: DeviceInsert, now: number): Omit<Row, 'id'> {
  return {
    home: device.home,
    owner: device.owner,
    name: device.name,
    device_type: device.deviceType,
    description: device.description ?? '',
    location: device.location ?? '',
    firmware_version: device.firmwareVersion ?? '',
    hardware_version: device.hardwareVersion ?? '',
    lifecycle: device.lifecycle,
    removing: 0,
    revision: 1,
    created_at: now,
    updated_at: now,
  }
}

export function changedColumns(changes: DeviceChanges): Updateable<DevicesTable> {
  const { name, description, deviceType, location, firmwareVersion, hardwareVersion, lifecycle, owner } =
    changes
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(deviceType !== undefined && { device_type: deviceType }),
    ...(location !== undefined && { location }),
    ...(firmwareVersion !== undefined && { firmware_version: firmwareVersion }),
    ...(hardwareVersion !== undefined && { hardware_version: hardwareVersion }),
    ...(lifecycle !== undefined && { lifecycle }),
    ...(owner !== undefined && { owner }),
  }
}

/** A filter that names a text which can't be stored matches nothing. */
export const canMatch = ({ lifecycle = '', deviceType = '' }: DeviceFilter): boolean =>
  isStorable(lifecycle) && isStorable(deviceType)

/** The condition of a visible device that fits the filter. */
export function fits({ owner, home, lifecycle, deviceType }: DeviceFilter): Expression<SqlBool> {
  const eb = expressionBuilder<Schema, 'devices'>()
  return eb.and([
    eb('devices.removing', '=', VISIBLE),
    ...(owner === undefined ? [] : [eb('devices.owner', '=', owner)]),
    ...(home === undefined ? [] : [eb('devices.home', '=', home)]),
    ...(lifecycle === undefined ? [] : [eb('devices.lifecycle', '=', lifecycle)]),
    ...(deviceType === undefined ? [] : [eb('devices.device_type', '=', deviceType)]),
  ])
}
