import type { Json } from "effect/Schema"

export type Values = Readonly<Record<string, Json>>

/** What fits into the properties of an event, or of a profile. A KB is taken as 1,000 bytes, the smaller of its two readings. */
export interface Limits {
  readonly properties: number
  readonly elements: number
  /** Bytes of the JSON of one list or object. */
  readonly valueBytes: number
  /** Bytes of the JSON of all properties, where they are cut. */
  readonly bytes: number
  /** The keys that Mixpanel, or this sink, has a use of its own for. */
  readonly reserved: ReadonlySet<string>
}

/** The key under which the sink names the keys whose values it has cut. */
export const marker = "_truncated"

/** Mixpanel, "Import Events", "High-level requirements"; "Supported Properties Data Type"; "Reserved Event Properties". */
export const event: Limits = {
  properties: 254,
  elements: 254,
  valueBytes: 8_000,
  bytes: 900_000,
  reserved: new Set([
    ..."token ip time $time distinct_id $distinct_id $device_id $user_id $insert_id $event_name".split(" "),
    ..."$ignore bucket $bucket".split(" "),
    ..."alias $identified_id $anon_id $distinct_ids $distinct_id_before_identity".split(" "),
    marker
  ])
}

/** Mixpanel, "User Profiles", "Limits"; "Supported Properties Data Type"; "Reserved Profile Properties". */
export const profile: Limits = {
  properties: 2_000,
  elements: Number.POSITIVE_INFINITY,
  valueBytes: 256_000,
  bytes: 900_000,
  reserved: new Set(["$distinct_id", "$token", marker])
}

export const stringBytes = 255
const objectKeys = 254
const depth = 3
/** No UTF-16 unit needs more bytes in UTF-8 than three. */
const surelyShort = stringBytes / 3

const encoder = new TextEncoder()
const scratch = new Uint8Array(stringBytes)

const bytesOf = (text: string): number => encoder.encode(text).length

/** Whether the JSON of something has more bytes than so many, without counting where its length says so already. */
export const exceeds = (text: string, bytes: number): boolean =>
  text.length > bytes || (text.length * 3 > bytes && bytesOf(text) > bytes)

export const isLong = (text: string): boolean => exceeds(text, stringBytes)

/** The start of a text that has at most 255 bytes. It never ends within a code point. */
export const shorten = (text: string): string =>
  text.length <= surelyShort ? text : text.slice(0, encoder.encodeInto(text, scratch).read)

type Container = ReadonlyArray<Json> | Values

const isContainer = (value: unknown): value is Container => typeof value === "object" && value !== null

/** At most so many bytes of JSON, or NaN where something in it is too deep, too many or too long. */
const roomOf = (value: Json | undefined, level: number, limits: Limits): number => {
  if (typeof value === "string") return isLong(value) ? Number.NaN : value.length * 6 + 2
  if (!isContainer(value)) return 25
  if (level > depth) return Number.NaN
  let bytes = 2
  if (Array.isArray(value)) {
    if (value.length > limits.elements) return Number.NaN
    for (const inner of value) bytes += 1 + roomOf(inner, level + 1, limits)
    return bytes
  }
  let count = 0
  for (const key in value) {
    if (++count > objectKeys) return Number.NaN
    bytes += key.length * 6 + 4 + roomOf((value as Values)[key], level + 1, limits)
  }
  return bytes
}

/** Whether one value of a property fits as it is. */
export const fitsValue = (value: Json | undefined, limits: Limits): boolean => {
  const room = roomOf(value, 1, limits)
  if (!isContainer(value)) return !Number.isNaN(room)
  return room <= limits.valueBytes || (room > limits.valueBytes && !exceeds(JSON.stringify(value), limits.valueBytes))
}

const fitsKey = (key: string, limits: Limits): boolean => !isLong(key) && !limits.reserved.has(key)

/** Whether properties fit as they are, beside so many others: the one pass over those of which nothing is to be said. */
export const fits = (values: Values, limits: Limits, others: number): boolean => {
  let count = others
  for (const key in values) {
    if (++count > limits.properties || !fitsKey(key, limits)) return false
    const value = values[key]
    if (typeof value === "string") {
      if (isLong(value)) return false
    } else if (typeof value === "object" && !fitsValue(value, limits)) return false
  }
  return true
}

