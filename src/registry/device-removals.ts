import type { DeviceRemovals } from '../core/devices/device-repository.ts'
import { MARKED, VISIBLE } from './device-rows.ts'
import { type RegistryContext, guard, isId } from './context.ts'

export function deviceRemovals({ db, engine, changes }: RegistryContext): DeviceRemovals {
  const mark = (id: number) =>
    db.transaction().execute(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('devices')
        .set({ removing: 1 })
        .where('id', '=', id)
        .where('removing', '=', VISIBLE)
        .executeTakeFirst()
      if (numUpdatedRows === 0n) return false
      await transaction.deleteFrom('credentials').where('device', '=', id).execute()
      await transaction.deleteFrom('memberships').where('device', '=', id).execute()
      return true
    })

  return {
    async mark(id) {
      const marked = isId(id) && (await guard(engine, () => mark(id)))
      if (marked) changes.publish({ kind: 'device-removed', device: id })
      return marked
    },
    marked: () =>
      guard(engine, async () => {
        const rows = await db
          .selectFrom('devices')
          .select('id')
          .where('removing', '=', MARKED)
          .orderBy('id')
          .execute()
        return rows.map((row) => row.id)
      }),
    erase: (id) =>
      guard(engine, async () => {
        await db.deleteFrom('devices').where('id', '=', id).where('removing', '=', MARKED).execute()
      }),
  }
}
