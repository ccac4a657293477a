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
/** How far an event may be in the future. PostHog changes later times to the time of arrival (capture, `normalize_timestamp`). */
export const hoursAhead = 23

/**
 * Distinct ids of which PostHog makes no person, since services send them by mistake (capture, `ILLEGAL_DISTINCT_IDS`): in any case, and also in
 * quotes (PostHog, `isDistinctIdIllegal`).
 */
const illegal =
  /^\s*$|^\s*(["']?)(\[object object\]|0|anonymous|anonymous-user|backend|distinct_id|distinctid|email|false|guest|id|nan|none|not_authenticated|null|system|true|undefined|user|0{8}-0{4}-0{4}-0{4}-0{12})\1\s*$/i

/** The event that PostHog drops (capture, `dropped_performance_event`). */
export const dropped = "$performance_event"

/** Why PostHog would not accept an event's name. */
export const reasonAgainstName = (name: string): string | undefined => {
  if (name === "") return "the event has no name"
  if (name === dropped) return `PostHog accepts no event of the name ${dropped}`
  return PropertyLimits.exceeds(name, nameBytes) ? `the event's name has more than ${nameBytes} bytes` : undefined
}

/** Why PostHog would not accept an id. It does not repeat the id, which may be an email address. */
export const reasonAgainstId = (name: string, id: string): string | undefined => {
  if (illegal.test(id)) return `PostHog does not allow this ${name}, which services send by mistake`
  return PropertyLimits.exceeds(id, nameBytes) ? `the ${name} has more than ${nameBytes} bytes` : undefined
}
