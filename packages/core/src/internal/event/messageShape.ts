import type * as Description from "../../Description.ts"
import type { Message } from "../../Message.ts"
import type { LaterRelation } from "../value/tolerance.ts"
import * as description from "./description.ts"
import type { Validation } from "./mode.ts"
import type { PlanImpl, TrackedEventImpl } from "./model.ts"
import * as planVersion from "./planVersion.ts"
import * as shapes from "./shape.ts"

/** The definitions' knowledge of a message. */
export interface MessageShape {
  /** Its properties or traits. Undefined if no definition is known. */
  readonly values: shapes.Keys | undefined
  readonly context: shapes.Keys
  /** Whether the personal values are hashes already. */
  readonly hashed: boolean
  /** The version of the plan by which it was tracked. */
  readonly plan: (() => string) | undefined
  /** The relations that are looked up when it is delivered. */
  readonly later?: Later | undefined
}

/** The relations that `track` has left, and what a relay needs to look them up as `track` would have. */
export interface Later {
  /** The version of the event: that of its description. */
  readonly event: string
  readonly validation: Validation
  readonly relations: ReadonlyArray<LaterRelation>
}

/** A class, since V8 keeps the scope of each getter of an object literal until a major collection. */
class LaterShape implements MessageShape {
  readonly #shape: MessageShape
  readonly later: Later

  constructor(shape: MessageShape, later: Later) {
    this.#shape = shape
    this.later = later
  }

  get values(): shapes.Keys | undefined {
    return this.#shape.values
  }

  get context(): shapes.Keys {
    return this.#shape.context
  }

  get hashed(): boolean {
    return this.#shape.hashed
  }

  get plan(): (() => string) | undefined {
    return this.#shape.plan
  }
}

/** The shape of one message of an event, which has relations to look up. */
export const withLater = (shape: MessageShape, later: Later): MessageShape => new LaterShape(shape, later)

/** The keys of the Segment Spec's context ("Context"), and of our own, that describe software or a language, and not a person. */
const impersonal: ReadonlyArray<string> = [
  "active",
  "app",
  "campaign",
  "channel",
  "groupId",
  "library",
  "locale",
  "os",
  "screen",
  "spanId",
  "timezone",
  "traceId",
  "trackingPlan",
  "userAgent",
  "userAgentData",
  "violations"
]

const nothing: shapes.Keys = shapes.record([])

const ofKey = (key: Description.Key): shapes.Shape => {
  const rows = description.rowsIn(key)
  return rows.length > 0 ? ofKeys(description.keysOf(rows)) : key.personal ? "personal" : "plain"
}

/** The shape of a record with these described keys. */
const ofKeys = (keys: ReadonlyArray<Description.Key>): shapes.Keys =>
  shapes.record(keys.map((key) => [key.key, ofKey(key)]))

const ofEventsValues = (event: TrackedEventImpl): shapes.Keys =>
  (event.memo.shape ??= ofKeys(description.keysOf(description.ofEvent(event).nodes)))

const ofCallsValues = (plan: PlanImpl | undefined, type: Message["type"]): shapes.Keys | undefined => {
  if (type === "alias") return nothing
  const given = new Map(Object.entries(plan?.calls ?? {})).get(type)
  return given && ofKeys(description.callKeys(type, given))
}

const ofContext = (plan: PlanImpl | undefined): shapes.Keys =>
  shapes.record([
    ...impersonal.map((key) => [key, "plain"] as const),
    ["ip", "personal"],
    ["traits", ofCallsValues(plan, "identify") ?? nothing],
    ...ofKeys(plan === undefined ? [] : description.contextKeys(plan)).keys
  ])

/** The knowledge of a plan's definitions, and of events outside it, about messages. Most sinks hide nothing, and never need it. */
export class MessageShapes {
  readonly #plan: PlanImpl | undefined
  /** By their names, which may be anything in code without types. */
  #named: ReadonlyMap<unknown, TrackedEventImpl> | undefined
  readonly #events = new WeakMap<TrackedEventImpl, MessageShape>()
  readonly #calls = new Map<Message["type"], MessageShape>()
  #context: shapes.Keys | undefined
  #unknown: MessageShape | undefined

  constructor(plan: PlanImpl | undefined) {
    this.#plan = plan
  }

  #lazily(values: () => shapes.Keys | undefined): MessageShape {
    const plan = this.#plan
    const context = () => (this.#context ??= ofContext(plan))
    return {
      get values() {
        return values()
      },
      get context() {
        return context()
      },
      hashed: false,
      plan: plan && (() => planVersion.of(plan))
    }
  }

  ofEvent(event: TrackedEventImpl): MessageShape {
    const known = this.#events.get(event) ?? this.#lazily(() => ofEventsValues(event))
    this.#events.set(event, known)
    return known
  }

  ofCall(type: Message["type"]): MessageShape {
    let values: shapes.Keys | undefined
    const known = this.#calls.get(type) ?? this.#lazily(() => (values ??= ofCallsValues(this.#plan, type)))
    this.#calls.set(type, known)
    return known
  }

  /** The shape of an existing message. An event's is that of the plan's event with the same name. */
  of(message: Message): MessageShape {
    if (message.type !== "track") return this.ofCall(message.type)
    this.#named ??= new Map(Object.entries(this.#plan?.events ?? {}))
    const event = this.#named.get(message.event)
    return event === undefined ? (this.#unknown ??= this.#lazily(() => undefined)) : this.ofEvent(event)
  }
}
