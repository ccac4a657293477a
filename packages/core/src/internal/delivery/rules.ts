import type { Message } from "../../Message.ts"
import { InvalidRow } from "../../RowError.ts"
import { describe } from "../base/fault.ts"
import { refuse } from "../base/refuse.ts"
import { isEntity } from "../definition/entity.ts"
import type { EventRelations, Mode, Validation } from "../event/mode.ts"
import type { Properties } from "../event/model.ts"
import { type MessageShape, withLater } from "../event/messageShape.ts"
import * as planVersion from "../event/planVersion.ts"
import * as properties from "../event/properties.ts"
import { isTrackedEvent } from "../event/trackedEvent.ts"
import type { Sink } from "../sink/model.ts"
import { type LaterRelation, type Tolerated, Tolerance } from "../value/tolerance.ts"
import type { Running } from "./running.ts"

/** How a tracker makes the messages of one event, or of calls without one. */
export interface Rules {
  /** The event's name, or the type of the call. */
  readonly name: string
  readonly purposes: ReadonlyArray<string>
  readonly shape: MessageShape
  readonly relations: EventRelations
  readonly validation: Validation
  /** The modes that the event itself sets, which the types of its calls reflect. */
  readonly own: Mode
}

export interface EventRules extends Rules {
  readonly properties: Properties
  /** The violation that every message has if the plan lacks its event. */
  readonly unplanned: Tolerated | undefined
}

/** The parts of a tracker that the rules depend on. */
export interface Tracking extends Pick<Running, "settings" | "shapes"> {
  readonly sinks: ReadonlyArray<Pick<Sink, "defers">> | undefined
}

/** Whether a tracker can leave relations to be looked up later: every sink stores envelopes for a relay. */
export const defers = ({ sinks }: Tracking): boolean => sinks?.every((sink) => sink.defers) === true

/** The rules for one message of an event, with the relations that it has left. */
export const withLeft = (rules: EventRules, relations: ReadonlyArray<LaterRelation> = []): EventRules => {
  if (relations.length === 0) return rules
  const later = { event: planVersion.ofEvent(rules.properties.event), validation: rules.validation, relations }
  return { ...rules, shape: withLater(rules.shape, later) }
}

/** The rules of a call without an event. */
export const rulesOfCall = ({ settings: { validation }, shapes }: Tracking, type: Message["type"]): Rules => ({
  name: type,
  purposes: [],
  shape: shapes.ofCall(type),
  relations: "omit",
  validation,
  own: {}
})

/** Throws for anything that is not an event. */
export const rulesOfEvent = ({ settings, shapes }: Tracking, event: unknown): EventRules => {
  if (!isTrackedEvent(event)) return refuseEvent(event)
  const { mode, name, purposes } = event
  const validation = mode.validation ?? settings.validation
  const events: Readonly<Record<string, unknown>> | undefined = settings.plan?.events
  const planned = validation === "off" || events === undefined || events[name] === event
  return {
    name,
    purposes,
    shape: shapes.ofEvent(event),
    relations: mode.relations ?? settings.relations,
    validation,
    own: mode,
    properties: properties.of(event, validation !== "off"),
    unplanned: planned ? undefined : unplanned(name)
  }
}

const refuseEvent = (given: unknown): never => {
  const name = typeof given === "string" ? given : "Tracker"
  const found = typeof given === "string" ? "its name" : isEntity(given) ? "an entity" : describe(given)
  return refuse(name, "BadPath", `track takes an event of TrackedEvent.make, and not ${found}`)
}

const unplanned = (name: string): Tolerated | undefined => {
  const tolerance = new Tolerance(false)
  tolerance.add(
    new InvalidRow({
      entity: name,
      path: name,
      expected: "an event of the plan",
      actual: "one that is not in it",
      remedy: "Add it to Plan.make, or track the plan's event with this name."
    }),
    false
  )
  return tolerance.found[0]
}
