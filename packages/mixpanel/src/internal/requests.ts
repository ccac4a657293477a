import { type Message, PropertyLimits, Receipt } from "@trackmap/core"
import * as event from "./event.ts"
import { requestBytes, requestRecords } from "./limits.ts"
import * as profile from "./profile.ts"

/** The paths of Mixpanel's ingestion API that this sink posts to. */
export type Path = "/import" | "/groups" | "/engage"

/** Updates that would count twice if resent go last, so that no other request can fail after them. */
const paths = ["/import", "/groups", "/engage"] as const

/** The records of one message: an event, or updates of a profile. They go in one request. */
export interface Entry {
  /** The message's index in its batch. */
  readonly place: number
  readonly records: ReadonlyArray<string>
  /** Whether applying the records twice would count twice. */
  readonly once: boolean
}

export interface Request {
  readonly path: Path
  readonly entries: ReadonlyArray<Entry>
  readonly records: ReadonlyArray<string>
  readonly body: ReadonlyArray<string>
}

/** The JSON array of records, or undefined if it is longer than a request may be and can be split. */
const bodyOf = (records: ReadonlyArray<string>, isLast: boolean): ReadonlyArray<string> | undefined => {
  const body = records.map((record, index) => (index === 0 ? "[" : ",") + record)
  const length = body.reduce((sum, text) => sum + text.length, 1)
  // Most are so short that no character could make them too long.
  const fits = isLast || length * 3 <= requestBytes || !PropertyLimits.exceeds(body.join(""), requestBytes - 1)
  return fits ? [...body, "]"] : undefined
}

/** Splits the entries into as many requests as they need. */
const requestsOf = (path: Path, entries: ReadonlyArray<Entry>): ReadonlyArray<Request> => {
  if (entries.length === 0) return []
  const records = entries.flatMap((entry) => entry.records)
  if (records.length <= requestRecords || entries.length === 1) {
    const body = bodyOf(records, entries.length === 1)
    if (body !== undefined) return [{ path, entries, records, body }]
  }
  const middle = entries.length >> 1
  return [...requestsOf(path, entries.slice(0, middle)), ...requestsOf(path, entries.slice(middle))]
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
): (Pick<Entry, "records" | "once"> & { readonly path: Path }) | Receipt.Outcome => {
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

/** The requests of a batch, and the outcome of every message that is in none of them. */
export const make = (
  messages: ReadonlyArray<Message.Message>,
  settings: event.Settings,
  insertIds: ReadonlyMap<string, string>,
  now: number
): { readonly requests: ReadonlyArray<Request>; readonly outcomes: Array<Receipt.Outcome | undefined> } => {
  const entries: { readonly [P in Path]: Array<Entry> } = { "/import": [], "/groups": [], "/engage": [] }
  const outcomes = messages.map((message, place) => {
    try {
      const records = recordsOf(message, settings, insertIds, now)
      if ("_tag" in records) return records
      entries[records.path].push({ place, ...records })
      return undefined
    } catch {
      // The error may contain a value, so the reason does not quote it.
      return Receipt.rejected("JSON cannot represent the message")
    }
  })
  return { requests: paths.flatMap((path) => requestsOf(path, entries[path])), outcomes }
}
