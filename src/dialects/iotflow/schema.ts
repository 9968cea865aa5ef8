import Type from 'typebox'
import { LIFECYCLES } from '../../core/devices/device.ts'

/*
 * Every shape on this wire, once. Request shapes check what comes in; answer shapes are what the OpenAPI document
 * shows and what the recorded transcripts are held against.
 */

const Time = Type.String({ format: 'date-time' })
const NullableTime = Type.Union([Time, Type.Null()])
const NullableText = Type.Union([Type.String(), Type.Null()])
const Lifecycle = Type.Enum([...LIFECYCLES])
const Success = Type.Literal('success')
const Count = Type.Integer({ minimum: 0 })
const Id = Type.Integer({ minimum: 1 })
const HexId = Type.String({ pattern: '^[0-9a-f]{32}$' })
const ApiKey = Type.String({ pattern: '^[A-Za-z0-9]{32}$' })
const NullableKey = Type.Union([ApiKey, Type.Null()])

/** A text member that may be left away or null, both meaning "not given". */
const text = (maxLength: number) => Type.Optional(Type.Union([Type.String({ maxLength }), Type.Null()]))

export const ErrorBody = Type.Object({ error: Type.String(), message: Type.Optional(Type.String()) })

export const UserObject = Type.Object({
  id: Id,
  user_id: HexId,
  username: Type.String(),
  email: Type.String(),
  is_active: Type.Boolean(),
  is_admin: Type.Boolean(),
  created_at: Time,
  updated_at: Time,
  last_login: NullableTime,
})

const deviceMembers = {
  id: Id,
  name: Type.String(),
  description: Type.String(),
  device_type: Type.String(),
  status: Lifecycle,
  location: Type.String(),
  firmware_version: Type.String(),
  hardware_version: Type.String(),
  user_id: Type.Union([Id, Type.Null()]),
  created_at: Time,
  updated_at: Time,
  last_seen: NullableTime,
}
export const DeviceObject = Type.Object(deviceMembers)
export const DeviceWithKey = Type.Object({ ...deviceMembers, api_key: NullableKey })

const groupMembers = {
  id: Id,
  name: Type.String(),
  description: NullableText,
  user_id: Type.Union([Id, Type.Null()]),
  color: NullableText,
  created_at: Time,
  updated_at: Time,
  device_count: Count,
}
export const GroupObject = Type.Object({ ...groupMembers, devices: Type.Optional(Type.Array(DeviceObject)) })

const Meta = Type.Object({ total: Count, limit: Count, offset: Count })
const StatusMessage = Type.Object({ status: Success, message: Type.String() })

// Accounts

export const Registered = Type.Object({ status: Success, message: Type.String(), user: UserObject })
export const LoginBody = Type.Object({ username: Type.String(), password: Type.String() })
export const LoginAnswer = Type.Object({
  status: Success,
  message: Type.String(),
  user: UserObject,
  access_token: Type.String(),
  token_type: Type.Literal('bearer'),
  expires_in: Count,
})
export const LogoutAnswer = StatusMessage

// Users

export const UserUpdate = Type.Object({
  email: text(120),
  username: text(80),
  password: text(1024),
  is_active: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  is_admin: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
})
export const UserAnswer = Type.Object({ status: Success, user: UserObject })
export const UserUpdated = Type.Object({ status: Success, message: Type.String(), user: UserObject })
export const UserList = Type.Object({ status: Success, users: Type.Array(UserObject), meta: Meta })
export const UserMessage = StatusMessage

// Devices

const deviceTexts = {
  description: text(1000),
  location: text(200),
  firmware_version: text(20),
  hardware_version: text(20),
}
export const DeviceRegistration = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  device_type: Type.String({ minLength: 1, maxLength: 50 }),
  ...deviceTexts,
})
export const DeviceRegistered = Type.Object({
  message: Type.String(),
  device: Type.Object({
    ...deviceMembers,
    api_key: ApiKey,
    owner: Type.Object({ username: Type.String(), email: Type.String() }),
  }),
})
export const UserDevices = Type.Object({
  status: Success,
  user_id: HexId,
  username: Type.String(),
  total_devices: Count,
  devices: Type.Array(DeviceObject),
  meta: Type.Object({ limit: Count, offset: Count, returned: Count }),
})
export const OwnedDeviceStatus = Type.Object({
  status: Success,
  device: Type.Object({ ...deviceMembers, api_key: NullableKey, is_online: Type.Boolean() }),
})
export const DeviceGroups = Type.Object({
  status: Success,
  device_id: Id,
  device_name: Type.String(),
  groups: Type.Array(Type.Object({ id: Id, name: Type.String(), color: NullableText, added_at: Time })),
  total_groups: Count,
})

