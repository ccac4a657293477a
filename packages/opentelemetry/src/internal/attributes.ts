import type { Attributes, AttributeValue, HrTime } from "@opentelemetry/api"

/** A value as an attribute can have it. Effect's spans accept any. */
export const attributeOf = (value: unknown): AttributeValue => {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return value
    default:
      return String(value)
  }
}

export const attributesOf = (record: Readonly<Record<string, unknown>>): Attributes =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, attributeOf(value)]))

/** Nanoseconds since 1970 as OpenTelemetry's time. */
export const timeOf = (nanos: bigint): HrTime => [Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n)]
