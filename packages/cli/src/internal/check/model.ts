import type * as Description from "@trackmap/core/Description"

/** A part of the plan that breaks a rule. */
export interface Finding {
  readonly rule: string
  /** The event, the entity, the call or the context. */
  readonly name: string
  /** The attribute or the property, if it is one. */
  readonly attribute?: string
  readonly what: string
  readonly remedy: string
}

/** A named part of the plan. */
export interface Part extends Pick<Finding, "name" | "attribute"> {
  readonly annotations: Description.Annotations
  readonly type?: Description.JsonType
  readonly personal?: boolean
}

/** The parts of a plan, each once. */
export interface Parts {
  readonly events: ReadonlyArray<Part>
  /** Attributes of entities, properties of events and calls, and keys of the context. */
  readonly attributes: ReadonlyArray<Part>
  readonly entities: ReadonlyArray<Part>
}

/** What a rule says of a part. */
export type Said = Pick<Finding, "what" | "remedy">

/** A rule, as it is documented and run. */
export interface Rule {
  readonly name: string
  /** The parts that break it. */
  readonly run: (parts: Parts) => ReadonlyArray<readonly [Part, Said]>
}

const isOwn = ({ kind }: Description.Key): boolean => kind === "property"

const attribute = (
  name: string,
  one: Description.Annotations & Pick<Description.Key, "type" | "personal">,
  own: string
): Part => ({
  name,
  attribute: own,
  annotations: one,
  type: one.type,
  personal: one.personal
})

/** The parts of a plan. */
export const partsOf = ({ calls = [], context = [], entities, events }: Description.Plan): Parts => ({
  events: events.map((event) => ({ name: event.name, annotations: event })),
  entities: entities.map((entity) => ({ name: entity.name, annotations: entity })),
  attributes: [
    ...entities.flatMap(({ attributes, name }) => attributes.map((one) => attribute(name, one, one.name))),
    ...events.flatMap(({ name, nodes }) =>
      nodes.flatMap(({ keys }) => keys.filter(isOwn).map((key) => attribute(name, key, key.key)))
    ),
    ...calls.flatMap(({ call, keys }) => keys.filter(isOwn).map((key) => attribute(`${call} calls`, key, key.key))),
    ...context.map((key) => attribute("the context", key, key.key))
  ]
})
