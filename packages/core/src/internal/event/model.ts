import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Description from "../../Description.ts"
import type { EntityImpl, Field } from "../definition/model.ts"
import type { Values } from "../value/model.ts"
import type { Tolerance } from "../value/tolerance.ts"
import type { Mode } from "./mode.ts"

/** What an event shows without its types. */
export interface TrackedEventFace {
  readonly name: string
  readonly properties: { readonly [name: string]: Schema.Constraint }
  readonly purposes: ReadonlyArray<string>
  readonly mode: Mode
}

export interface TrackedEventImpl extends TrackedEventFace {
  readonly entities: { readonly [name: string]: EntityImpl }
  readonly fields: ReadonlyArray<Field>
  /** What is made of the event once, on first use. */
  readonly memo: {
    checked?: Properties
    unchecked?: Properties
    description?: Description.Event
    lineage?: ReadonlyArray<Description.Node>
  }
  readonly personal: ReadonlySet<string>
}

/** The rows by name, and the event's own properties: what a call gives. */
export type Input = Readonly<Record<string, unknown>>

/** How the properties of an event's messages are made. */
export interface Properties {
  /** Those of a call in which nothing is wrong and nothing needs an Effect; else nothing. */
  readonly now: (input: Input) => Values | undefined
  /** Those of any call, without what is wrong. */
  readonly later: (input: Input, tolerance: Tolerance) => Effect.Effect<Values, never, any>
}

/** What a plan shows without its types. */
export interface PlanFace {
  readonly events: { readonly [name: string]: TrackedEventFace }
}

export interface PlanImpl extends PlanFace {
  readonly events: { readonly [name: string]: TrackedEventImpl }
  /** What is made of the plan once, on first use. */
  readonly memo: { description?: Description.Plan }
}
