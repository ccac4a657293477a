import { misfit } from "./decode.ts"
import type { Dialect } from "./statement.ts"
import type { TableColumn } from "./table.ts"

/** A key as its column has it. */
export type Key = string | number | bigint

/** What no 64-bit integer or text of a database can be: no row has it, and to ask for it would be an error. */
const exists = (key: Key): boolean => {
  if (typeof key === "string") return !key.includes("\0")
  return typeof key === "number" || BigInt.asIntN(64, key) === key
}

/** A key in the kind of its column, or undefined if no row can have it. */
const inKind = ({ decode }: TableColumn, given: unknown): Key | undefined => {
  const key = decode(given)
  return key !== misfit && exists(key as Key) ? (key as Key) : undefined
}

/** Identifies a key of a row or of a relation. Keys that the database alone calls equal, such as 1 and `01`, have different ids. */
export const idIn =
  (column: TableColumn) =>
  (given: unknown): Key =>
    inKind(column, given) ?? `\0${typeof given} ${String(given)}`

/** The keys that a row can have. */
export const wanted = (column: TableColumn, given: ReadonlyArray<unknown>): ReadonlyArray<Key> =>
  given.flatMap((one) => inKind(column, one) ?? [])

const element = (key: Key): string =>
  typeof key === "string" ? `"${key.replaceAll(/["\\]/g, String.raw`\$&`)}"` : String(key)

/** JSON has no bigints, but any digits. */
const json = (key: Key): string => (typeof key === "string" ? JSON.stringify(key) : String(key))

/** All keys as one parameter, so that the text of a statement is the same for any number of keys. */
export const parameter = (keys: ReadonlyArray<Key>, dialect: Dialect): string =>
  dialect === "postgres" ? `{${keys.map(element).join(",")}}` : `[${keys.map(json).join(",")}]`
