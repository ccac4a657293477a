import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Description from "../../Description.ts"
import type { EntityImpl, Field } from "../definition/model.ts"
import type { Valuer, Values } from "../value/model.ts"
import type { Tolerance } from "../value/tolerance.ts"
import type { Mode } from "./mode.ts"
import type { Keys } from "./shape.ts"

/** An event without its types. */
export interface TrackedEventFace {
  readonly name: string
  readonly properties: { readonly [name: string]: Schema.Constraint }
  readonly purposes: ReadonlyArray<string>
  readonly mode: Mode
}

export interface TrackedEventImpl extends TrackedEventFace {
  readonly entities: { readonly [name: string]: EntityImpl }
  readonly fields: ReadonlyArray<Field>
  readonly annotations: Description.Annotations
  /** Derived from the event once, on first use. */
  readonly memo: {
    checked?: Properties
    unchecked?: Properties
    description?: Description.Event
    lineage?: ReadonlyArray<Description.Node>
    shape?: Keys
    personal?: ReadonlySet<string>
    version?: string
    /** How its relations are looked up later, by their paths: if it is checked, and if not. */
    lookUps?: readonly [checked: Map<string, LookUp | undefined>, unchecked: Map<string, LookUp | undefined>]
  }
}

/** The arguments of a call: the rows by name, and the event's own properties. */
export type Input = Readonly<Record<string, unknown>>

/** How one relation is looked up by its key alone. */
export interface LookUp {
  /** Of an entity that has only this relation. */
  readonly valuer: Valuer
  /** The keys of the record that gets the values, in their order. */
  readonly order: ReadonlyMap<string, number>
}

/** How the properties of an event's messages are made. */
export interface Properties {
  readonly event: TrackedEventImpl
  /** The properties of a valid call that needs no Effect, otherwise undefined. */
  readonly now: (input: Input) => Values | undefined
  /** The properties of any call, without the invalid ones. Reads the rows now; the Effect adds asynchronous values. */
  readonly later: (input: Input, tolerance: Tolerance) => Effect.Effect<Values, never, any>
}

/** A trait, a property of a page or a screen, or a key of the context, as a plan declares it. */
export type Declared = Pick<Field, "name" | "schema" | "codec">

/** A plan without its types. */
export interface PlanFace {
  readonly events: { readonly [name: string]: TrackedEventFace }
}

/** The calls of the Segment Spec whose values a plan declares. */
export type DeclaredCall = "identify" | "group" | "page" | "screen"

export interface PlanImpl extends PlanFace {
  readonly events: { readonly [name: string]: TrackedEventImpl }
  /** The declared traits, or properties, of calls: by name, or as the flat values of an entity. */
  readonly calls: { readonly [Call in DeclaredCall]?: EntityImpl | ReadonlyArray<Declared> }
  /** The declared keys of the context. */
  readonly context: ReadonlyArray<Declared>
  /** Derived from the plan once, on first use. */
  readonly memo: { description?: Description.Plan; version?: string }
}
