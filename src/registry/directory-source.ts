import type { DirectorySource } from '../core/devices/device-repository.ts'
import { type RegistryContext, guard } from './context.ts'
import { VISIBLE, refFrom } from './device-rows.ts'

export function directorySource({ db, engine }: RegistryContext): DirectorySource {
  return {
    page: (id, limit) =>
      guard(engine, async () => {
        const rows = await db
          .selectFrom('devices')
          .leftJoin('credentials', (join) =>
            join.onRef('credentials.device', '=', 'devices.id').on('credentials.kind', '=', 'api_key'),
          )
          .select(['devices.id', 'home', 'owner', 'name', 'device_type', 'lifecycle', 'revision', 'sha256'])
          .where('removing', '=', VISIBLE)
          .where('devices.id', '>', id)
          .orderBy('devices.id')
          .limit(limit)
          .execute()
        return rows.map((row) => ({
          device: refFrom(row),
          revision: row.revision,
          keyHash: row.sha256 === null ? null : Buffer.from(row.sha256).toString('latin1'),
        }))
      }),
  }
}
