import type { OperatorTokens, UserService, UserTokens } from '../../core/access/user.ts'
import type { DeviceDirectory, DeviceService } from '../../core/devices/device.ts'
import type { LabelService } from '../../core/devices/label.ts'
import type { Ingest } from '../../core/ingest/uplink.ts'
import type { Presence, TelemetryReader, TelemetryWriter } from '../../core/telemetry/store.ts'
import type { HealthReport } from '../../wire/dialect.ts'

/** What the core does for this dialect. */
export interface IotflowServices {
  readonly users: UserService
  readonly tokens: UserTokens
  readonly operator: OperatorTokens
  readonly devices: DeviceService
  readonly directory: DeviceDirectory
  readonly labels: LabelService
  readonly telemetry: TelemetryReader & Presence & Pick<TelemetryWriter, 'deleteRange'>
  readonly ingest: Ingest
  /** Counts a message refused before it became an uplink. */
  readonly refuse: (reason: string) => void
  readonly report: () => Promise<HealthReport>
}

export interface IotflowOptions {
  /** False: `X-User-ID` is as though it were never sent; the bearer remains. */
  readonly userIdHeader: boolean
  readonly rateLimits: boolean
  /** Most measurements in one message. */
  readonly maxMetrics: number
  /** The relational store's name, shown by `GET /status`. */
  readonly storeName: string
}

export interface Iotflow {
  readonly services: IotflowServices
  readonly options: IotflowOptions
}
