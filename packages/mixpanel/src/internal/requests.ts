import type * as EventSink from "@trackmap/core/EventSink"
import type * as Message from "@trackmap/core/Message"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as Receipt from "@trackmap/core/Receipt"
import type * as Schema from "effect/Schema"
import * as event from "./event.ts"
import * as identity from "./identity.ts"
import { requestBytes, requestRecords } from "./limits.ts"
import * as profile from "./profile.ts"

/** The paths of Mixpanel's ingestion API that this sink posts to. */
export type Path = "/import" | "/groups" | "/engage"

/** Updates that would count twice if resent go last, so that no other request can fail after them. */
const paths = ["/import", "/groups", "/engage"] as const

/** The records of one message: an event, or updates of a profile. They go in one request. */
interface Made {
  /** The message's index in its batch. */
  readonly place: number
  readonly records: ReadonlyArray<string>
  /** Whether applying the records twice would count twice. */
  readonly once: boolean
}

/** One message's part of a request. */
export interface Entry {
  readonly place: number
  /** The number of its records. */
  readonly count: number
  readonly once: boolean
}

export interface Request {
  readonly path: Path
  readonly entries: ReadonlyArray<Entry>
  /** The number of all records. */
  readonly count: number
  readonly body: ReadonlyArray<string> | ReadonlyArray<Uint8Array>
  readonly records: () => ReadonlyArray<Schema.Json>
}

/** The JSON array of records, or undefined if it is longer than a request may be and can be split. */
const bodyOf = (records: ReadonlyArray<string>, isLast: boolean): ReadonlyArray<string> | undefined => {
  const body = records.map((record, index) => (index === 0 ? "[" : ",") + record)
  const length = body.reduce((sum, text) => sum + text.length, 1)
  // Most are so short that they fit even if every character takes three bytes.
  const fits = isLast || length * 3 <= requestBytes || !PropertyLimits.exceeds(body.join(""), requestBytes - 1)
  return fits ? [...body, "]"] : undefined
}

const halves = <A>(all: ReadonlyArray<A>, f: (half: ReadonlyArray<A>) => ReadonlyArray<Request>) => {
  const middle = all.length >> 1
  return [...f(all.slice(0, middle)), ...f(all.slice(middle))]
}

/** Splits the records of messages into as many requests as they need. */
const requestsOf = (path: Path, made: ReadonlyArray<Made>): ReadonlyArray<Request> => {
  if (made.length === 0) return []
  const records = made.flatMap((one) => one.records)
  const body = records.length <= requestRecords || made.length === 1 ? bodyOf(records, made.length === 1) : undefined
  if (body === undefined) return halves(made, (half) => requestsOf(path, half))
  const entries = made.map(({ once, place, records }) => ({ place, count: records.length, once }))
  return [{ path, entries, count: records.length, body, records: () => records.map((json) => JSON.parse(json)) }]
}

const decoder = new TextDecoder()

/** The requests of events whose records were written when they were tracked. */
export const encoded = (batch: EventSink.Batch, places = batch.encoded): ReadonlyArray<Request> => {
  if (places.length === 0) return []
  const body = batch.at(places).encodedArray
  const bytes = body.reduce((sum, { length }) => sum + length, 0)
  if (places.length > 1 && (places.length > requestRecords || bytes > requestBytes)) {
    return halves(places, (half) => encoded(batch, half))
  }
  const entries = places.map((place) => ({ place, count: 1, once: false }))
  const records = () => JSON.parse(body.map((chunk) => decoder.decode(chunk)).join("")) as ReadonlyArray<Schema.Json>
  return [{ path: "/import", entries, count: places.length, body, records }]
}

const isOn = ({ integrations }: Message.Message): boolean =>
  integrations === undefined || Boolean(integrations[profile.integration] ?? integrations["All"] ?? true)

const off = Receipt.skipped(`the message's integrations exclude ${profile.integration}`)
const noAlias = Receipt.skipped("Mixpanel has no equivalent of alias: it merges two ids at the first event with both")
const misplaced = Receipt.rejected(
  `integrations.${profile.integration} has profile operations, which only identify and group messages can have`
)

/** The records of a message and their path, or its outcome if the sink sends none. */
const recordsOf = (
  message: Message.Message,
  settings: event.Settings,
  insertIds: ReadonlyMap<string, string>,
  now: number
): (Pick<Made, "records" | "once"> & { readonly path: Path }) | Receipt.Outcome => {
  if (!isOn(message)) return off
  switch (message.type) {
    case "alias":
      return noAlias
    case "identify":
    case "group": {
      const updates = profile.updates(message, settings)
      if ("_tag" in updates) return updates
      const once = settings.counters === "atMostOnce" && updates.once
      return { path: message.type === "identify" ? "/engage" : "/groups", records: updates.records, once }
    }
    default: {
      if (profile.asks(message)) return misplaced
      const json = event.encode(message, settings, insertIds, now)
      return typeof json === "string" ? { path: "/import", records: [json], once: false } : json
    }
  }
}

/** The record of a message that becomes an event and needs no other `$insert_id`. */
export const encode = (message: Message.Message, form: event.Form, now: number): string | undefined => {
  if (!event.isEvent(message) || !isOn(message) || profile.asks(message)) return undefined
  if (!identity.fits(message.messageId)) return undefined
  try {
    const json = event.encode(message, form, noIds, now)
    return typeof json === "string" ? json : undefined
  } catch {
    // `make` rejects it.
    return undefined
  }
}

const noIds: ReadonlyMap<string, string> = new Map()

/** The requests of messages, by their places in a batch, and the outcome of every message that is in no request. */
export const make = (
  messages: ReadonlyArray<Message.Message>,
  places: ReadonlyArray<number>,
  settings: event.Settings,
  insertIds: ReadonlyMap<string, string>,
  now: number
): { readonly requests: ReadonlyArray<Request>; readonly outcomes: Array<Receipt.Outcome | undefined> } => {
  const made: { readonly [P in Path]: Array<Made> } = { "/import": [], "/groups": [], "/engage": [] }
  const outcomes: Array<Receipt.Outcome | undefined> = []
  for (const [index, message] of messages.entries()) {
    const place = places[index]!
    try {
      const records = recordsOf(message, settings, insertIds, now)
      if ("_tag" in records) outcomes[place] = records
      else made[records.path].push({ place, ...records })
    } catch {
      // The error may contain a value, so the reason does not quote it.
      outcomes[place] = Receipt.rejected("JSON cannot represent the message")
    }
  }
  return { requests: paths.flatMap((path) => requestsOf(path, made[path])), outcomes }
}
