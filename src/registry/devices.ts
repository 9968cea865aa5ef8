import type { Selectable, Transaction } from 'kysely'
import { sha256, sha256Text } from '../core/access/secrets.ts'
import { LIFECYCLES, type DeviceChanges, type DeviceFilter, type Lifecycle } from '../core/devices/device.ts'
import type { DeviceInsert, DeviceRepository } from '../core/devices/device-repository.ts'
import { CoreError } from '../core/errors.ts'
import { type Meanings, type RegistryContext, chunks, guard, isId } from './context.ts'
import { canMatch, changedColumns, deviceFrom, fits, refFrom, rowOf } from './device-rows.ts'
import type { DevicesTable, Schema } from './schema.ts'

type Row = Selectable<DevicesTable>

const REFUSALS: Meanings = { devices_owner_name: 'device_name_taken', 'missing-reference': 'user_not_found' }

export function deviceRepository(context: RegistryContext): DeviceRepository {
  const { db, engine, changes } = context
  const visible = (filter: DeviceFilter) => db.selectFrom('devices').where(fits(filter))
  const after = (id: number, filter: DeviceFilter, limit: number) =>
    visible(filter).selectAll().where('id', '>', id).orderBy('id').limit(limit).execute()

  return {
    async insert(devices) {
      const inserted = await guard(engine, () => insertDevices(context, devices), REFUSALS)
      return inserted.map(({ row, apiKey }) => {
        changes.publish({ kind: 'device-created', device: refFrom(row), revision: row.revision })
        changes.publish({ kind: 'credential-changed', device: row.id, keyHash: sha256Text(apiKey) })
        return { device: deviceFrom(row), apiKey }
      })
    },

    async get(id) {
      if (!isId(id)) return null
      const row = await guard(engine, () => visible({}).selectAll().where('id', '=', id).executeTakeFirst())
      return row === undefined ? null : deviceFrom(row)
    },

    async list(filter, { limit, offset }) {
      if (!canMatch(filter)) return { total: 0, devices: [] }
      return guard(engine, async () => {
        const rows = await visible(filter).selectAll().orderBy('id').limit(limit).offset(offset).execute()
        const { total } = await visible(filter)
          .select(({ fn }) => fn.countAll<number>().as('total'))
          .executeTakeFirstOrThrow()
        return { total, devices: rows.map(deviceFrom) }
      })
    },

    async after(id, filter, limit) {
      if (!canMatch(filter)) return []
      return (await guard(engine, () => after(id, filter, limit))).map(deviceFrom)
    },

    async update(id, wanted, onlyFrom) {
      if (!isId(id)) throw new CoreError('device_not_found')
      const row = await guard(engine, () => updateDevice(context, id, { wanted, onlyFrom }), REFUSALS)
      changes.publish({ kind: 'device-changed', device: refFrom(row), revision: row.revision })
      return deviceFrom(row)
    },

    apiKey: async (id) => (isId(id) ? guard(engine, () => readApiKey(context, id)) : null),

    counts: rememberCounts(context),
  }
}

const API_KEY = 'api_key'

const sealContext = (hash: Uint8Array) => `credentials.${API_KEY}:${Buffer.from(hash).toString('hex')}`

function insertDevices({ db, now, secrets }: RegistryContext, devices: readonly DeviceInsert[]) {
  const time = now()
  return db.transaction().execute(async (transaction) => {
    const inserted: { row: Row; apiKey: string }[] = []
    for (const some of chunks(devices)) {
      const rows = await transaction
        .insertInto('devices')
        .values(some.map((device) => rowOf(device, time)))
        .returningAll()
        .execute()
      // Any fresh key fits any new device, so nothing hangs on the order of the rows that come back.
      const paired = rows.flatMap((row, index) => {
        const apiKey = some[index]?.apiKey
        return apiKey === undefined ? [] : [{ row, apiKey }]
      })
      const credentials = paired.map(({ row, apiKey }) => {
        const hash = sha256(apiKey)
        const sealed = secrets.seal(apiKey, sealContext(hash))
        return { device: row.id, kind: API_KEY, sha256: hash, sealed, created_at: time }
      })
      await transaction.insertInto('credentials').values(credentials).execute()
      inserted.push(...paired)
    }
    return inserted
  })
}

interface Update {
  readonly wanted: DeviceChanges
  readonly onlyFrom: Lifecycle | undefined
}

function updateDevice(context: RegistryContext, id: number, { wanted, onlyFrom }: Update): Promise<Row> {
  const { db, engine, now } = context
  return db.transaction().execute(async (transaction) => {
    const found = transaction.selectFrom('devices').where(fits({})).selectAll().where('id', '=', id)
    const before = await engine.locked(found).executeTakeFirst()
    if (before === undefined) throw new CoreError('device_not_found')
    if (onlyFrom !== undefined && before.lifecycle !== onlyFrom) return before
    const row = await transaction
      .updateTable('devices')
      .set((eb) => ({ ...changedColumns(wanted), revision: eb('revision', '+', 1), updated_at: now() }))
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    if (before.owner !== null && before.owner !== row.owner) await leaveLabels(transaction, id, before.owner)
    return row
  })
}

/** Shared model, section 2: a device that changes hands leaves its former owner's labels. */
async function leaveLabels(transaction: Transaction<Schema>, device: number, owner: number): Promise<void> {
  await transaction
    .deleteFrom('memberships')
    .where('device', '=', device)
    .where('label', 'in', (eb) =>
      eb.selectFrom('labels').select('labels.id').where('labels.owner', '=', owner),
    )
    .execute()
}

async function readApiKey({ db, secrets }: RegistryContext, device: number): Promise<string | null> {
  const row = await db
    .selectFrom('credentials')
    .select(['sha256', 'sealed'])
    .where('device', '=', device)
    .where('kind', '=', API_KEY)
    .executeTakeFirst()
  if (row === undefined || row.sealed === null) return null
  return secrets.open(row.sealed, sealContext(row.sha256))
}

/** Counting 100,000 devices takes 7 ms, and routes that show counts are public. Milliseconds. */
const COUNTS_FRESH = 1000

/** Counts once until a device changes, and anew each second in case another process changed one. */
function rememberCounts(context: RegistryContext): DeviceRepository['counts'] {
  let counted: ReturnType<DeviceRepository['counts']> | null = null
  let since = 0
  context.changes.subscribe((change) => {
    if (change.kind.startsWith('device-')) counted = null
  })
  return () => {
    if (counted === null || performance.now() - since > COUNTS_FRESH) {
      since = performance.now()
      counted = guard(context.engine, () => countDevices(context))
    }
    return counted
  }
}

async function countDevices({ db }: RegistryContext) {
  const rows = await db
    .selectFrom('devices')
    .where(fits({}))
    .select(({ fn }) => ['lifecycle', fn.countAll<number>().as('total')])
    .groupBy('lifecycle')
    .execute()
  const byLifecycle: Record<Lifecycle, number> = { active: 0, inactive: 0, maintenance: 0 }
  for (const lifecycle of LIFECYCLES) {
    byLifecycle[lifecycle] = rows.find((row) => row.lifecycle === lifecycle)?.total ?? 0
  }
  return { total: rows.reduce((sum, row) => sum + row.total, 0), byLifecycle }
}
