import * as Description from "@trackmap/core/Description"
import type * as Envelope from "@trackmap/core/Envelope"
import * as Lineage from "@trackmap/core/Lineage"
import type * as Message from "@trackmap/core/Message"
import type * as Plan from "@trackmap/core/Plan"
import * as TrackedEvent from "@trackmap/core/TrackedEvent"
import type { Json } from "effect/Schema"
import { type Masked, make as makeMasking, valuesOf } from "./masking.ts"
import type { EventSummary, PlannedEvent, SinkState } from "./protocol.ts"
import type { Entry, Told } from "./store.ts"

/** The unchanging facts of an event. */
export interface Known {
  readonly nodes: ReadonlyArray<Lineage.Node>
  /** The entity of each key, or undefined for the event's own properties. */
  readonly entities: ReadonlyMap<string, string | undefined>
}

export interface Violation {
  readonly path: string
  readonly expected: string
  readonly actual: string
}

const textLength = 1_000
const nameLength = 200
const violationsShown = 100

const isText = (value: unknown): value is string => typeof value === "string"

const cut = (text: string, length = nameLength): string => (text.length > length ? `${text.slice(0, length)}…` : text)

/** A message's violations. The service can set the context too, so anything may be under this name. */
export const violationsOf = ({ message }: Entry): ReadonlyArray<Violation> => {
  const found = (message.context as { readonly violations?: unknown } | undefined)?.violations
  if (!Array.isArray(found)) return []
  return found.flatMap((violation: Partial<Violation> | null) => {
    const { actual, expected, path } = violation ?? {}
    return isText(path) && isText(expected) && isText(actual) ? [{ path, expected, actual }] : []
  })
}

/** The current summary of an event, for the list. */
export const stateOf = ({ attempts, receipt }: Told): SinkState => {
  if (receipt !== undefined) return receipt.outcome.toLowerCase() as SinkState
  const last = attempts.at(-1)
  return last === undefined || isOutcome(last.result) ? "buffered" : "retrying"
}

const outcomes: ReadonlySet<string> = new Set(["Delivered", "Rejected", "Expired", "Dropped", "Skipped"])
const isOutcome = (tag: string): boolean => outcomes.has(tag)

const deprecationOf = ({ reason, replacedBy }: NonNullable<Description.Annotations["deprecated"]>): string =>
  [replacedBy && `use ${replacedBy}`, reason].filter((part) => part !== undefined).join(": ")

/** The plan's and the definitions' knowledge of the kept events. */
export class Knowledge {
  readonly #plan: Plan.Plan | undefined
  readonly #sinks: ReadonlyArray<string>
  readonly #masking: ReturnType<typeof makeMasking>
  readonly #known = new WeakMap<TrackedEvent.Any, Known>()
  /** Only the last one, because it takes more memory than its event. */
  #masked: { readonly entry: Entry; readonly masked: Masked } | undefined

  constructor(plan: Plan.Plan | undefined, sinks: ReadonlyArray<string>) {
    this.#plan = plan
    this.#sinks = sinks
    this.#masking = makeMasking(plan)
  }

  get planned(): ReadonlyArray<PlannedEvent> | undefined {
    if (this.#plan === undefined) return undefined
    return Object.values(this.#plan.events).map((event) => {
      const { nodes } = this.of(event)
      const { deprecated, description } = TrackedEvent.describe(event)
      return {
        name: event.name,
        description,
        deprecated: deprecated && deprecationOf(deprecated),
        entities: [...new Set(nodes.slice(1).map(({ entity }) => entity))],
        keys: nodes.flatMap((node) =>
          node.keys.map(({ description, key, optional, personal, type }) => ({
            key,
            description,
            type: Description.typeText(type),
            optional,
            personal
          }))
        )
      }
    })
  }

  isPlanned(name: string): boolean {
    return this.#plan !== undefined && Object.hasOwn(this.#plan.events, name)
  }

