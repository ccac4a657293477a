import type * as EventSink from "@trackmap/core/EventSink"
import type * as HttpTransport from "@trackmap/core/HttpTransport"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"

/** What a response says: the batch's error; or the outcomes that are known, and why events of throttled users must wait, if any must. */
export type Meaning =
  | SendError.SendError
  | {
      readonly outcomes: ReadonlyMap<number, Receipt.Outcome>
      readonly waiting: ReadonlySet<number>
      readonly throttled: SendError.Unavailable
    }

type Body = Readonly<Record<string, unknown>>

/** How long Amplitude wants its throttled users and devices to pause ("HTTP V2 API", "429"), in milliseconds. */
const pause = 30_000

const isBody = (u: unknown): u is Body => typeof u === "object" && u !== null && !Array.isArray(u)

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const listOf = (u: unknown): ReadonlyArray<unknown> => (Array.isArray(u) ? u : [])
const entriesOf = (u: unknown) => (isBody(u) ? Object.entries(u) : [])

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

/** The ids of a batch's events. */
const idsIn = (batch: EventSink.Batch) => {
  const json = batch.encodedArray.map((chunk) => new TextDecoder().decode(chunk)).join("")
  return (JSON.parse(json) as ReadonlyArray<Body>).map(({ device_id, user_id }) => ({
    users: String(user_id ?? ""),
    devices: String(device_id ?? "")
  }))
}

/** The indices of the events whose user or device a 429 names. */
const namedIn = (body: Body, kind: "throttled" | "exceeded_daily_quota", batch: EventSink.Batch) => {
  const named = (["users", "devices"] as const).map(
    (who) => [who, new Set(entriesOf(body[`${kind}_${who}`]).map(([id]) => id))] as const
  )
  if (named.every(([, ids]) => ids.size === 0)) return []
  return idsIn(batch).flatMap((ids, index) => (named.some(([who, some]) => some.has(ids[who])) ? [index] : []))
}

/** Amplitude's own code, which a proxy may have sent with another status. */
const statusOf = ({ status }: HttpTransport.Response, body: unknown): number =>
  status >= 200 && status < 300 && isBody(body) && typeof body["code"] === "number" ? body["code"] : status

/** Interprets a response. No reason quotes it, since Amplitude may repeat what it received. Amplitude has taken no event of a 400 or a 429. */
export const read = (response: HttpTransport.Response, batch: EventSink.Batch, now: number): Meaning => {
  const body = parse(response.text)
  const status = statusOf(response, body)
  const failure = SendError.fromResponse({ ...response, status }, now)
  const throttled = new SendError.Unavailable({
    reason: `Amplitude throttles a user or a device (status ${status})`,
    retryAfter: failure?._tag === "Unavailable" ? (failure.retryAfter ?? pause) : pause
  })
  if (failure === undefined) {
    if (!isBody(body) || body["code"] !== 200) {
      return new SendError.Unavailable({ reason: `status ${status} with a body that is not Amplitude's` })
    }
    const outcomes = new Map(Array.from({ length: batch.length }, (_, index) => [index, Receipt.delivered]))
    return { outcomes, waiting: new Set(), throttled }
  }
  if (!isBody(body) || (status !== 400 && status !== 429)) return failure
  if (body["missing_field"] === "api_key" || /^invalid api.?key/i.test(String(body["error"]))) {
    return new SendError.Misconfigured({ reason: "Amplitude does not accept the API key" })
  }
  const isHere = (index: unknown): index is number =>
    Number.isInteger(index) && Number(index) >= 0 && Number(index) < batch.length
  const outcomes = new Map<number, Receipt.Outcome>()
  for (const [index, why] of refusedIn(body)) {
    if (isHere(index)) outcomes.set(index, Receipt.rejected(`Amplitude refused the event: ${why}`))
  }
  for (const index of namedIn(body, "exceeded_daily_quota", batch)) {
    outcomes.set(
      index,
      Receipt.rejected("Amplitude refused the event: its user or device has exceeded the daily quota")
    )
  }
  const events = listOf(body["throttled_events"]).filter(isHere)
  const waiting = new Set(events.length > 0 ? events : namedIn(body, "throttled", batch))
  for (const index of outcomes.keys()) waiting.delete(index)
  if (outcomes.size + waiting.size > 0) return { outcomes, waiting, throttled }
  return status === 429 ? throttled : failure
}
