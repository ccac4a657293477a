/**
 * Schemas of objects that represent one value, recognised by their properties, because their classes come from the
 * runtime or from other packages.
 */
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import { checkedJsonCopy } from "./jsonCopy.ts"

/** A point in time: `Temporal.Instant`, `Temporal.ZonedDateTime`. */
export interface Instant {
  readonly epochMilliseconds: number
  toJSON(): string
}

/** A day of the calendar: `Temporal.PlainDate`. */
export interface PlainDate {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour?: undefined
  toString(options?: { readonly calendarName?: "never" }): string
  toJSON(): string
}

/** An object with a time zone: `Temporal.ZonedDateTime`. */
export interface Zoned {
  readonly timeZoneId: string
  toJSON(): string
}

/** What JSON.stringify writes as a string. */
export interface Text {
  toJSON(): string
}

/** Any JSON, with undefined keys as absent ones, as ORMs type it. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | ReadonlyArray<JsonValue>
  | { readonly [key: string]: JsonValue | undefined }

/** The text of a value, or undefined for another kind of value. */
const written = (write: (value: any) => unknown, value: unknown): unknown => {
  try {
    return typeof value === "object" && value !== null ? write(value) : undefined
  } catch {
    return undefined
  }
}

const writtenAs = <T>(
  expected: string,
  format: string | undefined,
  write: (value: T) => string | undefined
): Schema.declare<T> =>
  Schema.declare((value): value is T => typeof written(write, value) === "string", {
    expected,
    toCodecJson: () =>
      Schema.link<T>()(format === undefined ? Schema.String : Schema.String.annotate({ format }), {
        decode: SchemaGetter.forbidden(() => `${expected} is only written`),
        encode: SchemaGetter.transform((value) => write(value)!)
      })
  })

const matching = (text: unknown, pattern: RegExp): string | undefined =>
  typeof text === "string" && pattern.test(text) ? text : undefined

export const instant = writtenAs<Instant>("an instant", "date-time", ({ epochMilliseconds }) =>
  typeof epochMilliseconds === "number" ? new Date(epochMilliseconds).toISOString() : undefined
)

// A date of another calendar is the same day, and its text is in the ISO calendar.
export const plainDate = writtenAs<PlainDate>("a plain date", "date", (date) =>
  matching(date.toString({ calendarName: "never" }), /^([+-]\d{2})?\d{4}-\d{2}-\d{2}$/)
)

export const timeZone = writtenAs<Zoned>("a time with its zone", undefined, ({ timeZoneId }) =>
  matching(timeZoneId, /./)
)

export const text = writtenAs<Text>("a value whose toJSON gives a string", undefined, (value) =>
  matching(value.toJSON(), /^/)
)

const refuse = (): never => {
  throw new TypeError("not JSON")
}
const copy = (value: unknown): Schema.Json => checkedJsonCopy(value, refuse)

const isJsonValue = (value: unknown): value is JsonValue => {
  try {
    copy(value)
    return true
  } catch {
    return false
  }
}

export const json: Schema.declare<JsonValue> = Schema.declare(isJsonValue, {
  expected: "JSON",
  toCodecJson: () =>
    Schema.link<JsonValue>()(Schema.Json, {
      decode: SchemaGetter.passthrough<Schema.Json>() as SchemaGetter.Getter<JsonValue, Schema.Json>,
      encode: SchemaGetter.transform(copy)
    })
})
