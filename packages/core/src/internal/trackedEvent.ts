import { pipeArguments } from "effect/Pipeable"
import { hasProperty } from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as Attribute from "../Attribute.ts"
import { DefinitionError, type Reason } from "../DefinitionError.ts"
import type { Node } from "../Lineage.ts"
import * as Pii from "../Pii.ts"
import type { Mode } from "../TrackedEvent.ts"
import { type EntityImpl, type Field, isEntity, makeField } from "./entity.ts"
import * as layout from "./layout.ts"
import { schemaOf } from "./schema.ts"
import type { Tracking } from "./tracking.ts"

export const TypeId = "~@trackmap/core/TrackedEvent" as const

export interface TrackedEventImpl {
  readonly name: string
  readonly entities: { readonly [name: string]: EntityImpl }
  readonly properties: { readonly [name: string]: Schema.Constraint }
  readonly purposes: ReadonlyArray<string>
  readonly mode: Mode
  readonly fields: ReadonlyArray<Field>
  /** What is made of the event once, on first use. */
  readonly memo: { tracking?: Tracking; unchecked?: Tracking; lineage?: ReadonlyArray<Node> }
  readonly personal: ReadonlySet<string>
}

const Proto = {
  [TypeId]: TypeId,
  pipe() {
    return pipeArguments(this, arguments)
  }
}

export const isTrackedEvent = (u: unknown): u is TrackedEventImpl => hasProperty(u, TypeId)

const fail = (event: string, reason: Reason, paths: ReadonlyArray<string>, detail: string): never => {
  throw new DefinitionError({ entity: event, reason, paths, detail })
}

export const make = (
  name: string,
  options: {
    readonly entities?: { readonly [name: string]: EntityImpl } | undefined
    readonly properties?: Attribute.Fields | undefined
    readonly purposes?: ReadonlyArray<string> | undefined
    readonly relations?: Mode["relations"]
    readonly validation?: Mode["validation"]
  } = {}
): TrackedEventImpl => {
  if (typeof name !== "string" || name.trim() === "" || name.length > 255) {
    fail(String(name), "BadName", [String(name)], "an event's name is 1 to 255 characters")
  }
  const { entities = {}, properties = {}, purposes = [], relations, validation } = options
  for (const [as, entity] of Object.entries(entities)) {
    if (as === "properties")
      fail(
        name,
        "BadName",
        [`${name}.properties`],
        `an entity cannot be called "properties": a call gives the event's own there`
      )
    if (!isEntity(entity)) fail(name, "BadPath", [`${name}.${as}`], `"${as}" is no entity`)
  }
  const fields = Object.entries(properties).map(([property, schema]) =>
    makeField(name, property, schema, { path: [property] })
  )
  const slots = [
    ...fields.map((field) => ({ key: field.name, path: `${name}.properties.${field.name}` })),
    ...Object.values(entities).flatMap((entity) => layout.of(entity).slots)
  ]
  layout.refuseDuplicates(name, slots)
  const personal = new Set([
    ...fields.filter((field) => Pii.isPersonal(field.schema)).map((field) => field.name),
    ...Object.values(entities).flatMap((entity) => layout.of(entity).nodes.flatMap(layout.personalKeys))
  ])
  return Object.freeze(
    Object.assign(Object.create(Proto), {
      name,
      entities: Object.freeze({ ...entities }),
      properties: Object.freeze(Object.fromEntries(fields.map((field) => [field.name, field.schema]))),
      purposes: Object.freeze([...purposes]),
      mode: Object.freeze({ relations, validation }),
      fields,
      personal,
      memo: {}
    })
  )
}

export const keys = (self: TrackedEventImpl): ReadonlyArray<string> => [
  ...self.fields.map((field) => field.name),
  ...Object.values(self.entities).flatMap((entity) => layout.of(entity).slots.map((slot) => slot.key))
]

export const personalKeys = (self: TrackedEventImpl): ReadonlySet<string> => self.personal

export const schema = (self: TrackedEventImpl): Schema.Constraint =>
  Schema.Struct(
    Object.assign(
      {},
      Object.fromEntries(
        self.fields.map(({ codec: { encoded, optional }, name }) => [
          name,
          optional ? Schema.optionalKey(encoded as Schema.Top) : encoded
        ])
      ),
      ...Object.values(self.entities).map((entity) => (schemaOf(entity) as Schema.Struct<Schema.Struct.Fields>).fields)
    ) as Record<string, Schema.Top>
  ).annotate({ identifier: self.name })
