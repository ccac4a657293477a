import * as Option from "effect/Option"
import { InvalidRow, ResolveFailed } from "../../RowError.ts"
import type { MismatchError } from "./codec.ts"

/** Names the place of something in a row: the index of the row among those that are valued, and the rest of the path. */
export type Place = (index: number, suffix: string) => string

/** Describes a value by its kind, since the value may be personal data. */
export const describe = (value: unknown): string => {
  if (value === null) return "null"
  switch (typeof value) {
    case "undefined":
      return "undefined"
    case "number":
      return describeNumber(value)
    case "string":
      return `a string of length ${value.length}`
    case "object":
      return describeObject(value)
    case "symbol":
      return "a symbol"
    default:
      return `a ${typeof value}`
  }
}

const describeNumber = (value: number): string =>
  !Number.isFinite(value)
    ? String(value)
    : !Number.isInteger(value)
      ? "a fraction"
      : Number.isSafeInteger(value)
        ? "an integer"
        : "an integer beyond 2^53 - 1, which a number cannot represent exactly"

/** The classes that a description names. Any other name can be a row's own text. */
const classes: ReadonlySet<unknown> = new Set(
  [
    "ArrayBuffer Buffer Map Promise RegExp Set URL URLSearchParams Uint8Array WeakMap",
    "AggregateError DOMException Error RangeError ReferenceError SyntaxError TypeError URIError",
    "Duration Instant PlainDate PlainDateTime PlainTime ZonedDateTime DateTime Moment",
    "BSONRegExp Big BigDecimal BigNumber Binary Decimal Decimal128 Long ObjectId UUID",
    "Collection PersistentCollection Reference"
  ].flatMap((names) => names.split(" "))
)

const describeObject = (value: object): string => {
  try {
    if (Array.isArray(value)) return `an array of length ${value.length}`
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid Date" : "a Date"
    if (Option.isOption(value)) return "an Option"
    const name: unknown = value.constructor?.name
    return classes.has(name) ? `an object of class ${String(name)}` : "an object"
  } catch {
    return "an object that throws when it is read"
  }
}

/** Whether a value is an array. Throws for no value: a revoked proxy would. */
export const isArray = (value: unknown): value is ReadonlyArray<unknown> => {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}

/** Whether a value is an object that something can be read from: not the promise or the query of a row that nobody has awaited. */
export const isRow = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !isArray(value) && !isThenable(value)

const isThenable = (value: object): boolean => {
  try {
    return "then" in value && typeof value.then === "function"
  } catch {
    return false
  }
}

const remedyOf = (value: unknown, path: string, expected: string): string => {
  if (isArray(value) && (expected === "a row" || expected === "a row or nothing")) {
    return path.includes(".")
      ? "Return one row, or relate many rows with Entity.many."
      : "Pass one row; Entity.valuesAll takes many."
  }
  if (expected === "an array of rows" && path.includes(".") && (value === undefined || value === null)) {
    return `Load ${path.slice(path.lastIndexOf(".") + 1)} with the row, or return [] if there are none.`
  }
  if (expected === "a row") {
    if (typeof value === "object" && value !== null && isThenable(value)) return "Await it before you pass it."
    return path.includes(".") ? "Make the resolver return rows and nothing else." : "Pass the row to the call."
  }
  if (value !== undefined) return "Fix the row or its schema."
  const name = path.slice(path.lastIndexOf(".") + 1)
  return path.endsWith(`.properties.${name}`)
    ? `Pass ${name} to the call, or declare it as optional.`
    : `Load ${name} with the row, or declare it as optional.`
}

/** Makes the error of something once its place is known. */
export type Captured = (entity: string, path: string) => InvalidRow

/** The error for a value that is not what was expected at a place. */
export const invalidRow = (
  entity: string,
  path: string,
  expected: string,
  value: unknown,
  cause?: unknown
): InvalidRow => unexpected(expected, value, cause)(entity, path)

/** Describes the value at once, since it may change before its place is known. */
const unexpected = (expected: string, value: unknown, cause: unknown): Captured => {
  const actual = describe(value)
  return (entity, path) =>
    new InvalidRow({
      entity,
      path,
      expected,
      actual,
      remedy: remedyOf(value, path, expected),
      ...(cause === undefined ? undefined : { cause })
    })
}

/** The error for a promise that rejected. */
export const rejected = (path: string, cause: unknown): ResolveFailed =>
  isTagged<ResolveFailed>(cause, "ResolveFailed")
    ? cause
    : new ResolveFailed({
        path,
        reason: `rejected with ${kindOf(cause)}`,
        remedy:
          "Fix the function. If it finds nothing, return nothing instead of rejecting. See the cause of this error.",
        cause
      })

