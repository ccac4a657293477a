import type { Message } from "../../Message.ts"
import * as personal from "../base/personal.ts"
import * as shapes from "../base/shape.ts"
import { isEntity } from "../definition/entity.ts"
import * as layout from "../definition/layout.ts"
import type { Declared, PlanImpl, TrackedEventImpl } from "./model.ts"
import * as trackedEvent from "./trackedEvent.ts"

/** What the definitions say about a message. */
export interface MessageShape {
  /** Its properties or traits. Undefined if no definition is known. */
  readonly values: shapes.Keys | undefined
  readonly context: shapes.Keys
  /** Whether the personal values are hashes already. */
  readonly hashed: boolean
}

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
  "userAgent",
  "userAgentData",
  "violations"
]

const nothing: shapes.Keys = shapes.record([])

const ofDeclared = (fields: ReadonlyArray<Declared>): ReadonlyArray<readonly [key: string, shape: shapes.Shape]> =>
  fields.map(({ name, schema }) => [name, personal.shapeOf(schema)])

/** What a plan's definitions, and those of events outside it, say about messages. */
export class MessageShapes {
  readonly #named: ReadonlyMap<unknown, TrackedEventImpl>
  readonly #context: shapes.Keys
  readonly #events = new WeakMap<TrackedEventImpl, MessageShape>()
  readonly #calls = new Map<Message["type"], MessageShape>()
  readonly #unknown: MessageShape

  constructor(plan: PlanImpl | undefined) {
    this.#named = new Map(Object.entries(plan?.events ?? {}))
    const { calls = {}, context = [] } = plan ?? {}
    const declared = Object.entries(calls).map(
      ([call, given]) =>
        [call as Message["type"], isEntity(given) ? layout.shapeOf(given) : shapes.record(ofDeclared(given))] as const
    )
    const traits = new Map(declared).get("identify") ?? nothing
    this.#context = shapes.record([
      ...impersonal.map((key) => [key, "plain"] as const),
      ["ip", "personal"],
      ["traits", traits],
      ...ofDeclared(context)
    ])
    this.#unknown = this.#with(undefined)
    this.#calls.set("alias", this.#with(nothing))
    for (const [call, values] of declared) this.#calls.set(call, this.#with(values))
  }

  #with(values: shapes.Keys | undefined): MessageShape {
    return { values, context: this.#context, hashed: false }
  }

  ofEvent(event: TrackedEventImpl): MessageShape {
    const known = this.#events.get(event) ?? this.#with(trackedEvent.shapeOf(event))
    this.#events.set(event, known)
    return known
  }

  ofCall(type: Message["type"]): MessageShape {
    return this.#calls.get(type) ?? this.#unknown
  }

  /** The shape of a message that is there already: an event's is that of the plan's event with this name. */
  of(message: Message): MessageShape {
    if (message.type !== "track") return this.ofCall(message.type)
    const event = this.#named.get(message.event)
    return event === undefined ? this.#unknown : this.ofEvent(event)
  }
}
