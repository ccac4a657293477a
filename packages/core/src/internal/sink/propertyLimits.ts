import type { Json } from "effect/Schema"

/** The properties of a record, by their keys. */
export type Values = Readonly<Record<string, Json>>

/** A destination's limits for the properties of one record. */
export interface PropertyLimits {
  /** Properties of a record. */
  readonly properties: number
  /** Elements of a list. */
  readonly elements: number
  /** Keys of an object inside a property. */
  readonly objectKeys: number
  /** Levels of lists and objects inside a property. */
  readonly depth: number
  /** Bytes of a string or a key, in UTF-8. */
  readonly stringBytes: number
  /**
   * Characters of a string or a key, as JavaScript counts them, for destinations that do not count bytes: then let `stringBytes` be three times as
   * many, which is enough for any text. Default: no limit besides `stringBytes`.
   */
  readonly stringCharacters?: number | undefined
  /** Bytes of the JSON of one list or object. */
  readonly valueBytes: number
  /** Bytes of the JSON of all properties after `cut`. */
  readonly bytes: number
  /** Keys reserved by the destination or its sink. */
  readonly reserved: ReadonlySet<string>
  /** The key under which `cut` lists the keys of incomplete values. */
  readonly marker: string
}

type Container = ReadonlyArray<Json> | Values

const encoder = new TextEncoder()
const bytesOf = (text: string): number => encoder.encode(text).length
const jsonBytes = (value: Json): number => bytesOf(JSON.stringify(value))

/** Whether a text has more than this many bytes. It counts them only if the text's length does not decide it. */
export const exceeds = (text: string, bytes: number): boolean =>
  text.length > bytes || (text.length * 3 > bytes && bytesOf(text) > bytes)

let scratch = new Uint8Array(255)

/** The longest start of a text with at most this many bytes. It never splits a code point. */
export const shorten = (text: string, bytes: number): string => {
  if (text.length * 3 <= bytes) return text
  if (scratch.length < bytes) scratch = new Uint8Array(bytes)
  return text.slice(0, encoder.encodeInto(text, scratch.subarray(0, bytes)).read)
}

/** Whether a string or a key is too long. */
export const isLong = (text: string, { stringBytes, stringCharacters }: PropertyLimits): boolean =>
  (stringCharacters !== undefined && text.length > stringCharacters) || exceeds(text, stringBytes)

/** The longest start of a string that fits. */
const shortened = (text: string, { stringBytes, stringCharacters }: PropertyLimits): string => {
  if (stringCharacters === undefined || text.length <= stringCharacters) return shorten(text, stringBytes)
  // A low surrogate belongs to the code point before it.
  const splits = /[\udc00-\udfff]/.test(text[stringCharacters]!)
  return shorten(text.slice(0, splits ? stringCharacters - 1 : stringCharacters), stringBytes)
}

/** Lists the first few names, and shortens long ones. */
export const listed = (keys: ReadonlyArray<string>, bytes: number): string => {
  const shown = keys
    .slice(0, 10)
    .map((key) => shorten(key, bytes))
    .join(", ")
  return keys.length > 10 ? `${shown} and ${keys.length - 10} more` : shown
}

const isContainer = (value: unknown): value is Container => typeof value === "object" && value !== null

/** An upper bound of the bytes of a value's JSON, or NaN if something inside exceeds a limit. */
const roomOf = (value: Json | undefined, level: number, limits: PropertyLimits): number => {
  if (typeof value === "string") return isLong(value, limits) ? Number.NaN : value.length * 6 + 2
  if (!isContainer(value)) return 25
  if (level > limits.depth) return Number.NaN
  let bytes = 2
  if (Array.isArray(value)) {
    if (value.length > limits.elements) return Number.NaN
    for (const inner of value) bytes += 1 + roomOf(inner, level + 1, limits)
    return bytes
  }
  let count = 0
  for (const key in value) {
    if (++count > limits.objectKeys) return Number.NaN
    bytes += key.length * 6 + 4 + roomOf((value as Values)[key], level + 1, limits)
  }
  return bytes
}

const fitsValue = (value: Json | undefined, limits: PropertyLimits): boolean => {
  const room = roomOf(value, 1, limits)
  if (!isContainer(value)) return !Number.isNaN(room)
  return room <= limits.valueBytes || (room > limits.valueBytes && !exceeds(JSON.stringify(value), limits.valueBytes))
}

