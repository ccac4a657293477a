/** The properties that an event declares itself, in its messages. */
import { InvalidRow } from "../../RowError.ts"
import { absent } from "../base/codec.ts"
import { fromThrown, invalidRow } from "../base/fault.ts"
import type { Values } from "../value/model.ts"
import type { Tolerance } from "../value/tolerance.ts"
import type { Input, TrackedEventImpl } from "./model.ts"

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
  (given, out) => {
    if (given === undefined) return fields.length === 0
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
  const declared = new Set(event.fields.map(({ name }) => name))
  return (input, tolerance) => {
    const out: Values = {}
    try {
      const given = givenOf(event, path, input, tolerance)
      writeDeclared(event, path, checked, given, tolerance, out)
      if (checked) writeUnknown(event, path, declared, given, tolerance, out)
    } catch (thrown) {
      tolerance.add(fromThrown(event.name, path, "the event's properties", thrown), false)
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
  event: TrackedEventImpl,
  path: string,
  checked: boolean,
  given: Values,
  tolerance: Tolerance,
  out: Values
): void => {
  for (const { codec, name } of event.fields) {
    let raw: unknown
    try {
      raw = given[name]
      if (raw === undefined && codec.optional) continue
      const value = checked || !codec.scalar ? codec.encode(raw) : raw
      if (value !== absent) out[name] = value
    } catch (thrown) {
      tolerance.add(fromThrown(event.name, `${path}.${name}`, codec.expected, thrown), false)
      const instead = tolerance.instead(raw)
      if (instead !== absent) out[name] = instead
    }
  }
}

/**
 * Undeclared properties are a violation, and are sent only in the modes that send invalid values. Their names may be a row's own text, so they
 * are counted.
 */
const writeUnknown = (
  event: TrackedEventImpl,
  path: string,
  declared: ReadonlySet<string>,
  given: Values,
  tolerance: Tolerance,
  out: Values
): void => {
  const unknown = Object.keys(given).filter((name) => !declared.has(name))
  if (unknown.length === 0) return
  tolerance.add(
    new InvalidRow({
      entity: event.name,
      path,
      expected: "only properties that the event declares",
      actual: `${unknown.length} more`,
      remedy: "Remove them, or declare them on the event."
    }),
    false
  )
  for (const name of unknown) {
    const instead = tolerance.instead(given[name])
    if (instead !== absent && name !== "__proto__") out[name] = instead
  }
}
