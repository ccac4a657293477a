/**
 * The table of aggregates: each has an interface, an entry in `KeysOf` (the compiler's knowledge of its keys) and an entry in
 * `table` (all that is known of it when it runs). One that lacks either does not compile.
 */
import * as Schema from "effect/Schema"
import type * as Attribute from "../../Attribute.ts"
import type { Reason } from "../../DefinitionError.ts"
import { absent, type Codec, mismatch } from "../base/codec.ts"
import { describe, isArray } from "../base/fault.ts"
import { isPersonal } from "../base/personal.ts"
import { refuse } from "../base/refuse.ts"
import { canonical } from "../base/sameJson.ts"
import { comesLater } from "../base/userFunction.ts"
import type { AttributeKeys } from "./attributeKeys.ts"
import * as fields from "./field.ts"
import type { AggregateKey, AggregatedRows, CompiledAggregate, EntityImpl, Field, Needs } from "./model.ts"
import { schemaOf } from "./schema.ts"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/** The first rows, each with its own relations, and whether there were more. */
export interface List {
  readonly _tag: "List"
  readonly max: number
}
/** How many rows there are. */
export interface Count {
  readonly _tag: "Count"
}
/** How many different values an attribute has. */
export interface CountDistinct<out Attribute extends string> {
  readonly _tag: "CountDistinct"
  readonly attribute: Attribute
}
/** The key of each row, in the resolver's order. */
export interface Keys {
  readonly _tag: "Keys"
}
/** The first row in the resolver's order, with its own relations. */
export interface First {
  readonly _tag: "First"
}
/** The last row in the resolver's order, with its own relations. */
export interface Last {
  readonly _tag: "Last"
}
/** The sum of a numeric attribute; 0 without rows. */
export interface Sum<out Attribute extends string> {
  readonly _tag: "Sum"
  readonly attribute: Attribute
}
/** The mean of a numeric attribute. */
export interface Avg<out Attribute extends string> {
  readonly _tag: "Avg"
  readonly attribute: Attribute
}
/** The smallest value of a numeric attribute. */
export interface Min<out Attribute extends string> {
  readonly _tag: "Min"
  readonly attribute: Attribute
}
/** The largest value of a numeric attribute. */
export interface Max<out Attribute extends string> {
  readonly _tag: "Max"
  readonly attribute: Attribute
}
/** Your own aggregate, over rows whose values are `Row`. */
export interface Custom<out Name extends string, out S extends Attribute.Any, in Row> {
  readonly _tag: "Custom"
  readonly name: Name
  readonly schema: S
  readonly attributes: ReadonlyArray<string>
  readonly aggregate: (rows: ReadonlyArray<Row>) => unknown
}

/**
 * Any aggregate of rows whose numeric attributes are `Numeric`, whose attributes are `Any`, and whose values are `Row`.
 */
export type Aggregate<
  Numeric extends string = string,
  Any extends string = Numeric,
  Row = string extends Numeric ? never : unknown
> =
  | List
  | Count
  | CountDistinct<Any>
  | Keys
  | First
  | Last
  | Sum<Numeric>
  | Avg<Numeric>
  | Min<Numeric>
  | Max<Numeric>
  | Custom<string, Attribute.Any, Row>

type AttributeOf<A> = A extends { readonly attribute: infer Name extends string } ? Name : never

/** The flat keys of an aggregate, by its tag. `Target` has the type of a row's nested record. */
export interface KeysOf<Target extends { readonly record: unknown }, A, Path extends string> {
  readonly List: { readonly [K in Path]: ReadonlyArray<Target["record"]> } & {
    readonly [K in `${Path}_truncated`]: boolean
  }
  readonly Count: { readonly [K in `${Path}_count`]: number }
  readonly CountDistinct: { readonly [K in `${Path}_${AttributeOf<A>}_countDistinct`]: number }
  readonly Keys: { readonly [K in `${Path}_keys`]: ReadonlyArray<string | number> }
  readonly First: { readonly [K in `${Path}_first`]?: Target["record"] }
  readonly Last: { readonly [K in `${Path}_last`]?: Target["record"] }
  readonly Sum: { readonly [K in `${Path}_${AttributeOf<A>}_sum`]: number }
  readonly Avg: { readonly [K in `${Path}_${AttributeOf<A>}_avg`]?: number }
  readonly Min: { readonly [K in `${Path}_${AttributeOf<A>}_min`]?: number }
  readonly Max: { readonly [K in `${Path}_${AttributeOf<A>}_max`]?: number }
  readonly Custom: A extends Custom<infer Name, infer S, never>
    ? AttributeKeys<{ readonly [K in Name]: Attribute.Of<S> }, Path>
    : never
}

// -----------------------------------------------------------------------------
// the table
// -----------------------------------------------------------------------------

/** The relation that an aggregate belongs to. */
interface Relation {
  /** The name of the entity that has the relation. */
  readonly entity: string
  readonly path: string
  readonly target: EntityImpl
}

