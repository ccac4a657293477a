import * as Schema from "effect/Schema"

/** An event, as the inspector lists it. */
export const Summary = Schema.Struct({
  messageId: Schema.String,
  /** Milliseconds since 1970. */
  at: Schema.Finite,
  type: Schema.String,
  name: Schema.String,
  actor: Schema.optionalKey(Schema.NullOr(Schema.String)),
  entities: Schema.Array(Schema.String),
  /** The start of its values as JSON. */
  text: Schema.String,
  sinks: Schema.Array(Schema.Struct({ sink: Schema.String, state: Schema.String, attempts: Schema.Finite }))
})
/** An event, as the inspector lists it. */
export interface Summary extends Schema.Schema.Type<typeof Summary> {}

/** Which events to show. Of each that has names, an event needs one. */
export interface Selection {
  readonly events: ReadonlyArray<string>
  readonly entities: ReadonlyArray<string>
  readonly sinks: ReadonlyArray<string>
  readonly states: ReadonlyArray<string>
  readonly search: string | undefined
}
