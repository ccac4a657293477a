import * as CheckedOptions from "@trackmap/core/Options"
import type * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import { event, isLong } from "./limits.ts"

/** Mixpanel's addresses, by the region of a project's data ("Default Properties", "Ingestion APIs"). */
export const endpoints = {
  /** The default: the United States. */
  us: "https://api.mixpanel.com",
  /** The European Union. */
  eu: "https://api-eu.mixpanel.com",
  /** India. */
  in: "https://api-in.mixpanel.com"
} as const

/** A service account, which may import events (Mixpanel, "Service Accounts"). */
export interface ServiceAccount {
  readonly username: string
  readonly secret: Redacted.Redacted<string>
  readonly projectId: string
}

/** An unset environment variable arrives as undefined. */
const isUnset = (text: unknown): boolean => typeof text !== "string" || text === ""

/** It quotes no value, since a secret may be in the wrong option. */
const reasonAgainstAccount = ({ projectId, secret, username }: ServiceAccount): string | undefined => {
  if (isUnset(username) || username.includes(":")) return "the service account's username is empty, or contains a colon"
  if (!Redacted.isRedacted(secret)) {
    return "the service account's secret is not Redacted: pass Redacted.make(secret), which keeps it out of logs"
  }
  return isUnset(Redacted.value(secret)) || isUnset(projectId)
    ? "the service account has no secret, or no project id"
    : undefined
}

const rules = {
  /** The project's token. The sink writes it into profile updates and, without a service account, into `Authorization`; nowhere else. */
  token: CheckedOptions.secret("the token", (token) =>
    token.includes(":") ? "the token contains a colon, which Basic authentication does not allow" : undefined
  ),
  /** Imports events with a service account. Profile updates use the token alone. */
  serviceAccount: CheckedOptions.optional<ServiceAccount | undefined>(
    undefined,
    (account) => account && reasonAgainstAccount(account)
  ),
  /** The address before `/import`, or "us", "eu" or "in" for those in `endpoints`. Default: "us". */
  endpoint: CheckedOptions.optional("us"),
  /** Compresses events of 1,024 bytes or more, never profiles ("Import Events", "Rate Limit"; "Set Property"). Default: true. */
  gzip: CheckedOptions.optional(true),
  /** The sink's name in receipts. Default: "mixpanel". */
  name: CheckedOptions.optional("mixpanel"),
  /** The time limit of a request, to the last byte of the response. A number is milliseconds. Default: 10 seconds. */
  timeout: CheckedOptions.optional<Duration.Input>("10 seconds"),
  /** The group key for `context.groupId` and for `group` calls that name none. Default: "$group_id", as in Segment's Mixpanel destination. */
  groupKey: CheckedOptions.text("the group key", "$group_id", (key) =>
    isLong(key) || event.reserved.has(key) ? "the group key is too long, or reserved by Mixpanel" : undefined
  ),
  /**
   * For properties that Mixpanel would cut or refuse: `"cut"` shortens and trims them and lists their keys under `_truncated`,
   * `"reject"` rejects the message. Default: `"cut"`.
   */
  whenTooLarge: CheckedOptions.oneOf("cut", "reject"),
  /**
   * For messages with `add` or `append` that may have arrived: `"atMostOnce"` does not send them again, and their receipt says
   * `Expired`; `"atLeastOnce"` does, and they may count twice. Default: `"atMostOnce"`.
   */
  counters: CheckedOptions.oneOf("atMostOnce", "atLeastOnce")
}

/** The options of the sink. */
export interface Options extends CheckedOptions.Given<typeof rules> {}

/** The options with their defaults. */
export type Resolved = CheckedOptions.Resolved<typeof rules>["options"]

const accountNames = { username: true, secret: true, projectId: true } as const

/** Checks the options, and adds the defaults. */
export const resolve = (given: Options): CheckedOptions.Resolved<typeof rules> => {
  const resolved = CheckedOptions.resolve("Mixpanel.sink", given, rules)
  const { serviceAccount } = resolved.options
  if (serviceAccount !== undefined) {
    CheckedOptions.check<ServiceAccount>("Mixpanel.sink: serviceAccount", serviceAccount, accountNames)
  }
  return resolved
}