/** One entry for each aggregate: checks its options, and makes it ready for the rows of a relation. */
export type Table<A extends { readonly _tag: string }> = {
  readonly [Tag in A["_tag"]]: (aggregate: Extract<A, { readonly _tag: Tag }>, relation: Relation) => CompiledAggregate
}

const reject = ({ entity, path }: Relation, reason: Reason, detail: string, ...paths: ReadonlyArray<string>): never =>
  refuse(entity, reason, detail, [path, ...paths])

const nothing: Needs = { first: 0, last: false, attributes: [] }

/** An aggregate that writes one key. */
const oneKey = (
  name: string,
  parts: Pick<AggregateKey, "schema"> &
    Partial<AggregateKey> & {
      readonly attribute?: string
      readonly needs?: Partial<Needs>
      readonly run: (rows: AggregatedRows) => unknown
    }
): CompiledAggregate => {
  const { attribute, needs, run, ...key } = parts
  return {
    keys: [
      {
        suffix: attribute === undefined ? `_${name}` : `_${attribute}_${name}`,
        label: attribute === undefined ? name : `${name}(${attribute})`,
        optional: false,
        ...key
      }
    ],
    needs: { ...nothing, ...needs },
    suffix: attribute === undefined ? "" : `.${attribute}`,
    expected: "what can be aggregated",
    run: (rows) => [run(rows)]
  }
}

/** An option that names an attribute: its text reaches keys, so nothing else is let through. */
const textOf = (relation: Relation, what: string, given: unknown): string =>
  typeof given === "string"
    ? given
    : reject(
        relation,
        "BadAggregate",
        `${what} of ${relation.path} needs the name of an attribute, not ${describe(given)}`
      )

const flatKey = ({ target }: Relation, attribute: string): string => `${target.name}_${attribute}`

/** The values of an attribute, without the rows that have none. */
const valuesOf = (relation: Relation, attribute: string): ((rows: AggregatedRows) => ReadonlyArray<unknown>) => {
  const key = flatKey(relation, attribute)
  return ({ attributes }) =>
    attributes.map((values) => values[key]).filter((value) => value !== undefined && value !== null)
}

const fieldOf = (relation: Relation, what: string, attribute: string): Field =>
  relation.target.fields.find(({ name }) => name === attribute) ??
  reject(
    relation,
    "BadAggregate",
    `${what} of ${relation.path}: ${relation.target.name} has no attribute "${attribute}"`,
    `${relation.target.name}.${attribute}`
  )

const isNumeric = (ast: Schema.Constraint["ast"]): boolean =>
  ast._tag === "Number" ||
  (ast._tag === "Literal" && typeof ast.literal === "number") ||
  (ast._tag === "Union" &&
    ast.types.every((type) => type._tag === "Undefined" || type._tag === "Null" || isNumeric(type)))

const isNumber = ({ numeric, encoded }: Codec): boolean => numeric ?? isNumeric(encoded.ast)

/** An aggregate of the numbers of an attribute: at least one number, unless it has a result for none. */
const ofNumbers =
  (name: string, expected: string, reduce: (numbers: ReadonlyArray<number>) => number, ofNone?: number) =>
  (given: { readonly attribute: string }, relation: Relation): CompiledAggregate => {
    const attribute = textOf(relation, name, given.attribute)
    const what = `${name}("${attribute}")`
    const { codec, schema } = fieldOf(relation, what, attribute)
    if (!isNumber(codec)) {
      const place = `${relation.target.name}.${attribute}`
      reject(relation, "BadAggregate", `${what} of ${relation.path}: ${place} is not a number`, place)
    }
    const read = valuesOf(relation, attribute) as (rows: AggregatedRows) => ReadonlyArray<number>
    return oneKey(name, {
      attribute,
      schema: () => Schema.Finite,
      optional: ofNone === undefined,
      // Even a sum reveals the value of a single row.
      personal: () => isPersonal(schema),
      needs: { attributes: [attribute] },
      run: (rows) => {
        const numbers = read(rows)
        if (numbers.length === 0) return ofNone ?? absent
        const value = reduce(numbers)
        return Number.isFinite(value) ? value : mismatch(expected, value)
      }
    })
  }

/** Of a sum and of an average. */
const total = (numbers: ReadonlyArray<number>): number => numbers.reduce((sum, value) => sum + value, 0)

/** Of rows that nobody checked, what is no number makes a total that is none. */
const mean = (numbers: ReadonlyArray<number>): number => {
  const sum = total(numbers)
  return Number.isFinite(sum) ? sum / numbers.length : sum
}

