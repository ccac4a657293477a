import type { Message } from "../../Message.ts"
import * as Receipt from "../../Receipt.ts"
import * as letterCase from "./letterCase.ts"
import type { Case, EventSink } from "./model.ts"
import { prepared } from "./prepare.ts"

/** Renames a message and its keys. */
const renamed = (
  message: Message,
  name: (name: string) => string,
  keys: (values: Readonly<Record<string, any>>) => Readonly<Record<string, any>>
): Message => {
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
  const name =
    typeof names === "function" ? names : (from: string) => (Object.hasOwn(names, from) ? names[from]! : from)
  return prepared(self, "rename", (message) => renamed(message, name, same))
}

export const recase = <E, R>(
  self: EventSink<E, R>,
  to: Case | { readonly names?: Case; readonly keys?: Case }
): EventSink<E, R> => {
  const { keys, names } = typeof to === "string" ? { keys: to, names: to } : to
  const name = names === undefined ? same : letterCase.writer(names)
  const key = keys === undefined ? undefined : letterCase.writer(keys)
  return prepared(self, "recase", (message) => {
    let clash: string | undefined
    const changed = renamed(message, name, (values) => {
      if (key === undefined) return values
      const out = new Map<string, unknown>()
      for (const [from, value] of Object.entries(values)) {
        const cased = key(from)
        if (out.has(cased)) clash = cased
        out.set(cased, value)
      }
      return Object.fromEntries(out)
    })
    return clash === undefined ? changed : Receipt.rejected(`two keys become ${clash} in ${keys}`)
  })
}
