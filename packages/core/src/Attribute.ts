/**
 * The description of a value: an Effect schema, or any Standard Schema (zod, valibot, arktype). For values that such a schema cannot
 * describe, there are schemas here: JSON columns, Temporal's dates and times, and the value objects of databases.
 *
 * @module
 */
import { dual } from "effect/Function"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import type { StandardSchemaV1 } from "effect/StandardSchema"
import type { Annotations } from "./Annotations.ts"
import { asEffect } from "./internal/base/standardSchema.ts"
import { ofAttribute } from "./internal/definition/annotations.ts"
import * as valueObjects from "./internal/base/valueObjects.ts"
import type { Instant, JsonValue, PlainDate, Text, Zoned } from "./internal/base/valueObjects.ts"

export type { Instant, JsonValue, PlainDate, Text, Zoned }

/** A schema of either kind. */
export type Any = Schema.Constraint | StandardSchemaV1

/** The schema of values that have a check instead of a structure. Declarations can name it without Effect. */
export interface Declared<T> extends Schema.declare<T> {}
export type { NullOr } from "effect/Schema"

/** Schemas of either kind, by name. */
export type Fields = { readonly [name: string]: Any }

/** The type of an attribute in a row: an Effect schema's type, or a Standard Schema's input. */
export type Type<S extends Any> = S extends Schema.Constraint
  ? S["Type"]
  : S extends StandardSchemaV1
    ? StandardSchemaV1.InferInput<S>
    : never

/** The Effect schema of a schema of either kind. */
export type Of<S extends Any> = S extends Schema.Constraint ? S : S extends StandardSchemaV1 ? FromStandard<S> : never

/** The same for each of some fields. Effect schemas stay what they are. */
export type AllOf<A extends Fields> = A extends Schema.Struct.Fields ? A : { readonly [K in keyof A]: Of<A[K]> }

/**
 * The Effect schema of a Standard Schema. It only encodes: from the Standard Schema's input, in the row, to its output, the JSON in the
 * values.
 */
export interface FromStandard<S extends StandardSchemaV1> extends Schema.Bottom<
  StandardSchemaV1.InferInput<S>,
  JsonOf<StandardSchemaV1.InferOutput<S>>,
  never,
  never,
  SchemaAST.AST,
  FromStandard<S>,
  StandardSchemaV1.InferInput<S>,
  StandardSchemaV1.InferInput<S>,
  readonly [],
  StandardSchemaV1.InferInput<S>,
  "readonly",
  Optionality<StandardSchemaV1.InferInput<S>>,
  "no-default",
  "readonly",
  Optionality<StandardSchemaV1.InferOutput<S>>
> {}

/** A field of unknown type is required: only a type that includes undefined is optional. */
type Optionality<A> = unknown extends A ? "required" : undefined extends A ? "optional" : "required"

/** The JSON type of a value. A type without JSON becomes never. */
export type JsonOf<A> = A extends Schema.Json | undefined
  ? A
  : A extends bigint | symbol | ((...args: never) => unknown)
    ? never
    : A extends ReadonlyArray<unknown>
      ? { [K in keyof A]: JsonOf<A[K]> }
      : A extends object
        ? JsonOfObject<A, MaybeUndefined<A>>
        : never
type JsonOfObject<A, Maybe> = [Maybe] extends [never]
  ? { [K in keyof A]: JsonOf<A[K]> }
  : Flatten<
      { [K in keyof A as K extends Maybe ? never : K]: JsonOf<A[K]> } & {
        [K in keyof A as K extends Maybe ? K : never]?: JsonOf<Exclude<A[K], undefined>>
      }
    >
type MaybeUndefined<A> = { [K in keyof A]-?: undefined extends A[K] ? K : never }[keyof A]
type Flatten<A> = { [K in keyof A]: A[K] } & {}

/**
 * A point in time, written as ISO 8601 in UTC with milliseconds, as a Date is: `Temporal.Instant`, `Temporal.ZonedDateTime`, or any object with
 * their `epochMilliseconds`. It needs no polyfill.
 *
 * The JSON of a `ZonedDateTime` itself, `2026-03-01T12:00:00+01:00[Europe/Berlin]`, is no time to vendors and warehouses. Give its zone a key
 * of its own (see `timeZone`).
 *
 * @example
 * ```ts
 * import { Attribute, Entity } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const Order = Entity.make("Order", {
 *   key: "id",
 *   attributes: { id: Schema.Int, placedAt: Attribute.instant, placedIn: Attribute.timeZone },
 *   from: { placedIn: "placedAt" }
 * })
 * // as Temporal.ZonedDateTime.from("2026-03-01T12:00:00+01:00[Europe/Berlin]")
 * const placedAt = { epochMilliseconds: 1772362800000, timeZoneId: "Europe/Berlin", toJSON: () => "" }
 * console.log(Entity.valuesSync(Order, { id: 357, placedAt }))
 * // { Order_id: 357, Order_placedAt: "2026-03-01T11:00:00.000Z", Order_placedIn: "Europe/Berlin" }
 * ```
 */
