import type { Message } from "../../Fault.ts"
import { isRecord } from "../server/json.ts"
import { areValid } from "./properties.ts"

const characters = 1_024
const depth = 40

const refusedIds = new Set(
  "anonymous nil none null n/a na undefined unknown 00000000-0000-0000-0000-000000000000 {} 0 -1".split(" ")
)
const reservedNames = new Set(
  ["Start Session", "End Session", "Revenue", "Revenue (Verified)", "Revenue (Unverified)", "Merged User"].map(
    (name) => `[Amplitude] ${name}`
  )
)

/** A rule that an event breaks: the kind, which is a key of the response, and the field. */
export interface Failure {
  readonly kind: "events_with_missing_fields" | "events_with_invalid_fields" | "events_with_invalid_id_lengths"
  readonly field: string
}

const missing = (field: string): Failure => ({ kind: "events_with_missing_fields", field })
const invalid = (field: string): Failure => ({ kind: "events_with_invalid_fields", field })

const texts = "platform os_name os_version device_brand device_manufacturer device_model carrier country region city"
const textFields = `${texts} language ip app_version user_agent insert_id`.split(" ")
const isText = (u: unknown): u is string => typeof u === "string" && u !== ""

const isDeep = (value: unknown, level: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (level > depth || Object.values(value).some((inner) => isDeep(inner, level + 1)))

const idFields = ["user_id", "device_id"] as const

/** The first rule that an event breaks. */
export const validate = (event: unknown, minIdLength: number): Failure | undefined => {
  if (!isRecord(event)) return invalid("event")
  const { event_type: name, groups = {}, time } = event
  if (!isText(name)) return missing("event_type")
  if (reservedNames.has(name)) return invalid("event_type")
  const ids = idFields.filter((field) => event[field] !== undefined)
  if (ids.length === 0) return missing("user_id")
  const refused = ids.find((field) => !isText(event[field]) || refusedIds.has(event[field].toLowerCase()))
  if (refused !== undefined) return invalid(refused)
  if (ids.every((field) => event[field].length < minIdLength)) {
    return { kind: "events_with_invalid_id_lengths", field: ids[0]! }
  }
  if (time !== undefined && !(Number.isInteger(time) && time >= 0)) return invalid("time")
  const wrong = textFields.find((field) => event[field] !== undefined && typeof event[field] !== "string")
  if (wrong !== undefined) return invalid(wrong)
  if (!isRecord(groups) || Object.keys(groups).length > 5) return invalid("groups")
  if (name === "$groupidentify" && Object.keys(groups).length !== 1) return missing("groups")
  for (const field of ["event_properties", "user_properties", "group_properties"]) {
    const isEvents = field === "event_properties" && (event[field] === undefined || isRecord(event[field]))
    if (!isEvents && (field === "event_properties" || !areValid(event[field]))) return invalid(field)
    if (isDeep(event[field], 1)) return invalid(field)
  }
  return undefined
}

const cut = (value: unknown): unknown => {
  if (typeof value === "string") return value.slice(0, characters)
  if (Array.isArray(value)) return value.map(cut)
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, cut(each)]))
  return value
}

/** An event as the server keeps it: without ids that are too short, with its strings silently cut, and with a time. */
export const ingest = (event: Message, minIdLength: number, now: number): Message => {
  const short = idFields.filter((field) => event[field] !== undefined && event[field].length < minIdLength)
  const kept = Object.entries(event).filter(([key]) => !(short as ReadonlyArray<string>).includes(key))
  return { time: now, ...(cut(Object.fromEntries(kept)) as Message) }
}

/** What makes two events one ("HTTP V2 API", "Event deduplication"). An event without an `insert_id` has no duplicates. */
export const identity = ({ device_id, insert_id, user_id }: Message): string | undefined =>
  insert_id === undefined ? undefined : JSON.stringify([device_id ?? [user_id], insert_id])
