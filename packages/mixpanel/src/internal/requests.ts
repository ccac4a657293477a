import { type Message, Receipt } from "@trackmap/core"
import * as event from "./event.ts"
import { requestBytes, requestRecords } from "./limits.ts"
import * as profile from "./profile.ts"

/** The parts of Mixpanel's ingestion that this sink speaks to. */
export type Path = "/import" | "/groups" | "/engage"

/** What can be applied twice goes first, so that nothing is left to fail behind what cannot. */
const paths = ["/import", "/groups", "/engage"] as const

/** A message as the records that are sent for it: an event, or updates of a profile. They go in one request. */
export interface Entry {
  /** Where the message stands in its batch. */
  readonly place: number
  readonly records: ReadonlyArray<string>
  /** Whether the records must not be applied twice. */
  readonly once: boolean
}

export interface Request {
  readonly path: Path
  readonly entries: ReadonlyArray<Entry>
  readonly records: ReadonlyArray<string>
  readonly body: Uint8Array
}

const encoder = new TextEncoder()

/** The entries in as many requests as they need. */
const requestsOf = (path: Path, entries: ReadonlyArray<Entry>): ReadonlyArray<Request> => {
  if (entries.length === 0) return []
  const records = entries.flatMap((entry) => entry.records)
  if (records.length <= requestRecords || entries.length === 1) {
    const body = encoder.encode(`[${records.join(",")}]`)
    if (body.length <= requestBytes || entries.length === 1) return [{ path, entries, records, body }]
  }
  const middle = entries.length >> 1
  return [...requestsOf(path, entries.slice(0, middle)), ...requestsOf(path, entries.slice(middle))]
}

const isOn = ({ integrations }: Message.Message): boolean =>
  integrations === undefined || Boolean(integrations[profile.integration] ?? integrations["All"] ?? true)

const off = Receipt.skipped(`the message's integrations leave ${profile.integration} out`)
const noAlias = Receipt.skipped("Mixpanel has no equivalent of alias: the first event that has both ids makes them one")
const misplaced = Receipt.rejected(
  `integrations.${profile.integration} asks for operations on a profile, which identify and group messages carry`
)

/** The records of a message and where they go, or its outcome where none is sent. */
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

/** The requests of a batch, and the outcome of every message that none is sent for. */
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
      // What is thrown may name a value.
      return Receipt.rejected("the message has no JSON")
    }
  })
  return { requests: paths.flatMap((path) => requestsOf(path, entries[path])), outcomes }
}
