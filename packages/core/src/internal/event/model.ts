import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { EntityImpl, Field } from "../definition/model.ts"
import type { Values } from "../value/model.ts"
import type { Tolerance } from "../value/tolerance.ts"
import type { Node } from "./lineageModel.ts"
import type { Mode } from "./mode.ts"

export interface TrackedEventImpl {
  readonly name: string
  readonly entities: { readonly [name: string]: EntityImpl }
  readonly properties: { readonly [name: string]: Schema.Constraint }
  readonly purposes: ReadonlyArray<string>
  readonly mode: Mode
  readonly fields: ReadonlyArray<Field>
  /** What is made of the event once, on first use. */
  readonly memo: { checked?: Properties; unchecked?: Properties; lineage?: ReadonlyArray<Node> }
  readonly personal: ReadonlySet<string>
}

/** The rows by name, and the event's own properties: what a call gives. */
export type Input = Readonly<Record<string, any>>

/** How the properties of an event's messages are made. */
export interface Properties {
  /** Those of a call in which nothing is wrong and nothing needs an Effect; else nothing. */
  readonly now: (input: Input) => Values | undefined
  /** Those of any call, without what is wrong. */
  readonly later: (input: Input, tolerance: Tolerance) => Effect.Effect<Values, never, any>
}

export interface PlanImpl {
  readonly events: { readonly [name: string]: TrackedEventImpl }
}
