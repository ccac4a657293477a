/** Envelopes of messages on their way through sinks, and the envelopes' knowledge of messages. */
import * as JsonPointer from "effect/JsonPointer"
import type { Json } from "effect/Schema"
import type { Envelope } from "../../Envelope.ts"
import type { Message } from "../../Message.ts"
import { isKeys, isPersonal, type Keys, type Shape } from "../event/shape.ts"
import type { MessageShape } from "../event/messageShape.ts"
import type { Deliverable } from "./model.ts"

/** A violation can have many others like it. */
const mostViolations = 10

const valuesAt = (message: Message): "properties" | "traits" | undefined =>
  "properties" in message ? "properties" : "traits" in message ? "traits" : undefined

const step = (key: string): string => `/${JsonPointer.escapeToken(key)}`

/** Finds the parts of a value that are personal or undeclared by a shape. */
const find = (value: Json, shape: Shape, path: string, found: Set<string>): void => {
  if (shape === "plain" || value === null) return
  if (!isKeys(shape)) return void found.add(path)
  if (typeof value !== "object") {
    // No record after all: a value that its schema refuses, and that the event's validation keeps.
    if (shape.personal || shape.others !== "plain") found.add(path)
  } else if (Array.isArray(value)) {
    for (const item of value as ReadonlyArray<Json>) find(item, shape, path, found)
  } else {
    const record = value as { readonly [key: string]: Json }
    for (const key of Object.keys(record)) {
      const at = shape.keys.get(key) ?? shape.others
      if (at !== "plain") find(record[key]!, at, path + step(key), found)
    }
  }
}

const personalOf = (message: Message, shape: MessageShape): ReadonlyArray<string> => {
  const found = new Set<string>()
  const at = valuesAt(message)
  if (at !== undefined) {
    if (shape.values === undefined) found.add(`/${at}`)
    else find((message as unknown as Record<typeof at, Json>)[at], shape.values, `/${at}`, found)
  }
  if (message.context !== undefined) find(message.context, shape.context, "/context", found)
  return [...found]
}

export const envelopeOf = ({ consent, letter, message, purposes, shape, violations }: Deliverable): Envelope => {
  const plan = shape.plan?.()
  return {
    format: shape.later === undefined ? 1 : 2,
    message,
    purposes,
    consent: consent === "all" ? "all" : [...consent],
    personal: personalOf(message, shape),
    ...(shape.hashed && { hashed: true }),
    violations: violations.slice(0, mostViolations),
    ...(plan !== undefined && { plan }),
    ...(shape.later !== undefined && { later: shape.later }),
    ...(letter !== undefined && { letter })
  }
}

/** Keys that are personal at these paths, each in its steps, and nowhere else. */
const keysOf = (paths: ReadonlyArray<ReadonlyArray<string>>): Keys => {
  const inside = new Map<string, Array<ReadonlyArray<string>>>()
  for (const [key, ...rest] of paths) inside.set(key!, [...(inside.get(key!) ?? []), rest])
  const keys = new Map(
    Array.from(inside, ([key, rests]): [string, Shape] => [
      key,
      rests.some((rest) => rest.length === 0) ? "personal" : keysOf(rests)
    ])
  )
  return { keys, others: "plain", personal: keys.size > 0 }
}

/**
 * The parts that are personal by an envelope or by today's definition. The envelope's declared keys stay declared, even
 * if the definition has lost them since.
 */
const either = (envelope: Shape, today: Shape): Shape => {
  if (today === "undeclared") return envelope
  if (!isKeys(envelope)) return envelope === "personal" || today === "plain" ? envelope : today
  if (!isKeys(today)) return today === "personal" ? today : envelope
  const keys = new Map<string, Shape>()
  for (const key of [...envelope.keys.keys(), ...today.keys.keys()]) {
    keys.set(
      key,
      either(envelope.keys.get(key) ?? envelope.others, today.keys.get(key) ?? (today.others as "undeclared"))
    )
  }
  return { keys, others: envelope.others, personal: [...keys.values()].some(isPersonal) }
}

/** Paths of personal values below a property of a message, as keys. */
const keysBelow = (root: string, personal: ReadonlyArray<string>): Keys => {
  const paths = personal.map((pointer) => pointer.split("/").slice(1).map(JsonPointer.unescapeToken))
  return keysOf(paths.filter((path) => path[0] === root && path.length > 1).map((path) => path.slice(1)))
}

const valuesOf = ({ message, personal }: Envelope, { values }: MessageShape): Keys | undefined => {
  const at = valuesAt(message)
  if (at === undefined || personal.includes(`/${at}`)) return values
  const own = keysBelow(at, personal)
  return values === undefined ? own : (either(own, values) as Keys)
}

/** A class, since V8 keeps the scope of each getter of an object literal until a major collection. */
class EnvelopeShape implements MessageShape {
  readonly #envelope: Envelope
  readonly #today: MessageShape
  #values: { readonly keys: Keys | undefined } | undefined
  #context: Keys | undefined

  constructor(envelope: Envelope, today: MessageShape) {
    this.#envelope = envelope
    this.#today = today
  }

  get values(): Keys | undefined {
    return (this.#values ??= { keys: valuesOf(this.#envelope, this.#today) }).keys
  }

  get context(): Keys {
    return (this.#context ??= either(keysBelow("context", this.#envelope.personal), this.#today.context) as Keys)
  }

  get hashed(): boolean {
    return this.#envelope.hashed === true
  }

  get plan(): (() => string) | undefined {
    const { plan } = this.#envelope
    return plan === undefined ? undefined : () => plan
  }

  get later(): Envelope["later"] {
    return this.#envelope.later
  }
}

/**
 * The shape of an envelope's message: its own knowledge, and the additions of today's definition. Made when a sink hides something, or makes an
 * envelope again.
 */
export const shapeOf = (envelope: Envelope, today: MessageShape): MessageShape => new EnvelopeShape(envelope, today)
