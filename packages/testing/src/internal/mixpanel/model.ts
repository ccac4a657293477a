import type * as Fault from "../../Fault.ts"
import type { Profiles } from "./profile.ts"

/** An event as the server keeps it: strings cut to 255 bytes, and a time in the next hour replaced by the present. */
export interface Event {
  readonly event: string
  readonly properties: Readonly<Record<string, any>>
}

/** An event or a profile update that failed validation, the field that is wrong, and why. */
export interface Rejected {
  readonly record: unknown
  readonly field: string
  readonly message: string
}

/** Who may import, besides those who have the project's token. */
export interface ServiceAccount {
  readonly username: string
  readonly secret: string
  readonly projectId: string
}

export interface Credentials {
  readonly token: string
  /** The project's secret, which the service account replaces. */
  readonly secret: string
  readonly serviceAccount: ServiceAccount
}

export interface Store {
  readonly raw: Array<Event>
  readonly updates: Array<Fault.Message>
  readonly rejected: Array<Rejected>
  readonly profiles: Profiles
  readonly groups: Map<string, Profiles>
}
