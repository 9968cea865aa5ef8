import type { Membership } from '../core/devices/label.ts'
import type { MembershipRepository } from '../core/devices/label-repository.ts'
import { CoreError } from '../core/errors.ts'
import { type RegistryContext, chunks, guard, isId } from './context.ts'
import { VISIBLE, canMatch, deviceFrom, fits } from './device-rows.ts'
import { labelFrom, labels } from './labels.ts'

export function membershipRepository(context: RegistryContext): MembershipRepository {
  const { db, engine } = context
  return {
    async add(label, devices) {
      if (!isId(label)) throw new CoreError('label_not_found')
      return guard(engine, () => addMembers(context, label, devices), {
        'missing-reference': 'label_not_found',
      })
    },

    async remove(label, device) {
      if (!isId(label) || !isId(device)) return false
      const removal = db.deleteFrom('memberships').where('label', '=', label).where('device', '=', device)
      const { numDeletedRows } = await guard(engine, () => removal.executeTakeFirst())
      return numDeletedRows > 0n
    },

    async members(label, filter, { limit, offset }) {
      if (!isId(label) || !canMatch(filter)) return { total: 0, members: [] }
      const found = () =>
        db
          .selectFrom('memberships')
          .innerJoin('devices', 'devices.id', 'memberships.device')
          .where('memberships.label', '=', label)
          .where(fits(filter))
      return guard(engine, async () => {
        const rows = await found()
          .selectAll('devices')
          .select('memberships.added_at')
          .orderBy('devices.id')
          .limit(limit)
          .offset(offset)
          .execute()
        const { total } = await found()
          .select(({ fn }) => fn.countAll<number>().as('total'))
          .executeTakeFirstOrThrow()
        return { total, members: rows.map((row) => ({ device: deviceFrom(row), addedAt: row.added_at })) }
      })
    },

    async labelsOf(device) {
      if (!isId(device)) return []
      const carried = labels(db)
        .innerJoin('memberships', 'memberships.label', 'labels.id')
        .select('memberships.added_at')
        .where('memberships.device', '=', device)
        .orderBy('labels.id')
      const rows = await guard(engine, () => carried.execute())
      return rows.map((row) => ({ label: labelFrom(row), addedAt: row.added_at }))
    },
  }
}

function addMembers({ db, engine, now }: RegistryContext, label: number, devices: readonly number[]) {
  const wanted = [...new Set(devices.filter(isId))]
  return db.transaction().execute(async (transaction) => {
    // Held until the end, so that the label can't go between its check and its members.
    const query = transaction.selectFrom('labels').select('id').where('id', '=', label)
    const known = await engine.locked(query).executeTakeFirst()
    if (known === undefined) throw new CoreError('label_not_found')
    const added: Membership[] = []
    for (const some of chunks(wanted)) {
      const rows = await transaction
        .insertInto('memberships')
        .columns(['label', 'device', 'added_at'])
        .expression((eb) =>
          eb
            .selectFrom('devices')
            .select(({ cast, val }) => [
              cast<number>(val(label), engine.types.integer).as('label'),
              'devices.id',
              cast<number>(val(now()), engine.types.integer).as('added_at'),
            ])
            .where('devices.id', 'in', some)
            .where('devices.removing', '=', VISIBLE),
        )
        .onConflict((conflict) => conflict.columns(['label', 'device']).doNothing())
        .returning(['id', 'label', 'device', 'added_at'])
        .execute()
      for (const { added_at: addedAt, ...row } of rows) added.push({ ...row, addedAt })
    }
    return added
  })
}
