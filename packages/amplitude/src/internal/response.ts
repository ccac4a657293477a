import type * as EventSink from "@trackmap/core/EventSink"
import type * as HttpSink from "@trackmap/core/HttpSink"
import * as HttpTransport from "@trackmap/core/HttpTransport"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Predicate from "effect/Predicate"

type Body = Readonly<Record<string, unknown>>

/** How long Amplitude wants its throttled users and devices to pause ("HTTP V2 API", "429"), in milliseconds. */
const pause = 30_000

const listOf = (u: unknown): ReadonlyArray<unknown> => (Array.isArray(u) ? u : [])
const entriesOf = (u: unknown) => (Predicate.isObject(u) ? Object.entries(u) : [])

/** The indices of the events that a 400 names, and why Amplitude refuses each. A field's name comes from Amplitude, and is checked. */
const refusedIn = (body: Body): ReadonlyArray<readonly [index: unknown, why: string]> => [
  ...["events_with_invalid_fields", "events_with_missing_fields", "events_with_invalid_id_lengths"].flatMap((kind) =>
    entriesOf(body[kind]).flatMap(([field, indices]) => {
      const name = /^[\w.$]{1,50}$/.test(field) ? ` ${field}` : ""
      const why = `${kind.includes("missing") ? "it misses the field" : "it has an invalid value in the field"}${name}`
      return listOf(indices).map((index) => [index, why] as const)
    })
  ),
  ...listOf(body["silenced_events"]).map((index) => [index, "its device is silenced"] as const)
]

/** The indices of the events whose user or device a 429 names. */
const namedIn = (body: Body, kind: "throttled" | "exceeded_daily_quota", batch: EventSink.Batch) => {
  const named = (who: string) => new Set(entriesOf(body[`${kind}_${who}`]).map(([id]) => id))
  const users = named("users")
  const devices = named("devices")
  if (users.size + devices.size === 0) return []
  return batch
    .map(({ anonymousId = "", userId = "" }) => users.has(userId) || devices.has(anonymousId))
    .flatMap((isNamed, index) => (isNamed ? [index] : []))
}

/** Amplitude's own code, which a proxy may have sent with another status. */
const statusOf = ({ status }: HttpTransport.Response, body: Body | undefined): number =>
  status >= 200 && status < 300 && typeof body?.["code"] === "number" ? body["code"] : status

/**
 * Interprets a response. No reason quotes it, since Amplitude may repeat what it received. Amplitude has taken no event of a 400 or a 429: the sink
 * sends those that it does not name again at once.
 */
export const interpret: HttpSink.Interpret = (response, { batch, now }) => {
  const body = HttpTransport.jsonObject(response)
  const status = statusOf(response, body)
  const failure = SendError.fromResponse({ ...response, status }, now)
  if (failure === undefined)
    return body?.["code"] === 200 ? undefined : HttpTransport.unexpectedBody(response, "Amplitude")
  if (body === undefined || (status !== 400 && status !== 429)) return failure
  if (body["missing_field"] === "api_key" || /^invalid api.?key/i.test(String(body["error"]))) {
    return new SendError.Misconfigured({ reason: "Amplitude does not accept the API key" })
  }
  const wait = failure._tag === "Unavailable" ? failure.retryAfter : undefined
  const throttled = SendError.unavailable(`Amplitude throttles a user or a device (status ${status})`, wait ?? pause)
  const verdicts = new Map<unknown, HttpSink.Verdict>()
  const events = listOf(body["throttled_events"])
  for (const index of events.length > 0 ? events : namedIn(body, "throttled", batch)) verdicts.set(index, throttled)
  for (const index of namedIn(body, "exceeded_daily_quota", batch)) {
    verdicts.set(index, refused("its user or device has exceeded the daily quota"))
  }
  for (const [index, why] of refusedIn(body)) verdicts.set(index, refused(why))
  const all = Array.from({ length: batch.length }, (_, index) => verdicts.get(index))
  if (all.some((verdict) => verdict !== undefined)) return all
  return status === 429 ? throttled : failure
}

const refused = (why: string): Receipt.Outcome => Receipt.rejected(`Amplitude refused the event: ${why}`)
