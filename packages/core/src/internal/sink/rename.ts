import type { Json } from "effect/Schema"
import type { Message } from "../../Message.ts"
import * as Receipt from "../../Receipt.ts"
import { describe } from "../base/fault.ts"
import { oneOf, optionsOf } from "../base/options.ts"
import { refuse } from "../base/refuse.ts"
import { isKeys, type Keys, type Shape } from "../event/shape.ts"
import type { MessageShape } from "../event/messageShape.ts"
import * as letterCase from "./letterCase.ts"
import type { Case, EventSink } from "./model.ts"
import { prepared, withStep } from "./prepare.ts"
import { mapSinks } from "./sink.ts"

type Values = Readonly<Record<string, Json>>

/** Renames a message and its keys. */
const renamed = (message: Message, name: (name: string) => string, keys: (values: Values) => Values): Message => {
  switch (message.type) {
    case "track":
      return { ...message, event: name(message.event), properties: keys(message.properties) }
    case "page":
    case "screen": {
      const named = message.name === undefined ? message : { ...message, name: name(message.name) }
      return { ...named, properties: keys(message.properties) }
    }
    case "identify":
    case "group":
      return { ...message, traits: keys(message.traits) }
    case "alias":
      return message
  }
}

const same = <A>(a: A): A => a

export const rename = <E, R>(
  self: EventSink<E, R>,
  names: Readonly<Record<string, string>> | ((name: string) => string)
): EventSink<E, R> => {
  if (typeof names !== "function" && (typeof names !== "object" || names === null)) {
    return refuse("EventSink.rename", "BadPath", `it takes a table of names, or a function, not ${describe(names)}`)
  }
  const name =
    typeof names === "function" ? names : (from: string) => (Object.hasOwn(names, from) ? names[from]! : from)
  return prepared(self, "rename", (message) => renamed(message, name, same))
}

/** Two keys of one record that become the same. */
class Clash {
  readonly key: string
  constructor(key: string) {
    this.key = key
  }
}

/** Writes the keys that Trackmap has made: of the message's values, and of the records inside them. */
const recased = (values: Values, shape: Keys | undefined, key: (name: string) => string): Values => {
  const out = new Map<string, Json>()
  for (const [from, value] of Object.entries(values)) {
    const cased = key(from)
    if (out.has(cased)) throw new Clash(cased)
    const inside = shape?.keys.get(from)
    out.set(cased, inside !== undefined && isKeys(inside) ? recasedInside(value, inside, key) : value)
  }
  return Object.fromEntries(out)
}

const recasedInside = (value: Json, shape: Keys, key: (name: string) => string): Json => {
  if (typeof value !== "object" || value === null) return value
  return Array.isArray(value)
    ? value.map((item: Json) => recasedInside(item, shape, key))
    : recased(value as Values, shape, key)
}

const recasedKeys = ({ keys, others, personal }: Keys, key: (name: string) => string): Keys => ({
  keys: new Map(
    Array.from(keys, ([from, shape]): [string, Shape] => [key(from), isKeys(shape) ? recasedKeys(shape, key) : shape])
  ),
  others,
  personal
})

export const recase = <E, R>(
  self: EventSink<E, R>,
  to: Case | { readonly names?: Case; readonly keys?: Case }
): EventSink<E, R> => {
  const { keys, names } =
    typeof to === "string" ? { keys: to, names: to } : optionsOf("EventSink.recase", to, { keys: true, names: true })
  for (const one of [keys, names]) {
    if (one !== undefined) oneOf("EventSink.recase", "a case", ["snake_case", "camelCase", "Title Case"], one)
  }
  const name = names === undefined ? same : letterCase.writer(names)
  if (keys === undefined) return prepared(self, "recase", (message) => renamed(message, name, same))
  const key = letterCase.writer(keys)
  return mapSinks(self, (sink) => {
    const known = new WeakMap<MessageShape, MessageShape>()
    const reshape = (given: MessageShape): MessageShape => {
      const before = sink.reshape(given)
      const { context, hashed, later, plan, values } = before
      const shape = known.get(before) ?? { values: values && recasedKeys(values, key), context, hashed, plan, later }
      known.set(before, shape)
      return shape
    }
    const recaseOne = withStep(sink, "recase", (message, given) => {
      const { values: shape } = sink.reshape(given.shape)
      try {
        return renamed(message, name, (values) => recased(values, shape, key))
      } catch (thrown) {
        if (thrown instanceof Clash) return Receipt.rejected(`two keys become ${thrown.key} in ${keys}`)
        throw thrown
      }
    })
    return { ...recaseOne, reshape }
  })
}
