import type { Message } from "../../Fault.ts"
import { json, mediaType } from "../../VendorServer.ts"
import type { Answer, Batch, Request, Vendor } from "../../VendorServer.ts"
import { isRecord } from "../server/json.ts"
import * as events from "./event.ts"
import { changed, type Properties } from "./properties.ts"

/** An MB in the smaller of its two readings. */
const bodyBytes: Readonly<Record<string, number>> = { "/2/httpapi": 1_000_000, "/batch": 20_000_000 }
const requestEvents = 2_000
/** How long rates are averaged over, and how long an event's duplicates are recognised, in milliseconds. */
const window = 30_000
const week = 7 * 86_400_000

/** An event as the server keeps it: strings cut to 1,024 characters. */
export interface Event {
  readonly event_type: string
  readonly time: number
  readonly [field: string]: any
}

/** An event that failed validation, and the field that is wrong. */
export interface Rejected {
  readonly event: unknown
  readonly field: string
}

/** The limits of a user or a device, besides those of requests. */
export interface Rules {
  readonly apiKey: string
  readonly eventsPerSecond: number
  readonly dailyQuota: number
  readonly silencedDevices: ReadonlyArray<string>
}

export interface Store {
  readonly raw: Array<Event>
  readonly rejected: Array<Rejected>
  /** When an event was first kept, by its identity. */
  readonly seen: Map<string, number>
  readonly received: Array<Event>
  readonly users: Map<string, Properties>
  readonly groups: Map<string, Map<string, Properties>>
  /** When events of a user or a device were kept. */
  readonly rates: Map<string, Array<number>>
}

const errors: Readonly<Record<number, string>> = {
  400: "Request missing required field",
  413: "Payload too large",
  429: "Too many requests for some devices and users"
}

const refusal = (code: number, error = errors[code] ?? `status ${code}`, more: Message = {}): Answer =>
  json(code, { code, error, ...more })

export const vendor = (store: Store, rules: Rules): Vendor => ({
  refusal: (status) => refusal(status),
  clear: () => {
    for (const list of [store.raw, store.rejected, store.received]) list.length = 0
    for (const map of [store.seen, store.users, store.groups, store.rates]) map.clear()
  },
  read: (request) => read(store, rules, request)
})

const read = (store: Store, rules: Rules, request: Request): Batch | Answer => {
  const most = bodyBytes[request.path]
  if (most === undefined) return refusal(404)
  if (request.method !== "POST") return refusal(405)
  if (mediaType(request) !== "application/json") return refusal(400, "Content-Type must be application/json")
  if (request.size > most) return refusal(413)
  const { body } = request
  if (!isRecord(body)) return refusal(400, "Invalid JSON request body")
  const { api_key: key, events: given, options } = body
  const absent = key === undefined ? "api_key" : Array.isArray(given) && given.length > 0 ? undefined : "events"
  if (absent !== undefined) return refusal(400, errors[400], { missing_field: absent })
  if (key !== rules.apiKey) return refusal(400, `Invalid API key: ${key}`)
  if (given.length > requestEvents) return refusal(413)
  const minIdLength = options?.min_id_length ?? 5
  return {
    messages: given.filter(isRecord),
    commit: (refuses) =>
      invalidIn(store, rules, given, minIdLength, refuses) ??
      throttledIn(store, rules, given, request.at) ??
      keepAll(store, given, minIdLength, request)
  }
}

