import { STATUS_CODES } from "node:http"
import type { Message } from "../../Fault.ts"
import { json, mediaType } from "../../VendorServer.ts"
import type { Answer, Batch, Request, Vendor } from "../../VendorServer.ts"
import { bytesOf, isRecord } from "../server/json.ts"
import type { Dropped, Event } from "./model.ts"
import { isIllegal, type Persons } from "./persons.ts"

export interface Store {
  readonly raw: Array<Event>
  readonly dropped: Array<Dropped>
  readonly persons: Persons
}

/** PostHog's limits, with an MB as 1,000,000 bytes, the smaller of its two meanings. */
const eventsBytes = 10_000_000
const batchBytes = 20_000_000
const messageBytes = 1_000_000
const length = 200
const ahead = 23 * 3_600_000

const uuid = /^[\da-f]{8}-?(?:[\da-f]{4}-?){3}[\da-f]{12}$/i
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/
const isTime = (u: unknown): boolean => typeof u === "string" && rfc3339.test(u) && !Number.isNaN(Date.parse(u))
const bytes = (text: string): number => Buffer.byteLength(text)

const eventsPath = /^\/i\/v1\/analytics\/events\/?$/

const refusal = (status: number, error: string): Answer => json(status, { error, error_description: error })
const text = (status: number, body: string): Answer => ({ status, headers: { "content-type": "text/plain" }, body })

const tags: Readonly<Record<number, string>> = {
  400: "invalid_batch",
  401: "invalid_api_token",
  402: "billing_limit_exceeded",
  408: "request_timeout",
  413: "payload_too_large",
  415: "unsupported_content_type",
  429: "rate_limited",
  503: "service_unavailable",
  504: "gateway_timeout"
}

export const vendor = (store: Store, projectKey: string): Vendor => ({
  refusal: (status, { path }) =>
    eventsPath.test(path)
      ? refusal(status, tags[status] ?? "internal_error")
      : text(status, String(STATUS_CODES[status])),
  denial: ({ path }) =>
    eventsPath.test(path) ? refusal(200, "internal_error") : json(200, { status: "Ok", quota_limited: ["events"] }),
  clear: () => {
    store.raw.length = 0
    store.dropped.length = 0
    store.persons.clear()
  },
  read: (request) => {
    if (request.method !== "POST") return text(405, "")
    if (eventsPath.test(request.path)) return readEvents(store, projectKey, request)
    return /^\/batch\/?$/.test(request.path) ? readBatch(store, projectKey, request) : text(404, "")
  }
})

/** PostHog checks the form of a key. It loses the events of an unknown one. */
const isKey = (key: unknown): boolean => typeof key === "string" && /^(?!phx_)[!-~]{1,64}$/.test(key)

const required = [
  "posthog-sdk-info",
  "posthog-attempt",
  "posthog-request-id",
  "posthog-request-timestamp",
  "user-agent"
]

/** What is wrong with the headers of a request to the per-event API. */
const headersAgainst = ({ headers, ...request }: Request): Answer | undefined => {
  if (headers["authorization"] === undefined) return refusal(401, "missing_authorization")
  if (required.some((name) => headers[name] === undefined)) return refusal(400, "missing_required_headers")
  const key = /^bearer +(.*)$/i.exec(headers["authorization"])?.[1]?.trim()
  const isValid =
    uuid.test(headers["posthog-request-id"]!) &&
    /^[1-9]\d*$/.test(headers["posthog-attempt"]!) &&
    isTime(headers["posthog-request-timestamp"])
  if (key === undefined || !isValid) return refusal(400, "invalid_header_value")
  if (!isKey(key)) return refusal(401, "invalid_api_token")
  if (mediaType({ headers, ...request }) !== "application/json") return refusal(415, "unsupported_content_type")
  return request.bytes > eventsBytes ? refusal(413, "payload_too_large") : undefined
}

const fields = ["event", "uuid", "distinct_id", "timestamp"]
const isEvent = (u: unknown): u is Message => isRecord(u) && fields.every((name) => typeof u[name] === "string")

