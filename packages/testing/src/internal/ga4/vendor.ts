import { json } from "../../VendorServer.ts"
import type { Answer, Batch, Request, Vendor } from "../../VendorServer.ts"
import { isRecord } from "../server/json.ts"

type Values = Readonly<Record<string, any>>

/** An event as Google stores it. */
export interface Event {
  readonly clientId: string
  readonly userId: string | undefined
  readonly name: string
  /** The parameters that Google keeps. */
  readonly params: Values
  /** Microseconds since 1970. */
  readonly time: number
  /** The rest of its request. */
  readonly request: Values
}

/** What Google ignores without saying so. */
export interface Ignored {
  readonly reason: string
  readonly what: unknown
}

export interface Store {
  readonly events: Array<Event>
  readonly ignored: Array<Ignored>
  readonly userProperties: Map<string, Values>
}

/** One entry of the validation server's answer. */
interface Validation {
  readonly fieldPath: string
  readonly description: string
  readonly validationCode: string
}

const day = 86_400_000_000
const names = /^[A-Za-z]\w*$/
const prefixes = /^(firebase_|ga_|google_)/
const reservedEvents = new Set(
  "ad_activeview ad_click ad_exposure ad_query ad_reward adunit_exposure app_clear_data app_exception app_install app_remove app_store_refund app_update app_upgrade dynamic_link_app_open dynamic_link_app_update dynamic_link_first_open error first_open first_visit notification_dismiss notification_foreground notification_open notification_receive notification_send os_update session_start user_engagement ad_impression in_app_purchase screen_view".split(
    " "
  )
)
const reservedParams = new Set(["firebase_conversion"])
const reservedProperties = new Set(
  "first_open_time first_visit_time last_deep_link_referrer user_id first_open_after_install".split(" ")
)
const lengths: Readonly<Record<string, number>> = { page_title: 300, page_referrer: 420, page_location: 1_000 }

export interface Keys {
  readonly measurementId: string
  readonly apiSecret: string
}

export const vendor = (store: Store, keys: Keys): Vendor => ({
  refusal: (status) => ({ status, body: "" }),
  clear: () => {
    store.events.length = 0
    store.ignored.length = 0
    store.userProperties.clear()
  },
  read: (request) => read(store, keys, request)
})

const accepted: Answer = { status: 204, body: "" }

const read = (store: Store, keys: Keys, request: Request): Batch | Answer => {
  const isDebug = request.path === "/debug/mp/collect"
  if ((request.path !== "/mp/collect" && !isDebug) || request.method !== "POST") return { status: 404, body: "" }
  const body: Values = isRecord(request.body) ? request.body : {}
  const events: ReadonlyArray<any> = Array.isArray(body["events"]) ? body["events"] : []
  return {
    messages: events.filter(isRecord),
    commit: () => {
      const found = validate(body, events, request.at * 1_000)
      if (isDebug) return json(200, { validationMessages: found })
      const { api_secret: secret, measurement_id: id } = request.query
      const wrongKey = secret !== keys.apiSecret || id !== keys.measurementId
      if (wrongKey || events.length === 0 || events.length > 25 || request.size >= 130_000 || !body["client_id"]) {
        store.ignored.push({ reason: wrongKey ? "the id or the secret is wrong" : "malformed request", what: body })
      } else keep(store, body, events, request.at * 1_000)
      return accepted
    }
  }
}

/** Without `ENFORCE_RECOMMENDATIONS`, Google keeps what fits, and ignores the rest. */
const keep = (store: Store, body: Values, events: ReadonlyArray<any>, now: number): void => {
  const ignore = (reason: string, what: unknown): void => void store.ignored.push({ reason, what })
  const { client_id: clientId, events: _, user_id: userId, user_properties: properties = {}, ...request } = body
  for (const [key, { value }] of Object.entries<any>(properties)) {
    const wrong =
      nameProblem(key, 24, reservedProperties) ?? (String(value).length > 36 ? "VALUE_OUT_OF_BOUNDS" : undefined)
    if (wrong !== undefined) ignore(wrong, key)
    else store.userProperties.set(clientId, { ...store.userProperties.get(clientId), [key]: value })
  }
  for (const { name, params = {}, timestamp_micros: time = now } of events) {
    const wrong = nameProblem(name, 40, reservedEvents)
    if (wrong !== undefined) {
      ignore(wrong, name)
      continue
    }
    const kept = Object.entries<any>(params).filter(([key, value], index) => {
      const reason = index >= 25 ? "EXCEEDED_MAX_ENTITIES" : paramProblem(key, value)
      if (reason !== undefined) ignore(reason, key)
      return reason === undefined
    })
    const earliest = now - 3 * day
    if (time < earliest) ignore("the time is more than 72 hours ago", name)
    store.events.push({
      clientId,
      userId,
      name,
      params: Object.fromEntries(kept),
      time: Math.max(time, earliest),
      request
    })
  }
}

const nameProblem = (name: unknown, most: number, reserved: ReadonlySet<string>): string | undefined => {
  if (typeof name !== "string" || !names.test(name) || name.length > most) return "NAME_INVALID"
  return reserved.has(name) || prefixes.test(name) ? "NAME_RESERVED" : undefined
}

const paramProblem = (key: string, value: unknown): string | undefined => {
  const wrong = nameProblem(key, 40, reservedParams)
  if (wrong !== undefined) return wrong
  if (key === "items" ? !(Array.isArray(value) && value.every(isRecord)) : typeof value === "object")
    return "VALUE_INVALID"
  return typeof value === "string" && value.length > (lengths[key] ?? 100) ? "VALUE_OUT_OF_BOUNDS" : undefined
}

/** The validation server's messages. */
const validate = (body: Values, events: ReadonlyArray<any>, now: number): ReadonlyArray<Validation> => {
  const found: Array<Validation> = []
  const say = (validationCode: string | undefined, fieldPath: string, description: string): void => {
    if (validationCode !== undefined) found.push({ fieldPath, description, validationCode })
  }
  if (!body["client_id"]) say("VALUE_REQUIRED", "client_id", "Measurement requires a client_id.")
  if (events.length === 0) say("VALUE_REQUIRED", "events", "At least one event is required.")
  if (events.length > 25) say("EXCEEDED_MAX_ENTITIES", "events", "Measurement requests can have 25 events.")
  for (const [index, { name, params = {}, timestamp_micros: time = now }] of events.entries()) {
    say(nameProblem(name, 40, reservedEvents), "events", `Event at index: [${index}] has invalid name [${name}].`)
    const keys = Object.keys(params)
    if (keys.length > 25) say("EXCEEDED_MAX_ENTITIES", `events[${index}].params`, "Too many parameters.")
    for (const key of keys) {
      const value: unknown = params[key]
      say(paramProblem(key, value), `events[${index}].params.${key}`, `Parameter [${key}] has value [${value}].`)
    }
    if (time < now - 3 * day) say("VALUE_INVALID", `events[${index}].timestamp_micros`, "More than 72 hours ago.")
  }
  return found
}
