/**
 * The description of a value: an Effect schema, or any Standard Schema (zod, valibot, arktype).
 *
 * @module
 */
import type * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import type { StandardSchemaV1 } from "effect/StandardSchema"

/** A schema of either kind. */
export type Any = Schema.Constraint | StandardSchemaV1

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

/** The compiler's message if a Standard Schema's output is not JSON. */
export type OnlyJson<A extends Fields> = A extends Schema.Struct.Fields
  ? unknown
  : { readonly [K in keyof A as FitsJson<A[K]> extends true ? never : K]: NotJson }
/** The same for one schema. */
export type IsJson<S extends Any> = FitsJson<S> extends true ? unknown : NotJson
/** What is said. */
export interface NotJson {
  readonly "the output of this schema is not JSON: transform it to a string, a number or other JSON": never
}
type FitsJson<S extends Any> = S extends Schema.Constraint
  ? true
  : S extends StandardSchemaV1
    ? 0 extends 1 & StandardSchemaV1.InferOutput<S>
      ? false
      : [StandardSchemaV1.InferOutput<S>] extends [Plain<StandardSchemaV1.InferOutput<S>>]
        ? true
        : false
    : false
type Plain<A> = A extends Schema.Json | undefined
  ? A
  : A extends bigint | symbol | ((...args: never) => unknown)
    ? never
    : A extends object
      ? { [K in keyof A]: Plain<A[K]> }
      : never