/** The 400 that names invalid and silenced events. The server keeps none of the others ("Batch and retry HTTP V2 API requests"). */
const invalidIn = (
  store: Store,
  rules: Rules,
  given: ReadonlyArray<Message>,
  minIdLength: number,
  refuses: (event: Message) => boolean
): Answer | undefined => {
  const named: Record<string, Record<string, Array<number>>> = {}
  const silenced: Array<number> = []
  for (const [index, event] of given.entries()) {
    const broken: events.Failure | undefined =
      events.validate(event, minIdLength) ??
      (refuses(event) ? { kind: "events_with_invalid_fields", field: "event_properties" } : undefined)
    if (broken === undefined) {
      if (rules.silencedDevices.includes(event["device_id"])) silenced.push(index)
      continue
    }
    const fields = (named[broken.kind] ??= {})
    ;(fields[broken.field] ??= []).push(index)
    store.rejected.push({ event, field: broken.field })
  }
  if (Object.keys(named).length === 0 && silenced.length === 0) return undefined
  const silence = silenced.length === 0 ? {} : { silenced_events: silenced, silenced_devices: rules.silencedDevices }
  return refusal(400, "Invalid field values on some events", { ...named, ...silence })
}

const idsOf = ({ device_id, user_id }: Message): ReadonlyArray<readonly [kind: "users" | "devices", id: string]> => [
  ...(user_id === undefined ? [] : [["users", user_id] as const]),
  ...(device_id === undefined ? [] : [["devices", device_id] as const])
]

/** The 429 that names throttled events, users and devices, and those that have no events left for the day. */
const throttledIn = (store: Store, rules: Rules, given: ReadonlyArray<Message>, now: number): Answer | undefined => {
  if (rules.dailyQuota === Infinity && rules.eventsPerSecond === Infinity) return undefined
  const counts = new Map<string, number>()
  const more: Record<string, Record<string, number>> = {}
  const throttled: Array<number> = []
  for (const [index, event] of given.entries()) {
    for (const [kind, id] of idsOf(event)) {
      const key = `${kind} ${id}`
      const kept = store.rates.get(key) ?? []
      const own = (counts.get(key) ?? 0) + 1
      counts.set(key, own)
      const lately = (kept.filter((at) => at > now - window).length + own) / (window / 1_000)
      if (kept.filter((at) => at > now - 86_400_000).length + own > rules.dailyQuota) {
        ;(more[`exceeded_daily_quota_${kind}`] ??= {})[id] = rules.dailyQuota
      } else if (lately > rules.eventsPerSecond) {
        ;(more[`throttled_${kind}`] ??= {})[id] = Math.ceil(lately)
        if (throttled.at(-1) !== index) throttled.push(index)
      }
    }
  }
  if (Object.keys(more).length === 0) return undefined
  const eps = { eps_threshold: rules.eventsPerSecond, ...(throttled.length > 0 && { throttled_events: throttled }) }
  return refusal(429, errors[429], { ...eps, ...more })
}

const keepAll = (store: Store, given: ReadonlyArray<Message>, minIdLength: number, request: Request): Answer => {
  for (const event of given) keep(store, events.ingest(event, minIdLength, request.at) as Event, request.at)
  return json(200, {
    code: 200,
    events_ingested: given.length,
    payload_size_bytes: request.size,
    server_upload_time: request.at
  })
}

const keep = (store: Store, event: Event, now: number): void => {
  store.raw.push(event)
  for (const [kind, id] of idsOf(event)) {
    const key = `${kind} ${id}`
    const times = store.rates.get(key)
    if (times === undefined) store.rates.set(key, [now])
    else times.push(now)
  }
  const identity = events.identity(event)
  const first = identity === undefined ? undefined : store.seen.get(identity)
  if (first !== undefined && now - first < week) return
  if (identity !== undefined) store.seen.set(identity, now)
  store.received.push(event)
  const who = event["user_id"] ?? event["device_id"]
  if (event["user_properties"] !== undefined) {
    store.users.set(who, changed(store.users.get(who) ?? {}, event["user_properties"]))
  }
  if (event.event_type !== "$groupidentify") return
  const [[type, group]] = Object.entries(event["groups"] as Message) as [[string, string]]
  const groups = store.groups.get(type) ?? new Map<string, Properties>()
  store.groups.set(type, groups)
  groups.set(group, changed(groups.get(group) ?? {}, event["group_properties"]))
}
