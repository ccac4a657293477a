import * as Hex from "effect/encoding/Hex"
import * as Equal from "effect/Equal"
import { MismatchError } from "../base/codec.ts"
import { DefinitionError } from "../../DefinitionError.ts"
import { describe, isTagged } from "../base/fault.ts"
import { comesLater } from "../base/userFunction.ts"
import { intern } from "./intern.ts"
import type { Id, RowSource } from "./model.ts"

/** Stands for the id of an object that cannot be compared. */
const incomparable = Symbol("incomparable")

/** An integer, MongoDB's ObjectId, or a UUID. */
const knownText = /^(?:-?(?:0|[1-9]\d*)|[\da-f]{24}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/i

/** A driver may return an `int8` as a string that is a number elsewhere. */
const ofText = (text: string): Id => {
  // A safe integer has at most this many characters.
  if (text.length > 17) return text
  const number = Number(text)
  return Number.isSafeInteger(number) && String(number) === text ? number : text
}

const ofObject = (key: object): Id => {
  const tag = Object.prototype.toString.call(key)
  if (tag === "[object Date]") {
    const time = Date.prototype.getTime.call(key)
    return Number.isNaN(time) ? incomparable : `\0Date ${time}`
  }
  if (tag.startsWith("[object Temporal.")) return `\0${tag} ${String(key)}`
  if (ArrayBuffer.isView(key)) {
    return `\0bytes ${Hex.encode(new Uint8Array(key.buffer, key.byteOffset, key.byteLength))}`
  }
  if (Equal.isEqual(key)) return intern(key)
  // The text of an array of one is that of its element.
  if (Array.isArray(key)) return incomparable
  const text: unknown = key.toString()
  return typeof text === "string" && knownText.test(text) ? ofText(text) : incomparable
}

/** The id of a key, or `incomparable`. Keys are equal if their ids are the same key of a Map. */
const idOf = (key: unknown): Id => {
  switch (typeof key) {
    case "string":
      return ofText(key)
    case "bigint":
      return ofText(String(key))
    case "object":
      try {
        return key === null ? incomparable : ofObject(key)
      } catch {
        return incomparable
      }
    case "undefined":
    case "function":
      return incomparable
    default:
      return key
  }
}

const remedy = "Return the key itself, or give the loader hash, a function from such a key to a string or a number."

/** From the keys of a loader to their ids. It throws a mismatch for a key that cannot be compared. */
export const identify =
  (name: string) =>
  (key: unknown): Id => {
    const id = idOf(key)
    if (id !== incomparable) return id
    const expected = comesLater(key)
      ? "a key that is there at once"
      : `a key that ${name} can compare (a primitive, a date, a UUID, an ObjectId or bytes; for other objects, give ${name} hash)`
    throw new MismatchError({ expected, value: key, found: { actual: describe(key), remedy } })
  }

/** The same for a loader with `hash`, whose strings and numbers are compared strictly. */
export const identifyBy =
  (name: string, hash: (key: any) => unknown) =>
  (key: unknown): Id => {
    const hashed = hash(key)
    const id = typeof hashed === "string" || typeof hashed === "bigint" ? hashed : idOf(hashed)
    if (id !== incomparable) return id
    comesLater(hashed)
    throw new MismatchError({
      expected: `hash of ${name} to return a string or a number at once`,
      value: hashed,
      found: { actual: describe(hashed), remedy: "Fix hash." }
    })
  }

/** The id of a key that no row of a relation gave. `what` is the function that gave it, and a verb. */
export const idAs = ({ idOf, name }: Pick<RowSource, "idOf" | "name">, what: string, key: unknown): Id => {
  try {
    return idOf(key)
  } catch (thrown) {
    if (!isTagged<MismatchError>(thrown, "~@trackmap/core/Mismatch")) throw thrown
    const { expected, value } = thrown.mismatch
    const detail = `${what} ${expected}, not ${describe(value)}`
    throw new DefinitionError({ entity: name, reason: "BadKey", paths: [], detail })
  }
}
