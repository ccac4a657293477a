/** An example of each event and each call: the same plan has the same ones. */
import type * as Description from "@trackmap/core/Description"
import type { Message } from "@trackmap/core/Message"
import type { Json } from "effect/Schema"
import { idOf, type Kind } from "../../lock/model.ts"

const texts: Readonly<Record<string, string>> = {
  "date-time": "2026-01-15T09:30:00.000Z",
  date: "2026-01-15",
  uuid: "0190f5fe-7c00-7a00-8000-000000000001",
  ulid: "01J3TZZ800000000000000000A",
  uri: "https://example.com/",
  email: "ada@example.com",
  byte: "ZXhhbXBsZQ==",
  decimal: "1.5",
  integer: "1"
}

const textOf = (type: Extract<Description.JsonType, { readonly _tag: "String" }>, name: string): string => {
  const { format, maxLength, minLength = 0 } = type
  const text = (format === undefined ? undefined : texts[format]) ?? `a ${name}`
  return text.padEnd(minLength, "x").slice(0, maxLength)
}

const numberOf = (type: Extract<Description.JsonType, { readonly _tag: "Integer" | "Number" }>): number => {
  const { exclusiveMaximum, exclusiveMinimum, maximum, minimum, multipleOf: step = 1 } = type
  const least = minimum ?? (exclusiveMinimum === undefined ? undefined : exclusiveMinimum + step)
  const most = maximum ?? (exclusiveMaximum === undefined ? undefined : exclusiveMaximum - step)
  const near = Math.min(Math.max(step, least ?? step), most ?? Number.POSITIVE_INFINITY)
  const whole = Math.ceil(near / step) * step
  return most !== undefined && whole > most ? near : whole
}

const valuesOf = (keys: ReadonlyArray<Description.Key>): Record<string, Json> =>
  Object.fromEntries(keys.map((key) => [key.key, key.examples?.[0] ?? valueOf(key.type, key.attribute)]))

const valueOf = (type: Description.JsonType, name: string): Json => {
  switch (type._tag) {
    case "String":
      return textOf(type, name)
    case "Integer":
    case "Number":
      return numberOf(type)
    case "Boolean":
      return true
    case "Literals":
      return type.values[0] ?? null
    case "Array":
      return Array.from({ length: Math.max(1, type.minItems ?? 0) }, () => valueOf(type.items, name))
    case "Tuple":
      return type.items.map((item) => valueOf(item.type, name))
    case "Object":
      return Object.fromEntries(type.properties.map((one) => [one.name, valueOf(one.type, one.name)]))
    case "Record":
      return valuesOf(type.nodes.flatMap(({ keys }) => keys))
    case "Union":
      return type.types.length === 0 ? null : valueOf(type.types[0]!, name)
    default:
      return null
  }
}

/** An example, and the keys of its properties or traits. */
export interface Example {
  /** Of the subject in a lock. */
  readonly id: string
  readonly keys: ReadonlyArray<Description.Key>
  readonly message: Message
}

const common = { timestamp: "2026-01-15T09:30:00.000Z", userId: "user-1", anonymousId: "anonymous-1" }

const of = (kind: Kind, name: string, at: number, keys: ReadonlyArray<Description.Key>): Example => {
  const values = valuesOf(keys)
  const own = { ...common, messageId: `00000000-0000-7000-8000-${String(at).padStart(12, "0")}` }
  const id = idOf({ kind, name })
  if (kind === "event") return { id, keys, message: { type: "track", event: name, properties: values, ...own } }
  switch (name) {
    case "identify":
      return { id, keys, message: { type: "identify", traits: values, ...own } }
    case "group":
      return { id, keys, message: { type: "group", groupId: "group-1", traits: values, ...own } }
    case "page":
      return { id, keys, message: { type: "page", name: "Home", properties: values, ...own } }
    default:
      return { id, keys, message: { type: "screen", name: "Home", properties: values, ...own } }
  }
}

/** The examples of a plan. */
export const examplesOf = ({ calls = [], events }: Description.Plan): ReadonlyArray<Example> => [
  ...events.map(({ name, nodes }, at) =>
    of(
      "event",
      name,
      at,
      nodes.flatMap(({ keys }) => keys)
    )
  ),
  ...calls.map(({ call, keys }, at) => of("call", call, events.length + at, keys))
]