  /** The event of an entry. For a ready-made message, it is the plan's event with its name. */
  eventOf(entry: Entry): TrackedEvent.Any | undefined {
    return entry.event ?? this.#plannedEventOf(entry.message)
  }

  #plannedEventOf(message: Message.Message): TrackedEvent.Any | undefined {
    return message.type === "track" && this.isPlanned(message.event) ? this.#plan!.events[message.event] : undefined
  }

  of(event: TrackedEvent.Any): Known {
    const known = this.#known.get(event)
    if (known !== undefined) return known
    const nodes = Lineage.of(event)
    const entities = new Map<string, string | undefined>()
    nodes.forEach((node, index) => {
      for (const { key } of node.keys) entities.set(key, index === 0 ? undefined : node.entity)
    })
    const made = { nodes, entities }
    this.#known.set(event, made)
    return made
  }

  maskedOf(entry: Entry): Masked {
    if (this.#masked?.entry !== entry) {
      this.#masked = { entry, masked: this.#masking(entry.message, this.eventOf(entry)) }
    }
    return this.#masked.masked
  }

  /** An envelope's message is masked by the plan, and by what its service knew when it was tracked. */
  maskedEnvelope({ message, personal }: Envelope.Envelope): Masked {
    return this.#masking(message, this.#plannedEventOf(message), personal)
  }

  /** The keys of an entry that its event does not define, unless validation left them out. */
  unknownKeysOf(entry: Entry): ReadonlyArray<string> {
    const event = this.eventOf(entry)
    if (event === undefined) return []
    const { entities } = this.of(event)
    return Object.keys(valuesOf(entry.message)).filter((key) => !entities.has(key))
  }

  #describe(entry: Entry): Omit<EventSummary, "revision" | "sinks"> {
    const { at, key, message, seq } = entry
    const event = this.eventOf(entry)
    const masked = this.maskedOf(entry)
    const keys = Object.keys(valuesOf(message))
    const about = new Set<string>()
    if (event !== undefined) {
      const { entities } = this.of(event)
      for (const key of keys) {
        const entity = entities.get(key)
        if (entity !== undefined) about.add(entity)
      }
    }
    const { anonymousId, name, userId } = message as { readonly [key: string]: unknown }
    const called = message.type === "track" ? message.event : isText(name) ? masked.text(name) : message.type
    const actor = isText(userId) ? userId : isText(anonymousId) ? anonymousId : undefined
    return {
      messageId: key,
      seq,
      at,
      type: message.type,
      name: cut(called),
      actor: actor && cut(masked.text(actor)),
      entities: [...about],
      keys: keys.length,
      violations: violationsOf(entry).length,
      text: masked.start(textLength)
    }
  }

  summaryOf(entry: Entry): EventSummary {
    const memo = (entry.memo ??= this.#describe(entry))
    const sinks = this.#sinks.map((sink) => {
      const told = entry.told.find((other) => other.sink === sink)
      return told === undefined
        ? ({ sink, state: "buffered", attempts: 0 } as const)
        : { sink, state: stateOf(told), attempts: told.sent }
    })
    return { ...memo, revision: entry.revision, sinks }
  }

  /** The same as JSON, made once for all connections. */
  jsonOf(entry: Entry): string {
    if (entry.json?.[0] !== entry.revision) {
      entry.json = [entry.revision, JSON.stringify(this.summaryOf(entry))]
    }
    return entry.json![1]
  }

  /** The violations, masked. */
  violationsShown(entry: Entry): ReadonlyArray<Violation> {
    const { text } = this.maskedOf(entry)
    const shown = (part: string): string => cut(text(part), textLength)
    return violationsOf(entry)
      .slice(0, violationsShown)
      .map(({ actual, expected, path }) => ({ path: shown(path), expected: shown(expected), actual: shown(actual) }))
  }

  messageOf(entry: Entry): Json {
    return this.maskedOf(entry).message
  }
}
