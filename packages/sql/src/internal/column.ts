import { identity } from "effect/Function"
import { hasProperty } from "effect/Predicate"
import * as decode from "./decode.ts"
import { checkName, refuse, said } from "./refuse.ts"

export const TypeId = "~@trackmap/sql/Column" as const

/** What a column holds. */
export type Kind =
  | "int"
  | "bigint"
  | "text"
  | "boolean"
  | "numeric"
  | "float"
  | "timestamp"
  | "timestamptz"
  | "date"
  | "json"
  | "uuid"
  | "literals"
  | "array"

type Scalar = Exclude<Kind, "literals" | "array">

export interface ColumnImpl {
  readonly kind: Kind
  readonly nullable: boolean
  readonly column: string | undefined
  /** The kind of an array's elements. */
  readonly element: Kind | undefined
  /** The value of what a driver returned, which is not null, or `misfit`. */
  readonly decode: (raw: unknown) => unknown
}

const Proto = { [TypeId]: { _A: identity } }

const make = (impl: ColumnImpl): ColumnImpl => Object.assign(Object.create(Proto), impl)

export const isColumn = (u: unknown): u is ColumnImpl => hasProperty(u, TypeId)

const decoders: { readonly [K in Scalar]: ColumnImpl["decode"] } = {
  int: decode.int,
  bigint: decode.bigint,
  text: decode.text,
  boolean: decode.boolean,
  numeric: decode.numeric,
  float: decode.float,
  timestamp: decode.timestamp,
  timestamptz: decode.timestamp,
  date: decode.date,
  json: decode.json,
  uuid: decode.uuid
}

export const scalar = (kind: Scalar): ColumnImpl =>
  make({ kind, nullable: false, column: undefined, element: undefined, decode: decoders[kind] })

export const literals = (all: ReadonlyArray<string>): ColumnImpl => {
  if (!Array.isArray(all) || all.length === 0 || all.some((one) => typeof one !== "string")) {
    refuse("Column.literals", "BadPath", `it takes an array of one or more strings, not ${said(all)}`)
  }
  const decoded = decode.literals(all)
  return make({ kind: "literals", nullable: false, column: undefined, element: undefined, decode: decoded })
}

const given = (combinator: string, column: unknown): ColumnImpl =>
  isColumn(column)
    ? column
    : refuse(`Column.${combinator}`, "BadPath", `it takes a column, such as Column.int, not ${said(column)}`)

export const array = (column: ColumnImpl): ColumnImpl => {
  const { decode: one, kind, nullable } = given("array", column)
  if (kind === "array" || kind === "json") {
    refuse("Column.array", "BadPath", `its elements cannot be ${kind}: describe the column as Column.json`)
  }
  const decoded = decode.array(one, nullable)
  return make({ kind: "array", nullable: false, column: undefined, element: kind, decode: decoded })
}

export const nullable = (column: ColumnImpl): ColumnImpl => make({ ...given("nullable", column), nullable: true })

export const named = (name: string, column: ColumnImpl): ColumnImpl =>
  make({ ...given("named", column), column: checkName("Column.named", "the name of a column", name) })