// What a device asks about itself

export const DeviceStatus = Type.Object({
  device_id: Id,
  name: Type.String(),
  status: Lifecycle,
  last_seen: NullableTime,
  is_online: Type.Boolean(),
  device: Type.Object({
    ...deviceMembers,
    is_online: Type.Boolean(),
    telemetry_count: Count,
    cached: Type.Boolean(),
  }),
})
export const Heartbeat = Type.Object({
  message: Type.String(),
  device_id: Id,
  timestamp: Time,
  status: Type.Literal('online'),
})
export const ConfigUpdate = Type.Object({
  status: Type.Optional(Type.Union([Lifecycle, Type.Null()])),
  location: deviceTexts.location,
  firmware_version: deviceTexts.firmware_version,
  hardware_version: deviceTexts.hardware_version,
})
export const ConfigUpdated = Type.Object({ message: Type.String(), device: DeviceObject })
export const Config = Type.Object({
  status: Success,
  device_id: Id,
  configuration: Type.Object({
    status: Lifecycle,
    location: Type.String(),
    firmware_version: Type.String(),
    hardware_version: Type.String(),
  }),
  device: DeviceObject,
})
export const Credentials = Type.Object({
  status: Success,
  device_id: Id,
  api_key: ApiKey,
  name: Type.String(),
  device: Type.Object({
    id: Id,
    name: Type.String(),
    device_type: Type.String(),
    user_id: NullableText,
    status: Lifecycle,
  }),
})

// Telemetry

export const MAX_NAME = 100
export const Submission = Type.Object({
  data: Type.Record(Type.String(), Type.Unknown(), {
    minProperties: 1,
    propertyNames: { minLength: 1, maxLength: MAX_NAME },
  }),
  timestamp: Type.Optional(Type.Union([Type.String(), Type.Number(), Type.Null()])),
  metadata: Type.Optional(Type.Unknown()),
})
export const Stored = Type.Object({
  message: Type.String(),
  device_id: Id,
  device_name: Type.String(),
  timestamp: Time,
  stored_in_cassandra: Type.Literal(true),
})
const Record_ = Type.Object({ timestamp: Time }, { additionalProperties: true })
export const TelemetryRecords = Type.Object({
  device_id: Id,
  device_name: Type.String(),
  device_type: Type.String(),
  start_time: Type.String(),
  data: Type.Array(Record_),
  count: Count,
  cassandra_available: Type.Literal(true),
})
export const LatestTelemetry = Type.Object({
  device_id: Id,
  device_name: Type.String(),
  device_type: Type.String(),
  latest_data: Record_,
  cassandra_available: Type.Literal(true),
})
export const NoTelemetry = Type.Object({
  device_id: Id,
  device_name: Type.String(),
  message: Type.String(),
  cassandra_available: Type.Literal(true),
})
export const AGGREGATIONS = ['mean', 'sum', 'count', 'min', 'max', 'first', 'last'] as const
export const Aggregated = Type.Object({
  device_id: Id,
  device_name: Type.String(),
  device_type: Type.String(),
  field: Type.String(),
  aggregation: Type.Enum([...AGGREGATIONS]),
  window: Type.String(),
  start_time: Type.String(),
  data: Type.Array(Type.Object({ timestamp: Time, value: Type.Number(), count: Count })),
  count: Count,
})
export const RangeDeletion = Type.Object({ start_time: Type.String(), stop_time: Type.String() })
export const RangeDeleted = Type.Object({
  message: Type.String(),
  device_id: Id,
  start_time: Type.String(),
  stop_time: Type.String(),
})
const Store = Type.Object({ available: Type.Boolean(), role: Type.String() })
export const TelemetryStatus = Type.Object({
  status: Type.String(),
  databases: Type.Object({ cassandra: Store, redis: Store, mongodb: Store, postgres: Store }),
  total_devices: Count,
  backend: Type.String(),
})
export const UserTelemetry = Type.Object({
  status: Success,
  user_id: HexId,
  telemetry: Type.Array(
    Type.Object({
      device_id: Id,
      device_name: Type.String(),
      timestamp: Time,
      measurement_name: Type.String(),
      value: Type.Unknown(),
      unit: NullableText,
    }),
  ),
  count: Count,
  total_count: Count,
  limit: Count,
  start_time: Type.String(),
  end_time: NullableText,
})

