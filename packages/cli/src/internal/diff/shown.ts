/** A type in words, with its bounds. */
import { type JsonType, typeText } from "@trackmap/core/Description"

const units = {
  minimum: (n: unknown) => `at least ${n}`,
  maximum: (n: unknown) => `at most ${n}`,
  exclusiveMinimum: (n: unknown) => `more than ${n}`,
  exclusiveMaximum: (n: unknown) => `less than ${n}`,
  multipleOf: (n: unknown) => `a multiple of ${n}`,
  minLength: (n: unknown) => `at least ${n} characters`,
  maxLength: (n: unknown) => `at most ${n} characters`,
  minItems: (n: unknown) => `at least ${n} items`,
  maxItems: (n: unknown) => `at most ${n} items`,
  patterns: (all: unknown) => (all as ReadonlyArray<string>).map((one) => `like /${one}/`).join(", ")
} as const

const boundsOf = (type: JsonType): ReadonlyArray<string> =>
  Object.entries(units).flatMap(([name, say]) => {
    const value = (type as Readonly<Record<string, unknown>>)[name]
    return value === undefined ? [] : [say(value)]
  })

/** `integer | null (at least 0)`. Types inside a type are without their bounds. */
export const shown = (type: JsonType): string => {
  const bounds = boundsOf(type)
  return bounds.length === 0 ? typeText(type) : `${typeText(type)} (${bounds.join(", ")})`
}
