import * as HttpSink from "@trackmap/core/HttpSink"
import * as CheckedOptions from "@trackmap/core/Options"
import type * as Plan from "@trackmap/core/Plan"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as SendError from "@trackmap/core/SendError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Settings } from "./event.ts"
import { always, event, isLong } from "./limits.ts"
import type { Path } from "./requests.ts"

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

/** The options of the sink. */
export interface Options {
  /** The project's token. The sink writes it into profile updates and, without a service account, into `Authorization`; nowhere else. */
  readonly token: Redacted.Redacted<string>
  /** Imports events with a service account. Profile updates use the token alone. */
  readonly serviceAccount?: ServiceAccount | undefined
  /** The address before `/import`. Default: `endpoints.us`. */
  readonly endpoint?: string | undefined
  /** Compresses events of 1,024 bytes or more, never profiles ("Import Events", "Rate Limit"; "Set Property"). Default: true. */
  readonly gzip?: boolean | undefined
  /** The sink's name in receipts. Default: "mixpanel". */
  readonly name?: string | undefined
  /** The time limit of a request, to the last byte of the response. A number is milliseconds. Default: 10 seconds. */
  readonly timeout?: Duration.Input | undefined
  /** The group key for `context.groupId` and for `group` calls that name none. Default: "$group_id", as in Segment's Mixpanel destination. */
  readonly groupKey?: string | undefined
  /**
   * For properties that Mixpanel would cut or refuse: `"cut"` shortens and trims them and lists their keys under `_truncated`,
   * `"reject"` rejects the message. Default: `"cut"`.
   */
  readonly whenTooLarge?: "cut" | "reject" | undefined
  /**
   * For messages with `add` or `append` that may have arrived: `"atMostOnce"` does not send them again, and their receipt says
   * `Expired`; `"atLeastOnce"` does, and they may count twice. Default: `"atMostOnce"`.
   */
  readonly counters?: "atMostOnce" | "atLeastOnce" | undefined
}

/** The options with their defaults, checked. */
export interface Target extends Settings {
  readonly name: string
  readonly endpoints: { readonly [P in Path]: HttpSink.Endpoint }
  /** Secrets that no reason repeats, even if Mixpanel's response does. */
  readonly secrets: ReadonlyArray<string>
}

const names: CheckedOptions.Names<Options> = {
  token: true,
  serviceAccount: true,
  endpoint: true,
  gzip: true,
  name: true,
  timeout: true,
  groupKey: true,
  whenTooLarge: true,
  counters: true
}

/** Checks the options' names. */
export const checkNames = (given: Options): Options => {
  const { serviceAccount } = CheckedOptions.check<Options>("Mixpanel.sink", given, names)
  if (serviceAccount !== undefined) {
    const accountNames = { username: true, secret: true, projectId: true } as const
    CheckedOptions.check<ServiceAccount>("Mixpanel.sink: serviceAccount", serviceAccount, accountNames)
  }
  return given
}

/** The error for an option that must be one of some words. */
const wrongWord = (option: string, given: unknown, ...words: ReadonlyArray<string>): string | undefined =>
  given === undefined || words.includes(given as string)
    ? undefined
    : `${option} is ${words.map((word) => JSON.stringify(word)).join(" or ")}`

/** An unset environment variable arrives as undefined. */
const isUnset = (text: unknown): boolean => typeof text !== "string" || text === ""

/** The error in the options, if any. It quotes no value, since a secret may be in the wrong option. */
const wrongIn = ({ counters, groupKey, serviceAccount, token, whenTooLarge }: Options): string | undefined => {
  if (!Redacted.isRedacted(token)) {
    return "the token is not Redacted: pass Redacted.make(token), which keeps it out of logs"
  }
  const value = Redacted.value(token)
  if (isUnset(value)) return "the token is empty"
  if (value.includes(":")) return "the token contains a colon, which Basic authentication does not allow"
  if (serviceAccount !== undefined) {
    const { projectId, secret, username } = serviceAccount
    if (isUnset(username) || username.includes(":"))
      return "the service account's username is empty, or contains a colon"
    if (!Redacted.isRedacted(secret)) {
      return "the service account's secret is not Redacted: pass Redacted.make(secret), which keeps it out of logs"
    }
    if (isUnset(Redacted.value(secret)) || isUnset(projectId))
      return "the service account has no secret, or no project id"
  }
  const word =
    wrongWord("counters", counters, "atMostOnce", "atLeastOnce") ??
    wrongWord("whenTooLarge", whenTooLarge, "cut", "reject")
  if (word !== undefined) return word
  return groupKey === "" || (groupKey !== undefined && (isLong(groupKey) || event.reserved.has(groupKey)))
    ? "the group key is empty, too long, or reserved by Mixpanel"
    : undefined
}

/** The options that decide how messages become records, with their defaults. */
export const settingsOf = ({ counters, groupKey, whenTooLarge }: Omit<Options, "token">): Omit<Settings, "token"> => ({
  counters: counters ?? "atMostOnce",
  groupKey: groupKey ?? "$group_id",
  whenTooLarge: whenTooLarge ?? "cut"
})

/** Checks the options and the plan. */
export const check = Effect.fnUntraced(function* (
  options: Options,
  plan: Plan.Plan | undefined
): Effect.fn.Return<Target, SendError.Misconfigured> {
  const reason = wrongIn(options) ?? (plan && PropertyLimits.reasonAgainstPlan(plan, "Mixpanel", event, always))
  if (reason !== undefined) return yield* new SendError.Misconfigured({ reason })
  const { endpoint: url = endpoints.us, gzip = true, name = "mixpanel", serviceAccount, timeout } = options
  const token = Redacted.value(options.token)
  const secret = serviceAccount ? Redacted.value(serviceAccount.secret) : ""
  const authorization = HttpSink.basicAuth(serviceAccount?.username ?? token, secret)
  const project = serviceAccount && { project_id: serviceAccount.projectId }
  const query = { strict: "1", ...project }
  // Updates contain the token, and Mixpanel cannot decompress them ("Set Property"). Without `strict` and `verbose` it always responds
  // with 200 and one digit.
  const update = { url, timeout, query: { strict: "1", verbose: "1" } }
  return {
    ...settingsOf(options),
    name,
    token,
    endpoints: yield* Effect.all({
      "/import": HttpSink.endpoint(name, { url, path: "/import", query, headers: { authorization }, gzip, timeout }),
      "/groups": HttpSink.endpoint(name, { ...update, path: "/groups" }),
      "/engage": HttpSink.endpoint(name, { ...update, path: "/engage" })
    }),
    secrets: [token, Redacted.value(authorization).slice("Basic ".length), secret].filter((text) => text !== "")
  }
})