// Groups

const Color = Type.String({ pattern: '^#[0-9A-Fa-f]{6}$' })
const groupTexts = { description: text(1000), color: Type.Optional(Type.Union([Color, Type.Null()])) }
export const GroupCreation = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  ...groupTexts,
})
export const GroupUpdate = Type.Object({ name: text(100), ...groupTexts })
export const GroupAnswer = Type.Object({ status: Success, group: GroupObject })
export const GroupChanged = Type.Object({ status: Success, message: Type.String(), group: GroupObject })
export const GroupList = Type.Object({ status: Success, groups: Type.Array(GroupObject), meta: Meta })
export const GroupMessage = StatusMessage
export const MemberAddition = Type.Object({ device_id: Type.Integer() })
export const MemberAdded = Type.Object({
  status: Success,
  message: Type.String(),
  membership: Type.Object({ id: Id, group_id: Id, device_id: Id, added_at: Time }),
})
export const MemberList = Type.Object({
  status: Success,
  group_id: Id,
  group_name: Type.String(),
  devices: Type.Array(Type.Object({ ...deviceMembers, added_to_group_at: Time })),
  meta: Meta,
})
export const BulkAddition = Type.Object({ device_ids: Type.Array(Type.Unknown()) })
export const BulkAdded = Type.Object({
  status: Success,
  message: Type.String(),
  added: Count,
  skipped: Count,
  details: Type.Object({ added_device_ids: Type.Array(Id), skipped_device_ids: Type.Array(Type.Unknown()) }),
})

// Operator

export const AllDevices = Type.Object({
  status: Success,
  devices: Type.Array(DeviceObject),
  total_devices: Count,
})
export const DeviceStatuses = Type.Object({
  status: Success,
  devices: Type.Array(
    Type.Object({
      id: Id,
      name: Type.String(),
      device_type: Type.String(),
      status: Lifecycle,
      is_online: Type.Boolean(),
    }),
  ),
  meta: Meta,
})
export const AdminDevice = Type.Object({ status: Success, device: DeviceWithKey })
export const AdminUpdate = Type.Object({
  name: Type.Optional(Type.Union([Type.String({ maxLength: 100 }), Type.Null()])),
  device_type: text(50),
  status: Type.Optional(Type.Union([Lifecycle, Type.Null()])),
  ...deviceTexts,
})
export const AdminUpdated = Type.Object({ status: Success, message: Type.String(), device: DeviceObject })
export const StatusChange = Type.Object({ status: Lifecycle })
export const StatusChanged = Type.Object({
  status: Success,
  message: Type.String(),
  device_id: Id,
  old_status: Lifecycle,
  new_status: Lifecycle,
})
export const DeviceDeleted = Type.Object({ status: Success, message: Type.String(), device_id: Id })
export const AdminStats = Type.Object({
  status: Success,
  timestamp: Time,
  total_devices: Count,
  active_devices: Count,
  total_users: Count,
  telemetry_records: Count,
  device_stats: Type.Object({
    total: Count,
    active: Count,
    inactive: Count,
    maintenance: Count,
    online: Count,
    offline: Count,
  }),
})
export const ServerStatus = Type.Object({
  status: Type.String(),
  timestamp: Time,
  database: Type.Object({ connected: Type.Boolean(), type: Type.String() }),
  metrics: Type.Object({
    total_devices: Count,
    active_devices: Count,
    system: Type.Object({}, { additionalProperties: true }),
    application: Type.Object({}, { additionalProperties: true }),
    devices: Type.Object({}, { additionalProperties: true }),
  }),
  checks: Type.Object({}, { additionalProperties: true }),
})
