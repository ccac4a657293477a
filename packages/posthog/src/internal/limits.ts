import * as Encoder from "@trackmap/core/Encoder"
import type * as Plan from "@trackmap/core/Plan"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"

/** PostHog's limits, from the source of its ingestion API (PostHog/posthog, `rust/capture/src`; below "capture"). */

/** Bytes of an event's name or of a distinct id. The per-event API drops longer ones, and `/batch/` cuts the ids (capture, `v1/analytics`). */
export const nameBytes = 200
/** Bytes of one event, the limit of PostHog's queue behind the API ("event_too_big"). */
export const messageBytes = 1_000_000
/**
 * The limits of a request. PostHog accepts 10 MB in the per-event API and 20 MB in `/batch/`. PostHog does not limit the number of events; this
 * limit bounds the response, which names each one.
 */
export const request = { messages: 1_000, bytes: 8_000_000, messageBytes }
/** How far an event may be in the future, in milliseconds. PostHog changes later times to the time of arrival (capture, `normalize_timestamp`). */
export const ahead = 23 * 3_600_000

/** Distinct ids that services send by mistake (capture, `ILLEGAL_DISTINCT_IDS`). PostHog compares them in any case. */
const illegal: ReadonlySet<string> = new Set([
  "[object object]",
  ..."0 anonymous anonymous-user backend distinct_id distinctid email false guest id nan none".split(" "),
  ..."not_authenticated null system true undefined user".split(" ")
])
const nil = "00000000-0000-0000-0000-000000000000"
const longest = Math.max(...Array.from(illegal, ({ length }) => length))

/** Whether PostHog makes no person of a distinct id, which may also be in quotes (PostHog, `isDistinctIdIllegal`). */
export const isIllegal = (id: string): boolean => {
  const trimmed = id.trim()
  if (trimmed === "") return true
  const first = trimmed.charAt(0)
  const isQuoted = (first === '"' || first === "'") && trimmed.endsWith(first)
  const bare = isQuoted ? trimmed.slice(1, -1) : trimmed
  // A set would hash every id.
  return bare.length > longest ? bare === nil : illegal.has(bare.toLowerCase())
}

/** Why PostHog would not accept an event's name. */
export const reasonAgainstName = (name: string): string | undefined => {
  if (name === "") return "the event has no name"
  if (name === "$performance_event") return "PostHog accepts no event of the name $performance_event"
  return PropertyLimits.exceeds(name, nameBytes) ? `the event's name has more than ${nameBytes} bytes` : undefined
}

/** Why PostHog would not accept the events of a plan. */
export const reasonAgainstPlan = (plan: Plan.Plan | undefined): string | undefined => {
  const wrong = Object.keys(plan?.events ?? {}).filter((name) => reasonAgainstName(name) !== undefined)
  return wrong.length === 0
    ? undefined
    : `PostHog cannot take events of these names: ${PropertyLimits.listed(wrong, nameBytes)}`
}

/** Refuses an id that PostHog would not accept. The reason does not repeat the id, which may be an email address. */
export const checkId = (name: string, id: string): void => {
  if (isIllegal(id)) Encoder.refuse(`PostHog does not allow this ${name}, which services send by mistake`)
  if (PropertyLimits.exceeds(id, nameBytes)) Encoder.refuse(`the ${name} has more than ${nameBytes} bytes`)
}
