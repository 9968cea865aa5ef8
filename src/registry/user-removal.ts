import type { DirectoryEntry } from '../core/devices/device-repository.ts'
import { CoreError } from '../core/errors.ts'
import type { RegistryContext } from './context.ts'
import { MARKED, VISIBLE, refFrom } from './device-rows.ts'

export interface RemovedUser {
  /** Devices that go with the user; their telemetry and rows follow. */
  readonly marked: number[]
  /** Devices that others brought: they stay without an owner. */
  readonly ownerless: Pick<DirectoryEntry, 'device' | 'revision'>[]
}

/** Shared model, section 9. @throws CoreError `user_not_found`, `user_protected` */
export function removeUser({ db, engine, now }: RegistryContext, id: number): Promise<RemovedUser> {
  return db.transaction().execute(async (transaction) => {
    // The lock keeps a device from being registered for a user who is going.
    const query = transaction.selectFrom('users').selectAll().where('id', '=', id)
    const user = await engine.locked(query).executeTakeFirst()
    if (user === undefined) throw new CoreError('user_not_found')
    if (user.is_admin === 1 || user.is_superuser === 1) throw new CoreError('user_protected')

    const marked = await transaction
      .updateTable('devices')
      .set({ removing: 1, owner: null })
      .where('owner', '=', id)
      .where('home', 'in', ['iotflow', 'manager'])
      .where('removing', '=', VISIBLE)
      .returning('id')
      .execute()
    const orphaned = await transaction
      .updateTable('devices')
      .set((eb) => ({ owner: null, revision: eb('revision', '+', 1), updated_at: now() }))
      .where('owner', '=', id)
      .returningAll()
      .execute()
    for (const table of ['credentials', 'memberships'] as const) {
      await transaction
        .deleteFrom(table)
        .where('device', 'in', (eb) =>
          eb.selectFrom('devices').select('devices.id').where('removing', '=', MARKED),
        )
        .execute()
    }
    await transaction.deleteFrom('labels').where('owner', '=', id).execute()
    await transaction.deleteFrom('users').where('id', '=', id).execute()
    return {
      marked: marked.map((device) => device.id),
      ownerless: orphaned
        .filter((row) => row.removing === 0)
        .map((row) => ({ device: refFrom(row), revision: row.revision })),
    }
  })
}
