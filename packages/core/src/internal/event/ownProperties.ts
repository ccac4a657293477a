/** Values that an event, or a plan for a call, declares by schemas: a message's own properties. */
import { InvalidRow } from "../../RowError.ts"
import { absent } from "../base/codec.ts"
import { fromThrown, invalidRow } from "../base/fault.ts"
import type { Values } from "../value/model.ts"
import type { Tolerance } from "../value/tolerance.ts"
import type { Declared, Input, TrackedEventImpl } from "./model.ts"

export interface OwnProperties {
  /** Writes valid properties of a call. Returns false or throws if one is invalid. */
  readonly now: (given: Values | undefined, out: Values) => boolean
  /** The properties of any call, without the invalid ones. */
  readonly later: (input: Input, tolerance: Tolerance) => Values
}

/** Made once for an event. Without checks, it passes values on unchanged. */
export const of = (event: TrackedEventImpl, checked: boolean): OwnProperties => ({
  now: nowOf(event, checked),
  later: laterOf(event, checked)
})

const nowOf =
  ({ fields }: TrackedEventImpl, checked: boolean): OwnProperties["now"] =>
  (given, out) =>
    given === undefined ? fields.length === 0 : write(fields, checked, given, out)

const write = (fields: TrackedEventImpl["fields"], checked: boolean, given: Values, out: Values): boolean => {
  let known = 0
  for (const { codec, name } of fields) {
    const raw = given[name]
    if (raw !== undefined || name in given) known++
    if (raw === undefined && codec.optional) continue
    if (!codec.scalar) {
      const value = codec.encode(raw)
      if (value !== absent) out[name] = value
    } else if (!checked || codec.accepts(raw)) out[name] = raw
    else return false
  }
  return !checked || known === Object.keys(given).length
}

const laterOf = (event: TrackedEventImpl, checked: boolean): OwnProperties["later"] => {
  const path = `${event.name}.properties`
  const read = reader({
    of: event.name,
    path,
    fields: event.fields,
    partial: false,
    checked,
    expected: "only properties that the event declares",
    remedy: "Remove them, or declare them on the event."
  })
  return (input, tolerance) => read(() => givenOf(event, path, input, tolerance), "the event's properties", tolerance)
}

/** Values that are declared. */
export interface Declaration {
  /** The name of the event, or the type of the call. */
  readonly of: string
  readonly path: string
  readonly fields: ReadonlyArray<Declared>
  /** Whether a call may leave out any of them. */
  readonly partial: boolean
  /** Without checks, values are passed on unchanged. */
  readonly checked: boolean
  /** The expectation in a violation for undeclared values. */
  readonly expected: string
  readonly remedy: string
}

/** Reads values, without the invalid ones. */
export const reader = (
  declaration: Declaration
): ((given: () => Values, what: string, tolerance: Tolerance) => Values) => {
  const declared = new Set(declaration.fields.map(({ name }) => name))
  return (given, what, tolerance) => {
    const out: Values = {}
    try {
      const values = given()
      writeDeclared(declaration, values, tolerance, out)
      if (declaration.checked) writeUnknown(declaration, declared, values, tolerance, out)
    } catch (thrown) {
      tolerance.add(fromThrown(declaration.of, declaration.path, what, thrown), false)
    }
    return out
  }
}

const givenOf = ({ fields, name }: TrackedEventImpl, path: string, input: Input, tolerance: Tolerance): Values => {
  const given: unknown = input["properties"]
  if (typeof given === "object" && given !== null) return given as Values
  if (fields.length > 0 || given !== undefined) {
    tolerance.add(invalidRow(name, path, "the event's properties", given), false)
  }
  return {}
}

const writeDeclared = (
  { checked, fields, of, partial, path }: Declaration,
  given: Values,
  tolerance: Tolerance,
  out: Values
): void => {
  for (const { codec, name } of fields) {
    let raw: unknown
    try {
      raw = given[name]
      if (raw === undefined && (codec.optional || partial)) continue
      const value = checked || !codec.scalar ? codec.encode(raw) : raw
      if (value !== absent) out[name] = value
    } catch (thrown) {
      tolerance.add(fromThrown(of, `${path}.${name}`, codec.expected, thrown), false)
      const instead = tolerance.instead(raw)
      if (instead !== absent) out[name] = instead
    }
  }
}

/**
 * Undeclared values are a violation, and are sent only in the modes that send invalid ones. Their names may be a row's own text, so they are
 * counted.
 */
const writeUnknown = (
  { expected, of, path, remedy }: Declaration,
  declared: ReadonlySet<string>,
  given: Values,
  tolerance: Tolerance,
  out: Values
): void => {
  const unknown = Object.keys(given).filter((name) => !declared.has(name))
  if (unknown.length === 0) return
  tolerance.add(new InvalidRow({ entity: of, path, expected, actual: `${unknown.length} more`, remedy }), false)
  for (const name of unknown) {
    const instead = tolerance.instead(given[name])
    if (instead !== absent && name !== "__proto__") out[name] = instead
  }
}
