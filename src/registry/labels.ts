import type { Selectable } from 'kysely'
import type { Label } from '../core/devices/label.ts'
import type { LabelRepository } from '../core/devices/label-repository.ts'
import { DIALECTS } from '../core/dialects.ts'
import { CoreError } from '../core/errors.ts'
import { type Meanings, type RegistryContext, guard, isId, only } from './context.ts'
import type { Database } from './engine.ts'
import type { LabelsTable } from './schema.ts'

const REFUSALS: Meanings = {
  labels_owner_name: 'label_name_taken',
  labels_manager_name: 'label_name_taken',
  'missing-reference': 'user_not_found',
}

export function labelRepository({ db, engine, now }: RegistryContext): LabelRepository {
  return {
    async insert({ home, owner, name, description, color }) {
      const time = now()
      const values = { home, owner, name, description, color, created_at: time, updated_at: time }
      const insert = db.insertInto('labels').values(values).returningAll()
      return labelFrom({ ...only(await guard(engine, () => insert.execute(), REFUSALS)), device_count: 0 })
    },

    async get(id) {
      if (!isId(id)) return null
      const row = await guard(engine, () => labels(db).where('labels.id', '=', id).executeTakeFirst())
      return row === undefined ? null : labelFrom(row)
    },

    list: (owner, { limit, offset }) =>
      guard(engine, async () => {
        const rows = await labels(db)
          .where('labels.owner', '=', owner)
          .orderBy('labels.id')
          .limit(limit)
          .offset(offset)
          .execute()
        const { total } = await db
          .selectFrom('labels')
          .select(({ fn }) => fn.countAll<number>().as('total'))
          .where('owner', '=', owner)
          .executeTakeFirstOrThrow()
        return { total, labels: rows.map(labelFrom) }
      }),

    async update(id, { name, description, color }) {
      if (!isId(id)) throw new CoreError('label_not_found')
      const columns = {
        ...(name !== undefined && { name }),
        ...(description !== undefined && { description }),
        ...(color !== undefined && { color }),
        updated_at: now(),
      }
      const update = db.updateTable('labels').set(columns).where('id', '=', id)
      const { numUpdatedRows } = await guard(engine, () => update.executeTakeFirst(), REFUSALS)
      const row = await guard(engine, () => labels(db).where('labels.id', '=', id).executeTakeFirst())
      if (numUpdatedRows === 0n || row === undefined) throw new CoreError('label_not_found')
      return labelFrom(row)
    },

    async remove(id) {
      if (!isId(id)) return false
      const removal = db.deleteFrom('labels').where('id', '=', id)
      const { numDeletedRows } = await guard(engine, () => removal.executeTakeFirst())
      return numDeletedRows > 0n
    },
  }
}

/** Labels with the number of their devices. */
export const labels = (db: Database) =>
  db
    .selectFrom('labels')
    .selectAll('labels')
    .select((eb) =>
      eb
        .selectFrom('memberships')
        .select(({ fn }) => fn.countAll<number>().as('devices'))
        .whereRef('memberships.label', '=', 'labels.id')
        .as('device_count'),
    )

export function labelFrom(row: Selectable<LabelsTable> & { device_count: number | null }): Label {
  const home = DIALECTS.find((dialect) => dialect === row.home)
  if (home === undefined) throw new Error(`unknown home in the registry: ${row.home}`)
  return {
    id: row.id,
    home,
    owner: row.owner,
    name: row.name,
    description: row.description,
    color: row.color,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    deviceCount: row.device_count ?? 0,
  }
}