const readEvents = (store: Store, projectKey: string, request: Request): Batch | Answer => {
  const wrong = headersAgainst(request)
  if (wrong !== undefined) return wrong
  const { body, headers } = request
  if (!isRecord(body) || !Array.isArray(body["batch"]) || !body["batch"].every(isEvent)) {
    return refusal(400, "request_parsing_error")
  }
  const events = body["batch"].map((event) => ({
    ...event,
    distinct_id: event["distinct_id"].trim()
  })) as Array<Message>
  if (events.length === 0) return refusal(400, "empty_batch")
  if (!isTime(body["created_at"])) return refusal(400, "invalid_batch")
  if (!events.every((event) => uuid.test(event["uuid"]))) return refusal(400, "invalid_event_uuid")
  const ids = new Set(events.map((event) => event["uuid"].toLowerCase()))
  if (ids.size < events.length) return refusal(400, "duplicate_event_uuid")
  const isKept = headers["authorization"]!.slice("bearer ".length).trim() === projectKey
  return {
    messages: events,
    commit: (refuses) => {
      const results = events.map((event) => {
        const details = tagAgainst(event) ?? (refuses(event) ? "event_restriction_drop" : undefined)
        if (!isKept) return [event["uuid"], { result: "ok" }]
        if (details !== undefined) {
          store.dropped.push({ event, details })
          return [event["uuid"], { result: "drop", details }]
        }
        const lib = /^(.+)\/(.+)$/.exec(headers["posthog-sdk-info"]!)
        const { process_person_profile: profile } = (event["options"] ?? {}) as Message
        keep(store, request.at, event, {
          ...(profile === undefined ? {} : { $process_person_profile: profile }),
          ...(lib === null ? {} : { $lib: lib[1], $lib_version: lib[2] })
        })
        const isPerson = !isIllegal(event["distinct_id"])
        return [event["uuid"], isPerson ? { result: "ok" } : { result: "ok", details: "person_processing_disabled" }]
      })
      return json(200, { results: Object.fromEntries(results) })
    }
  }
}

/** Why the per-event API drops an event. */
const tagAgainst = (event: Message): string | undefined => {
  if (event["event"] === "$performance_event") return "dropped_performance_event"
  if (event["event"] === "") return "missing_event_name"
  if (bytes(event["event"]) > length) return "event_name_too_long"
  if (event["distinct_id"] === "") return "missing_distinct_id"
  if (bytes(event["distinct_id"]) > length) return "distinct_id_too_large"
  if (!isTime(event["timestamp"])) return "invalid_event_timestamp"
  if (!isRecord(event["properties"] ?? {})) return "malformed_event_properties"
  if (!isRecord(event["options"] ?? {})) return "invalid_options"
  return bytesOf(event) > messageBytes ? "event_too_big" : undefined
}

const keep = (store: Store, at: number, event: Message, more: Message = {}): void => {
  const time = Date.parse(event["timestamp"])
  const kept: Event = {
    uuid: event["uuid"],
    event: event["event"],
    distinct_id: event["distinct_id"],
    timestamp: time <= at + ahead ? event["timestamp"] : new Date(at).toISOString(),
    properties: { ...event["properties"], ...more }
  }
  store.raw.push(kept)
  store.persons.apply(kept)
}

/** Why `/batch/` refuses a request because of one event. */
const reasonAgainst = ({ distinct_id, event, properties = {}, timestamp = "", uuid: id }: Message) => {
  if (typeof event !== "string" || typeof timestamp !== "string") return "failed to parse request: invalid type"
  if (id !== undefined && !uuid.test(String(id))) return "failed to parse request: UUID parsing failed"
  if (!isRecord(properties)) return "failed to parse request: invalid type"
  if (event === "") return "event submitted with an empty event name"
  return (distinct_id ?? properties["distinct_id"] ?? "") === "" ? "event submitted without a distinct_id" : undefined
}

const readBatch = (store: Store, projectKey: string, { at, body, size }: Request): Batch | Answer => {
  if (size > batchBytes) return text(413, "maximum event size exceeded")
  if (!isRecord(body) || !Array.isArray(body["batch"]) || !body["batch"].every(isRecord)) {
    return text(400, "failed to parse request")
  }
  const key = body["api_key"] ?? body["token"]
  if (!isKey(key)) return text(401, "API key is not valid")
  const events: ReadonlyArray<Message> = body["batch"]
  if (events.length === 0) return text(400, "request holds no event")
  const reason = events.map(reasonAgainst).find((one) => one !== undefined)
  if (reason !== undefined) return text(400, reason)
  return {
    messages: events,
    commit: () => {
      for (const event of key === projectKey ? events : []) {
        const id = String(event["distinct_id"] ?? event["properties"].distinct_id).slice(0, length)
        if (bytesOf(event) > messageBytes) store.dropped.push({ event, details: "event_too_big" })
        else keep(store, at, { ...event, distinct_id: id })
      }
      return json(200, { status: "Ok" })
    }
  }
}

/** The latest of each set of duplicates: an event of the same id, name and person on the same day. */
export const deduplicated = (raw: ReadonlyArray<Event>): ReadonlyArray<Event> => [
  ...new Map(
    raw.map((one) => [JSON.stringify([one.uuid, one.event, one.distinct_id, one.timestamp.slice(0, 10)]), one])
  ).values()
]