const fitsKey = (key: string, limits: PropertyLimits): boolean => !isLong(key, limits) && !limits.reserved.has(key)

/** Whether properties fit together with this many others, in one pass. */
export const fits = (values: Values, limits: PropertyLimits, others = 0): boolean => {
  let count = others
  for (const key in values) {
    if (++count > limits.properties || !fitsKey(key, limits)) return false
    const value = values[key]
    if (typeof value === "string") {
      if (isLong(value, limits)) return false
    } else if (typeof value === "object" && !fitsValue(value, limits)) return false
  }
  return true
}

/** Why properties do not fit. It names keys and never a value. */
export const reasonAgainst = (values: Values, limits: PropertyLimits, others = 0): string => {
  const keys = Object.keys(values)
  const wrong = keys.filter((key) => !fitsKey(key, limits) || !fitsValue(values[key], limits))
  return wrong.length === 0
    ? `there are ${keys.length} properties, but only ${limits.properties - others} fit`
    : `the destination does not accept all of ${listed(wrong, limits.stringBytes)}`
}

/** The part of a value that fits, its bytes as JSON, and whether it is the whole value. */
interface Piece {
  readonly value: Json
  readonly bytes: number
  readonly whole: boolean
}

/** The part of a value that fits into this many bytes, or undefined if nothing does. */
const pieceOf = (value: Json, level: number, room: number, limits: PropertyLimits): Piece | undefined => {
  if (isContainer(value)) return level > limits.depth || room < 2 ? undefined : partOf(value, level, room, limits)
  const short = typeof value === "string" ? shortened(value, limits) : value
  const bytes = jsonBytes(short)
  return bytes > room ? undefined : { value: short, bytes, whole: short === value }
}

const partOf = (value: Container, level: number, room: number, limits: PropertyLimits): Piece => {
  const list = Array.isArray(value)
  const kept: Array<readonly [key: string, value: Json]> = []
  let bytes = 2
  let whole = true
  for (const [key, inner] of Object.entries(value)) {
    const before = (list ? 0 : jsonBytes(key) + 1) + (kept.length === 0 ? 0 : 1)
    // The loop skips a value that is nested too deeply, and ends at one that has no room left.
    if (level === limits.depth && isContainer(inner)) {
      whole = false
      continue
    }
    const full = kept.length === (list ? limits.elements : limits.objectKeys)
    const piece = full ? undefined : pieceOf(inner, level + 1, room - bytes - before, limits)
    whole &&= piece?.whole === true
    if (piece === undefined) break
    kept.push([key, piece.value])
    bytes += before + piece.bytes
  }
  return { value: list ? kept.map(([, inner]) => inner) : Object.fromEntries(kept), bytes, whole }
}

/**
 * The part of properties that fits together with this many others. The marker lists the keys of incomplete values, after those that were
 * cut before.
 */
export const cut = (values: Values, limits: PropertyLimits, others = 0, before: ReadonlyArray<string> = []): Values => {
  const kept: Array<readonly [key: string, value: Json]> = []
  const keys = [...before]
  let room = limits.bytes
  // A value that is no JSON, such as undefined or a Date, is cut as its JSON.
  for (const [key, value] of Object.entries(JSON.parse(JSON.stringify(values)) as Values)) {
    const most = isContainer(value) ? Math.min(room, limits.valueBytes) : room
    const fitting = fitsKey(key, limits) && kept.length + others < limits.properties
    const piece = fitting ? pieceOf(value, 1, most, limits) : undefined
    if (piece?.whole !== true) keys.push(key)
    if (piece === undefined) continue
    kept.push([key, piece.value])
    room -= piece.bytes + jsonBytes(key) + 2
  }
  return Object.fromEntries(keys.length === 0 ? kept : [...kept, [limits.marker, named(keys, limits)]])
}

/** The keys as a list that itself fits into a property, and the number of the others. */
const named = (keys: ReadonlyArray<string>, limits: PropertyLimits): Json => {
  const most = { ...limits, elements: limits.elements - 1 }
  const names = partOf(keys, 1, limits.valueBytes - 100, most).value as ReadonlyArray<string>
  return names.length === keys.length ? names : [...names, `and ${keys.length - names.length} more`]
}