/** Why properties do not fit, naming keys and never a value. */
export const reasonAgainst = (values: Values, limits: Limits, others: number): string => {
  const keys = Object.keys(values)
  const wrong = keys.filter((key) => !fitsKey(key, limits) || !fitsValue(values[key], limits))
  return wrong.length === 0
    ? `there are ${keys.length} properties, and ${limits.properties - others} have room`
    : `Mixpanel does not take all of ${listed(wrong)}`
}

/** A few names, shortened where they are long. */
export const listed = (keys: ReadonlyArray<string>): string => {
  const shown = keys.slice(0, 10).map(shorten).join(", ")
  return keys.length > 10 ? `${shown} and ${keys.length - 10} more` : shown
}

/** What is left of a value, and its bytes as JSON, commas and keys apart. */
interface Piece {
  readonly value: Json
  readonly bytes: number
}

/** Cuts values, and remembers whether it had to. */
class Cutter {
  readonly limits: Limits
  cut = false
  constructor(limits: Limits) {
    this.limits = limits
  }

  /** What of a value goes into so many bytes, or undefined where nothing does. */
  piece(value: Json, level: number, room: number): Piece | undefined {
    if (isContainer(value)) return this.container(value, level, room)
    const short = typeof value === "string" ? shorten(value) : value
    if (short !== value) this.cut = true
    const bytes = bytesOf(JSON.stringify(short))
    return bytes > room ? this.nothing() : { value: short, bytes }
  }

  private container(value: Container, level: number, room: number): Piece | undefined {
    if (level > depth || room < 2) return this.nothing()
    const list = Array.isArray(value)
    const most = list ? this.limits.elements : objectKeys
    const kept: Array<readonly [key: string, value: Json]> = []
    let bytes = 2
    for (const [key, inner] of Object.entries(value)) {
      const before = (list ? 0 : bytesOf(JSON.stringify(key)) + 1) + (kept.length === 0 ? 0 : 1)
      // What is nested too deep leaves its place to the next; what has no room any more is the end.
      if (level === depth && isContainer(inner)) {
        this.cut = true
        continue
      }
      const piece = kept.length === most ? this.nothing() : this.piece(inner, level + 1, room - bytes - before)
      if (piece === undefined) break
      kept.push([key, piece.value])
      bytes += before + piece.bytes
    }
    return { value: list ? kept.map(([, inner]) => inner) : Object.fromEntries(kept), bytes }
  }

  private nothing(): undefined {
    this.cut = true
    return undefined
  }
}

/**
 * What is left of properties where they have to fit, beside so many others. The keys of what is not whole are named under
 * `_truncated`, behind those that were cut already.
 */
export const cut = (values: Values, limits: Limits, others: number, before: ReadonlyArray<string> = []): Values => {
  const kept: Array<readonly [key: string, value: Json]> = []
  const keys = [...before]
  let room = limits.bytes
  // What has no JSON of its own, such as undefined or a Date, is cut as what it is sent as.
  for (const [key, value] of Object.entries(JSON.parse(JSON.stringify(values)) as Values)) {
    const cutter = new Cutter(limits)
    const fitting = fitsKey(key, limits) && kept.length + others < limits.properties
    const most = isContainer(value) ? Math.min(room, limits.valueBytes) : room
    const piece = fitting ? cutter.piece(value, 1, most) : undefined
    if (piece === undefined || cutter.cut) keys.push(key)
    if (piece === undefined) continue
    kept.push([key, piece.value])
    room -= piece.bytes + bytesOf(JSON.stringify(key)) + 2
  }
  return Object.fromEntries(keys.length === 0 ? kept : [...kept, [marker, named(keys)]])
}

/** The keys as a list that fits into a property itself, and how many more there are. */
const named = (keys: ReadonlyArray<string>): Json => {
  const room = { ...event, elements: event.elements - 1 }
  const names = new Cutter(room).piece(keys, 1, room.valueBytes - 100)!.value as ReadonlyArray<string>
  return names.length === keys.length ? names : [...names, `and ${keys.length - names.length} more`]
}