/** The aggregates, each with all that is known of it. */
export const table: Table<Aggregate> = {
  List: ({ max }, relation) => {
    if (!Number.isSafeInteger(max) || max < 1) {
      const found = typeof max === "number" ? String(max) : describe(max)
      reject(
        relation,
        "BadLimit",
        `the list ${relation.path} needs a max that is a whole number of at least 1, not ${found}`
      )
    }
    const { target } = relation
    return {
      keys: [
        {
          suffix: "",
          label: "list",
          schema: () => Schema.Array(schemaOf(target) as Schema.Top),
          optional: false,
          records: { max }
        },
        { suffix: "_truncated", label: "truncated", schema: () => Schema.Boolean, optional: false }
      ],
      needs: { ...nothing, first: max },
      suffix: "",
      expected: "what can be listed",
      run: ({ count, first }) => [first.slice(0, max), count > max]
    }
  },
  Count: () => oneKey("count", { schema: () => Schema.Int, run: ({ count }) => count }),
  CountDistinct: (given, relation) => {
    const attribute = textOf(relation, "countDistinct", given.attribute)
    fieldOf(relation, `countDistinct("${attribute}")`, attribute)
    const read = valuesOf(relation, attribute)
    return oneKey("countDistinct", {
      attribute,
      schema: () => Schema.Int,
      needs: { attributes: [attribute] },
      run: (rows) => new Set(read(rows).map(canonical)).size
    })
  },
  Keys: (_, relation) => {
    const { key } = relation.target
    const field = fieldOf(relation, "keys", key)
    const { encoded } = field.codec
    return oneKey("keys", {
      personal: () => isPersonal(field.schema),
      schema: () => Schema.Array(encoded as Schema.Top),
      needs: { attributes: [key] },
      run: valuesOf(relation, key)
    })
  },
  First: (_, relation) =>
    oneKey("first", {
      schema: () => schemaOf(relation.target),
      optional: true,
      records: "one",
      needs: { first: 1 },
      run: ({ first }) => first[0] ?? absent
    }),
  Last: (_, relation) =>
    oneKey("last", {
      schema: () => schemaOf(relation.target),
      optional: true,
      records: "one",
      needs: { last: true },
      run: ({ last }) => last ?? absent
    }),
  Sum: ofNumbers("sum", "values whose sum is a finite number", total, 0),
  Avg: ofNumbers("avg", "values whose sum is a finite number", mean),
  Min: ofNumbers("min", "numbers", (numbers) => numbers.reduce((a, b) => Math.min(a, b))),
  Max: ofNumbers("max", "numbers", (numbers) => numbers.reduce((a, b) => Math.max(a, b))),
  Custom: ({ aggregate, attributes: named, name, schema: given }, relation) => {
    const { entity, path } = relation
    const what = `the aggregate "${name}"`
    fields.checkName(entity, "the aggregate", name, path)
    if (typeof aggregate !== "function") {
      reject(relation, "BadAggregate", `${what} of ${path} needs a function of the rows' values`)
    }
    // A copy, because the caller's array may change, or return other values when read again.
    const attributes = isArray(named) ? Array.from(named, (name) => textOf(relation, what, name)) : []
    if (attributes.length === 0) {
      reject(relation, "BadAggregate", `${what} of ${path} needs the names of the attributes that it reads`)
    }
    const read = attributes.map((attribute) => fieldOf(relation, what, attribute))
    const { codec, schema } = fields.compile(entity, `${what} of ${path}`, path, given)
    const columns = attributes.map((attribute) => [attribute, flatKey(relation, attribute)] as const)
    return {
      ...oneKey(name, {
        label: `${name}(${attributes.join(", ")})`,
        schema: () => codec.encoded,
        optional: codec.optional,
        own: { schema, codec },
        personal: () => [schema, ...read.map((field) => field.schema)].some(isPersonal),
        needs: { attributes },
        run: (rows) => {
          const values = rows.attributes.map((record) =>
            Object.fromEntries(columns.map(([attribute, key]) => [attribute, record[key]]))
          )
          const result = (aggregate as (rows: ReadonlyArray<unknown>) => unknown)(values)
          return comesLater(result) ? mismatch("a value that is there at once", result) : codec.encode(result)
        }
      }),
      suffix: `.${name}`,
      expected: codec.expected
    }
  }
}

/**
 * An aggregate prepared for the rows of a relation. Throws `DefinitionError` for a value that is not an aggregate, or
 * has wrong options.
 */
export const compile = (aggregate: unknown, relation: Relation): CompiledAggregate => {
  const tag = (aggregate as Aggregate | null | undefined)?._tag
  return typeof tag === "string" && Object.hasOwn(table, tag)
    ? (table[tag] as (aggregate: unknown, relation: Relation) => CompiledAggregate)(aggregate, relation)
    : reject(relation, "BadAggregate", `${relation.path} has ${whatInstead(aggregate)}`)
}

const whatInstead = (given: unknown): string => {
  if (isArray(given))
    return "an array where an aggregate is expected: pass the aggregates one by one, each as an argument"
  const call = typeof given === "function" ? "Call it, as in Aggregate.list({ max: 10 })" : "Use one of Aggregate's"
  return `${describe(given)} where an aggregate is expected. ${call}`
}
