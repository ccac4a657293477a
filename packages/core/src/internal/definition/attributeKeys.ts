import type * as BigDecimal from "effect/BigDecimal"
import type * as DateTime from "effect/DateTime"
import type * as Option from "effect/Option"
import type * as Schema from "effect/Schema"

/** The JSON that Effect's codec writes for the encoded side of a schema. */
export type ToJson<A> = A extends string | number | boolean | null
  ? A
  : A extends bigint | { toJSON(): string } | Uint8Array | BigDecimal.BigDecimal | DateTime.DateTime
    ? string
    : A extends Option.Option<infer B>
      ? ToJson<B>
      : A extends Schema.Json
        ? A
        : A extends ReadonlyArray<infer B>
          ? ReadonlyArray<ToJson<B>>
          : Schema.Json

/** The names of the attributes that can be absent. */
export type AbsentNames<A extends Schema.Struct.Fields> = {
  [K in keyof A & string]: A[K] extends { readonly "~encoded.optionality": "optional" }
    ? K
    : undefined extends A[K]["Encoded"]
      ? K
      : A[K]["Encoded"] extends Option.Option<any>
        ? K
        : never
}[keyof A & string]

/** The flat keys of some attributes. */
export type AttributeKeys<A extends Schema.Struct.Fields, Prefix extends string> = [AbsentNames<A>] extends [never]
  ? { readonly [K in keyof A & string as `${Prefix}_${K}`]: ToJson<A[K]["Encoded"]> }
  : { readonly [K in Exclude<keyof A & string, AbsentNames<A>> as `${Prefix}_${K}`]: ToJson<A[K]["Encoded"]> } & {
      readonly [K in AbsentNames<A> as `${Prefix}_${K}`]?: ToJson<Exclude<A[K]["Encoded"], undefined>>
    }

/** The values of one row's attributes, by their names, for `Aggregate.make`. */
export type AttributeValues<A extends Schema.Struct.Fields> = {
  readonly [K in keyof A & string]: K extends AbsentNames<A>
    ? ToJson<Exclude<A[K]["Encoded"], undefined>> | undefined
    : ToJson<A[K]["Encoded"]>
}
