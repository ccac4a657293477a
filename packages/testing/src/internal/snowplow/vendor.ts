import type * as Fault from "../../Fault.ts"
import { mediaType } from "../../VendorServer.ts"
import type { Answer, Batch, Request, Vendor } from "../../VendorServer.ts"
import { bytesOf, isRecord, parse } from "../server/json.ts"

/** Data, and the schema that describes it. */
export interface SelfDescribing {
  readonly schema: string
  readonly data: any
}

/** An event as Enrich reads it. */
export interface Event {
  /** Its own data. A page view has none. */
  readonly event: SelfDescribing | undefined
  readonly entities: ReadonlyArray<SelfDescribing>
  /** The fields of the tracker protocol, as received. */
  readonly fields: Readonly<Record<string, string>>
}

/** A failed event, which the collector has accepted. */
export interface Failed {
  readonly fields: unknown
  readonly reason: string
}

export interface Store {
  readonly events: Map<string, Event>
  readonly duplicates: Array<Event>
  readonly failed: Array<Failed>
}

/** Why data does not fit its schema, or undefined if it does. */
export type Validate = (self: SelfDescribing) => string | undefined

/** `maxBytes` of the collector's configuration. */
const maxBytes = 1_000_000

/** The fields of iglu-central's schema "payload_data" 1-0-4 that a server can send. */
const known = new Set(
  "e eid p tv tna aid uid duid nuid tnuid sid vid fp dtm stm ttm tz lang ip ua url page refr res vp cd cs ds cookie mac tid ue_pr ue_px co cx".split(
    " "
  )
)
const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i
const uri = /^iglu:[a-zA-Z0-9_.-]+\/[a-zA-Z0-9_-]+\/jsonschema\/[1-9]\d*-\d+-\d+$/

/** iglu-central's schema "atomic". */
const lengths: Readonly<Record<string, number>> = {
  aid: 255,
  p: 255,
  uid: 255,
  duid: 128,
  ip: 128,
  ua: 1_000,
  tv: 100,
  lang: 255,
  tz: 255,
  url: 4_096,
  refr: 4_096,
  page: 2_000
}

const plain = (status: number, body: string): Answer => ({ status, headers: { "content-type": "text/plain" }, body })

export const vendor = (store: Store, validate: Validate): Vendor => ({
  refusal: (status) => plain(status, `status ${status}`),
  clear: () => {
    store.events.clear()
    store.duplicates.length = 0
    store.failed.length = 0
  },
  read: (request) => read(store, validate, request)
})

const read = (store: Store, validate: Validate, request: Request): Batch | Answer => {
  if (request.path !== "/com.snowplowanalytics.snowplow/tp2" || request.method !== "POST")
    return plain(404, "Not found")
  const { body } = request
  const records = isRecord(body) && Array.isArray(body["data"]) ? (body["data"] as ReadonlyArray<unknown>) : []
  const wrong = reasonAgainst(request, records)
  return {
    messages: records.filter(isRecord),
    commit: () => {
      if (wrong !== undefined) store.failed.push({ fields: body, reason: wrong })
      else for (const record of records) keep(store, validate, record as Fault.Message)
      return plain(200, "ok")
    }
  }
}

/** Why Enrich reads no event of a request. */
const reasonAgainst = (request: Request, records: ReadonlyArray<unknown>): string | undefined => {
  if (mediaType(request) !== "application/json") return "the content type is not application/json"
  const schema = isRecord(request.body) ? request.body["schema"] : undefined
  if (schema !== "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4") return "no payload_data 1-0-4"
  if (records.length === 0) return "no events"
  return records.every(isRecord) ? undefined : "an event that is no object"
}

const keep = (store: Store, validate: Validate, fields: Fault.Message): void => {
  const fail = (reason: string): void => void store.failed.push({ fields, reason })
  if (bytesOf(fields) > maxBytes) return fail("size violation")
  const strange = Object.keys(fields).find((key) => !known.has(key) || typeof fields[key] !== "string")
  if (strange !== undefined) return fail(`${strange} is no field, or no text`)
  const missing = ["tv", "p", "e"].find((key) => !fields[key])
  if (missing !== undefined) return fail(`no ${missing}`)
  const long = Object.keys(lengths).find((key) => (fields[key] ?? "").length > lengths[key]!)
  if (long !== undefined) return fail(`${long} is too long`)
  if (!uuid.test(fields["eid"] ?? "")) return fail("eid is no UUID")
  if (["dtm", "stm", "ttm"].some((key) => fields[key] !== undefined && !/^-?\d+$/.test(fields[key]))) {
    return fail("a time that is no number of milliseconds")
  }
  const event = within(fields["ue_pr"], fields["ue_px"], "unstruct_event")
  const around = within(fields["co"], fields["cx"], "contexts")
  const entities: ReadonlyArray<SelfDescribing> = around?.data ?? []
  if (fields["e"] === "ue" ? event === undefined : fields["e"] !== "pv") return fail("no self-describing event")
  const parts = [...(event === undefined ? [] : [event.data]), ...entities]
  for (const part of parts) {
    if (!isRecord(part) || !uri.test(part["schema"])) return fail("a part that is not self-describing")
    const reason = validate(part as unknown as SelfDescribing)
    if (reason !== undefined) return fail(`${part["schema"]}: ${reason}`)
  }
  const kept: Event = { event: event?.data, entities, fields: fields as Event["fields"] }
  const id = fields["eid"].toLowerCase()
  if (store.events.has(id)) store.duplicates.push(kept)
  else store.events.set(id, kept)
}

/** What is in a field, as JSON or in base64url, if it has the envelope that it must have. */
const within = (json: string | undefined, base64: string | undefined, name: string): SelfDescribing | undefined => {
  const text = json ?? (base64 === undefined ? "" : Buffer.from(base64, "base64url").toString())
  const value = parse(text)
  const start = `iglu:com.snowplowanalytics.snowplow/${name}/jsonschema/1-0-`
  return isRecord(value) && String(value["schema"]).startsWith(start) ? (value as unknown as SelfDescribing) : undefined
}
