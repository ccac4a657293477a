import * as Redacted from "effect/Redacted"
import type { Json } from "effect/Schema"
import type { Message } from "../../Message.ts"
import * as Receipt from "../../Receipt.ts"
import { describe, nameOf } from "../base/fault.ts"
import { refuse } from "../base/refuse.ts"
import { isKeys, type Keys, type Shape } from "../event/shape.ts"
import type { MessageShape } from "../event/messageShape.ts"
import * as hmac from "./hmac.ts"
import type { Deliverable, EventSink, RedactedMessage, Redaction } from "./model.ts"
import { opened } from "./sink.ts"

type Values = Readonly<Record<string, Json>>

/** How a sink hides personal data. */
interface Hiding {
  /** The replacement of a value. Without one, values are dropped. */
  readonly replace: ((value: Json) => Json) | undefined
  readonly hashes: boolean
  /** Whether values that no definition declares are hidden too. */
  readonly undeclared: boolean
}

const hidingOf = (redaction: Redaction): Hiding => {
  if (redaction === "drop") return { replace: undefined, hashes: false, undeclared: true }
  if (typeof redaction === "object" && redaction !== null) {
    if ("mask" in redaction && typeof redaction.mask === "string") {
      const { mask } = redaction
      return { replace: () => mask, hashes: false, undeclared: false }
    }
    if ("hash" in redaction) return { replace: hmac.make(keyOf(redaction.hash)), hashes: true, undeclared: true }
  }
  return refuse("redact", "BadPath", `redact takes "drop", { hash } or { mask }, not ${describe(redaction)}`)
}

const keyOf = (given: unknown): Redacted.Redacted<string> => {
  const key: unknown = Redacted.isRedacted(given) ? Redacted.value(given) : undefined
  if (typeof key === "string" && key !== "") return given as Redacted.Redacted<string>
  const found = Redacted.isRedacted(given) ? `a Redacted of ${describe(key)}` : describe(given)
  return refuse("redact", "BadPath", `hash must be a Redacted of your hash key, a non-empty string, not ${found}`)
}

/** The values without personal ones, or the same object if none is personal. */
const hideKeys = (values: Values, { keys, others }: Keys, hiding: Hiding): Values => {
  let changed = false
  const kept: Record<string, Json> = {}
  for (const key of Object.keys(values)) {
    const value = values[key]!
    const hidden = hide(value, keys.get(key) ?? others, hiding)
    if (hidden !== value) changed = true
    if (hidden === undefined) continue
    // An assignment to "__proto__" would not add a key.
    if (key === "__proto__") Object.defineProperty(kept, key, { ...property, value: hidden })
    else kept[key] = hidden
  }
  return changed ? kept : values
}

const property = { configurable: true, enumerable: true, writable: true }

/** A value without its personal parts. Undefined if nothing is left. */
const hide = (value: Json, shape: Shape, hiding: Hiding): Json | undefined => {
  if (shape === "plain") return value
  if (!isKeys(shape)) {
    if (shape === "undeclared" && !hiding.undeclared) return value
    const { replace } = hiding
    if (replace === undefined) return undefined
    if (value === null) return null
    return Array.isArray(value) ? value.map((item: Json) => (item === null ? null : replace(item))) : replace(value)
  }
  if (typeof value !== "object" || value === null) {
    // No record after all: a value that its schema refuses, and that the event's validation keeps.
    return value === null ? null : hide(value, shape.personal ? "personal" : shape.others, hiding)
  }
  if (!Array.isArray(value)) return hideKeys(value as Values, shape, hiding)
  let changed = false
  const items: Array<Json> = []
  for (const item of value as ReadonlyArray<Json>) {
    const hidden = hide(item, shape, hiding)
    if (hidden !== item) changed = true
    if (hidden !== undefined) items.push(hidden)
  }
  return changed ? items : value
}

const isEmpty = (values: Values): boolean => {
  for (const _ in values) return false
  return true
}

const valuesOf = (message: Message): Values | undefined =>
  "properties" in message ? message.properties : "traits" in message ? message.traits : undefined

const withValues = (message: Message, values: Values): Message =>
  "properties" in message ? { ...message, properties: values } : ({ ...message, traits: values } as Message)

/** The outcome of a message whose definition is not known: any of its values can be personal. */
const unknown = (message: Message): Receipt.Outcome =>
  Receipt.rejected(
    message.type === "track"
      ? "the sink hides personal data, but no definition says which parts of this event are personal: add the event to the plan, or send it to a sink without redact"
      : `the sink hides personal data, but the plan does not say which values of ${message.type} are personal: declare it with Plan.calls({ ${message.type}: { … } })`
  )

/** Marks a shape, once, as that of messages whose personal values are hashes. */
const hashed = new WeakMap<MessageShape, MessageShape>()
const asHashed = (shape: MessageShape): MessageShape => {
  const { context, later, plan, values } = shape
  const known = hashed.get(shape) ?? { values, context, plan, later, hashed: true }
  hashed.set(shape, known)
  return known
}

const copyOf = (
  { consent, letter, purposes, violations }: Deliverable,
  message: Message,
  shape: MessageShape,
  refused?: Receipt.Outcome
): RedactedMessage => ({ message, purposes, consent, shape, violations, letter, refused })

const redactWith =
  (hiding: Hiding) =>
  (given: Deliverable): RedactedMessage => {
    const { message, shape } = given
    if (hiding.hashes && shape.hashed) return given
    const { context } = message
    const values = valuesOf(message)
    try {
      const around = context && hideKeys(context, shape.context, hiding)
      const hidden = around === context ? message : { ...message, context: around! }
      if (values === undefined || shape.values === undefined) {
        if (values !== undefined && hiding.undeclared && !isEmpty(values)) {
          return copyOf(given, withValues(hidden, {}), shape, unknown(message))
        }
        return hidden === message ? given : copyOf(given, hidden, hiding.hashes ? asHashed(shape) : shape)
      }
      const left = hideKeys(values, shape.values, hiding)
      if (left === values && hidden === message) return given
      const own = left === values ? hidden : withValues(hidden, left)
      return copyOf(given, own, hiding.hashes ? asHashed(shape) : shape)
    } catch (thrown) {
      const { context: _, ...bare } = message
      const refused = Receipt.rejected(`personal data could not be hidden: ${nameOf(thrown)}`)
      return copyOf(given, values === undefined ? bare : withValues(bare, {}), shape, refused)
    }
  }

export const redact = <E, R>(self: EventSink<E, R>, redaction: Redaction): EventSink<E, R> => {
  const own = redactWith(hidingOf(redaction))
  return opened(self, (open) => {
    const { redact: before } = open
    if (before === undefined) return { ...open, redact: own }
    const both = (given: Deliverable): RedactedMessage => {
      const first = before(given)
      return first.refused === undefined ? own(first) : first
    }
    return { ...open, redact: both }
  })
}