export const instant: Declared<Instant> = valueObjects.instant

/** A day, written as ISO 8601 (`2026-03-01`), whatever its calendar: `Temporal.PlainDate`. */
export const plainDate: Declared<PlainDate> = valueObjects.plainDate

/** The time zone of a `Temporal.ZonedDateTime` (`Europe/Berlin`). It reads the same field as the time: name it in `from`. */
export const timeZone: Declared<Zoned> = valueObjects.timeZone

/**
 * A value object, written as the text that it has in JSON: Mongo's `ObjectId`, a `Decimal`, a UUID of a class, `Temporal.PlainTime`.
 *
 * @example
 * ```ts
 * import { Attribute, Entity } from "@trackmap/core"
 *
 * const Order = Entity.make("Order", { key: "id", attributes: { id: Attribute.text }, from: { id: "_id" } })
 * const _id = { toJSON: () => "65f1a6c2e4b0a1b2c3d4e5f6" } // as new ObjectId("65f1a6c2e4b0a1b2c3d4e5f6")
 * console.log(Entity.valuesSync(Order, { _id })) // { Order_id: "65f1a6c2e4b0a1b2c3d4e5f6" }
 * ```
 */
export const text: Declared<Text> = valueObjects.text

/**
 * Any JSON, as ORMs type their JSON columns (Prisma's `JsonValue`). Undefined keys are left out. The values contain a copy.
 *
 * @example
 * ```ts
 * import { Attribute, Entity } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int, meta: Attribute.json } })
 * const meta: Attribute.JsonValue = { gift: true, note: undefined }
 * console.log(Entity.valuesSync(Order, { id: 357, meta })) // { Order_id: 357, Order_meta: { gift: true } }
 * ```
 */
export const json: Declared<JsonValue> = valueObjects.json

/** The same attribute, or null: `Attribute.nullable(Attribute.instant)`. */
export const nullable: <S extends Schema.Top>(schema: S) => Schema.NullOr<S> = Schema.NullOr

/**
 * Annotates an attribute, an Effect schema or any Standard Schema, with what people need to know of it. What an Effect schema says of itself
 * (`description`, `examples`), and a Standard Schema in its JSON Schema, is described without it.
 *
 * Throws `DefinitionError` if an annotation is invalid. `Entity.make` does, if the schema does not accept an example.
 *
 * @example
 * ```ts
 * import { Attribute, Entity, Plan, TrackedEvent } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const qty = Schema.Int.pipe(Attribute.annotate({ description: "Pieces ordered", owner: "sales", since: "2.4.0", examples: [3] }))
 * const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty } })
 * const plan = Plan.make(TrackedEvent.make("orderLineUpdated", { entities: { orderLine: OrderLine } }))
 * console.log(Plan.describe(plan).entities[0]?.attributes[1]?.description) // Pieces ordered
 * ```
 */
export const annotate: {
  <S extends Any>(annotations: Annotations<Type<S>>): (schema: S) => Annotated<S>
  <S extends Any>(schema: S, annotations: Annotations<Type<S>>): Annotated<S>
  // `any`, since each signature has its own result, made from its `S`.
} = dual(2, (schema: unknown, annotations: Annotations<unknown>): any =>
  asEffect(schema)?.annotate(ofAttribute(annotations))
)

/** A schema with annotations. */
export type Annotated<S extends Any> = S extends Schema.Top ? S["Rebuild"] : Of<S>

/** The compiler's message if a Standard Schema's output is not JSON. */
export type OnlyJson<A extends Fields> = A extends Schema.Struct.Fields
  ? unknown
  : { readonly [K in keyof A as FitsJson<A[K]> extends true ? never : K]: NotJson }
/** The same for one schema. */
export type IsJson<S extends Any> = FitsJson<S> extends true ? unknown : NotJson
/** The compiler's message. */
export type NotJson = "the output of this schema is not JSON: transform it to a string, a number or other JSON"
type FitsJson<S extends Any> = S extends Schema.Constraint
  ? true
  : S extends StandardSchemaV1
    ? 0 extends 1 & StandardSchemaV1.InferOutput<S>
      ? false
      : [StandardSchemaV1.InferOutput<S>] extends [Plain<StandardSchemaV1.InferOutput<S>>]
        ? true
        : false
    : false
/** The compiler's message if traits are not JSON. An interface has no index signature, and is taken like any other type. */
export type JsonTraits<T> =
  T extends ReadonlyArray<unknown>
    ? "traits are an object of JSON values"
    : {
        readonly [K in keyof T]: [T[K]] extends [Plain<T[K]>]
          ? unknown
          : "this trait is not JSON: make it a string, a number or other JSON"
      }
type Plain<A> = A extends Schema.Json | undefined
  ? A
  : A extends bigint | symbol | ((...args: never) => unknown)
    ? never
    : A extends object
      ? { [K in keyof A]: Plain<A[K]> }
      : never