/** The error for a result that took too long. */
export const unanswered = (path: string, reason: string): ResolveFailed =>
  new ResolveFailed({
    path,
    reason,
    remedy: "Make it faster, or raise resolveWithin or closeWithin."
  })

/** The names of errors that are not class names: those of the web platform, of Effect and of this package. */
const errors: ReadonlySet<unknown> = new Set(
  [
    "AbortError NetworkError TimeoutError DataCloneError NotSupportedError QuotaExceededError",
    "ConfigError HttpClientError NoSuchElementError ParseError SchemaError SqlError",
    "DefinitionError InvalidRow MissingRow ResolveFailed",
    "Misconfigured Refused TooLarge Unavailable"
  ].flatMap((names) => names.split(" "))
)

const identifier = /^[A-Za-z_$][\w$]{0,63}$/

/** An object's own text, but not a getter's, which could return anything. */
const ownText = (object: object, key: string): string | undefined => {
  const text: unknown = Object.getOwnPropertyDescriptor(object, key)?.value
  return typeof text === "string" && identifier.test(text) ? text : undefined
}

/** The name of an error's class, from the code that declares it: the error's own name may be any text. */
const classOf = (error: Error): string => {
  const { prototype } = Error
  for (let proto: object | null = Object.getPrototypeOf(error); proto !== null; proto = Object.getPrototypeOf(proto)) {
    const declared: unknown = Object.getOwnPropertyDescriptor(proto, "constructor")?.value
    const name =
      (proto === prototype ? undefined : ownText(proto, "name")) ??
      (typeof declared === "function" ? ownText(declared, "name") : undefined)
    if (name !== undefined) return name
  }
  return "Error"
}

/** The name of an error, which may throw when it is read. Never the error's own text. */
export const nameOf = (failure: unknown): string => {
  try {
    const { _tag, name } = failure as { readonly _tag?: unknown; readonly name?: unknown }
    if (errors.has(_tag)) return String(_tag)
    if (failure instanceof Error) return errors.has(name) ? String(name) : classOf(failure)
  } catch {
    // Reading its name throws.
  }
  return describe(failure)
}

/** The codes of a failed connection, of Node's and of its fetch. */
const codes: ReadonlySet<unknown> = new Set([
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_SOCKET"
])

const codeOf = (failure: unknown): unknown => {
  try {
    const { cause, code } = failure as { readonly cause?: { readonly code?: unknown }; readonly code?: unknown }
    return codes.has(code) ? code : codes.has(cause?.code) ? cause!.code : undefined
  } catch {
    return undefined
  }
}

/** The name of an error, with the code of a failed connection: fetch rejects with a TypeError, as a bug does. */
export const kindOf = (failure: unknown): string => {
  const code = codeOf(failure)
  return code === undefined ? nameOf(failure) : `${nameOf(failure)} (${String(code)})`
}

/**
 * Whether a value is of one of the package's classes, by its tag: another copy of the package has different classes. A value that a row
 * throws is untrusted: even reading it can throw.
 */
export const isTagged = <A extends { readonly _tag: string }>(value: unknown, tag: A["_tag"]): value is A => {
  try {
    return (value as A)?._tag === tag
  } catch {
    return false
  }
}
/** Never throws. */
export const isError = (value: unknown): value is Error => {
  try {
    return value instanceof Error
  } catch {
    return false
  }
}

/** The error for anything thrown while a place was read: by a codec, a getter, a resolver, or the core itself. */
export const fromThrown = (entity: string, path: string, what: string, thrown: unknown): InvalidRow =>
  captured(what, thrown)(entity, path)

/** The same, for a place that is known later. */
export const captured = (what: string, thrown: unknown): Captured => {
  if (isTagged<InvalidRow>(thrown, "InvalidRow")) return () => thrown
  if (isTagged<MismatchError>(thrown, "~@trackmap/core/Mismatch")) {
    const { cause, expected, found, value } = thrown.mismatch
    if (found !== undefined) return (entity, path) => new InvalidRow({ entity, path, expected, ...found })
    return unexpected(expected, value, cause)
  }
  const actual = `a throw of ${isError(thrown) ? nameOf(thrown) : describe(thrown)}`
  return (entity, path) =>
    new InvalidRow({
      entity,
      path,
      expected: what,
      actual,
      remedy:
        "Fix the getter, resolver, computed attribute, aggregate or schema that throws; see the cause of this error.",
      cause: thrown
    })
}
