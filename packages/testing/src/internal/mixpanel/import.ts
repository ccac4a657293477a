import type { Message } from "../../Fault.ts"
import { bytesOf, isRecord } from "../server/json.ts"

/** MB and KB in the smaller of their two readings. */
export const bodyBytes = 10_000_000
export const requestRecords = 2_000
const eventBytes = 1_000_000
const valueBytes = 8_000
const stringBytes = 255
const tooMany = 255
const depth = 3
const insertIdBytes = 36

const hour = 3_600_000
const year1971 = Date.UTC(1971, 0, 1)

const banned = new Set(
  "00000000-0000-0000-0000-000000000000 anon anonymous nil none null n/a na undefined unknown <nil> 0 -1 true false [] {}".split(
    " "
  )
)

export interface Failure {
  readonly field: string
  readonly message: string
}

const failure = (field: string, rule: string): Failure => ({ field, message: `'${field}' is invalid: ${rule}` })

/** A time in milliseconds. As seconds, the first number that is taken for milliseconds would lie in the year 2969. */
export const millis = (time: number): number => (time >= year1971 ? time : time * 1000)

/** The first rule that an event breaks. */
export const validate = (event: unknown, now: number): Failure | undefined => {
  if (!isRecord(event)) return failure("", "must be an object")
  if (bytesOf(event) >= eventBytes) return failure("", `must be smaller than ${eventBytes} bytes`)
  const { event: name, properties } = event
  if (typeof name !== "string" || name === "") return failure("event", "is required")
  if (Buffer.byteLength(name) > stringBytes) return failure("event", `must be at most ${stringBytes} bytes`)
  if (!isRecord(properties)) return failure("properties", "is required")
  const identities = identityEvents.get(name)
  if (identities !== undefined) return validateIdentities(identities, properties)
  return (
    validateTime(properties["time"], now) ??
    validateId("distinct_id", distinctIdOf(properties)) ??
    validateInsertId(properties["$insert_id"]) ??
    validateProperties(properties)
  )
}

/** The events that join ids ("Identity API"), and what they need. They need neither a time nor an `$insert_id`. */
const identityEvents: ReadonlyMap<string, (properties: Message) => string | undefined> = new Map([
  [
    "$merge",
    ({ $distinct_ids: ids }) =>
      Array.isArray(ids) && ids.length === 2 && ids.every(isText) ? undefined : "$distinct_ids"
  ],
  ["$identify", (properties) => ["$identified_id", "$anon_id"].find((key) => !isText(properties[key]))],
  ["$create_alias", (properties) => ["distinct_id", "alias"].find((key) => !isText(properties[key]))]
])

const isText = (u: unknown): boolean => typeof u === "string" && u !== ""

const validateIdentities = (
  missing: (properties: Message) => string | undefined,
  properties: Message
): Failure | undefined => {
  const key = missing(properties)
  if (key !== undefined) return failure(`properties.${key}`, "is required")
  return isText(properties["token"]) ? undefined : failure("properties.token", "is required")
}

/** Without a `distinct_id`, it is the user's id, or the device's ("Identifying Users", Simplified ID Merge). */
export const distinctIdOf = ({ $device_id: device, $user_id: user, distinct_id: id }: Message): unknown => {
  if (id !== undefined) return id
  if (isText(user)) return user
  return isText(device) ? `$device:${device}` : undefined
}

const day = 24 * hour

/** The first rule that an event of `/track` breaks: `time`, `distinct_id` and `$insert_id` are optional there. */
export const validateTracked = (event: unknown, now: number): Failure | undefined => {
  if (!isRecord(event) || !isRecord(event["properties"])) return validate(event, now)
  const { properties, ...rest } = event
  if (rest["event"] === "$merge") return failure("event", "$merge is only for /import")
  if (!isText(properties["token"])) return failure("properties.token", "is required")
  const { $insert_id = "i-1", distinct_id = distinctIdOf(properties) ?? "", time = now } = properties
  if (millis(time) < now - 5 * day) return failure("properties.time", "must not be more than 5 days ago")
  return validate({ ...rest, properties: { ...properties, time, distinct_id, $insert_id } }, now)
}

const validateTime = (time: unknown, now: number): Failure | undefined => {
  if (!Number.isInteger(time))
    return failure("properties.time", "must be specified as seconds or milliseconds since epoch")
  const at = millis(time as number)
  if (at < year1971) return failure("properties.time", "must not be before 1971-01-01")
  if (at > now + hour) return failure("properties.time", "must not be more than 1 hour in the future")
  return undefined
}

const validateId = (name: string, id: unknown): Failure | undefined => {
  if (typeof id !== "string") return failure(`properties.${name}`, "is required")
  return banned.has(id) ? failure(`properties.${name}`, `must not be ${JSON.stringify(id)}`) : undefined
}

const validateInsertId = (id: unknown): Failure | undefined =>
  validateId("$insert_id", id) ??
  (/^[A-Za-z0-9-]+$/.test(id as string) && (id as string).length <= insertIdBytes
    ? undefined
    : failure("properties.$insert_id", `must be 1 to ${insertIdBytes} alphanumeric characters or "-"`))

const validateProperties = (properties: Message): Failure | undefined => {
  const entries = Object.entries(properties)
  if (entries.length >= tooMany) return failure("properties", `must be fewer than ${tooMany}`)
  for (const [key, value] of entries) {
    const field = `properties.${key}`
    const broken = validateNested(field, value, 1)
    if (broken !== undefined) return broken
    if (isNested(value) && bytesOf(value) > valueBytes) return failure(field, `must be at most ${valueBytes} bytes`)
  }
  return undefined
}

const isNested = (value: unknown): value is object => typeof value === "object" && value !== null

const validateNested = (field: string, value: unknown, level: number): Failure | undefined => {
  if (!isNested(value)) return undefined
  if (level > depth) return failure(field, `must not be nested deeper than ${depth}`)
  const values = Object.values(value)
  if (values.length >= tooMany) return failure(field, `must have fewer than ${tooMany} elements or keys`)
  for (const each of values) {
    const broken = validateNested(field, each, level + 1)
    if (broken !== undefined) return broken
  }
  return undefined
}

/**
 * An event as the server keeps it: with its `distinct_id`, its strings silently cut, and a time in the next hour replaced by the present. An
 * event of `/track` without a time happens now, and without any id it is the address's.
 */
export const ingest = (event: Message, now: number, address?: string): Message => {
  const properties = truncated(event["properties"]) as Message
  if (identityEvents.has(event["event"])) return { ...event, properties }
  const { time = now } = properties
  const distinct_id = distinctIdOf(properties) ?? address
  return { ...event, properties: { ...properties, time: millis(time) > now ? now : time, distinct_id } }
}

const scratch = new Uint8Array(stringBytes)
const encoder = new TextEncoder()

const truncated = (value: unknown): unknown => {
  if (typeof value === "string") return value.slice(0, encoder.encodeInto(value, scratch).read)
  if (Array.isArray(value)) return value.map(truncated)
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, truncated(each)]))
  return value
}

/** The identity of an event. An event without an `$insert_id` has no duplicates. */
export const identity = (event: Message): unknown => {
  const { $insert_id, distinct_id, time } = event["properties"] as Message
  return $insert_id === undefined ? event : JSON.stringify([event["event"], millis(time), distinct_id, $insert_id])
}
