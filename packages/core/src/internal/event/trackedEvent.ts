import { pipeArguments } from "effect/Pipeable"
import { hasProperty } from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Annotations } from "../../Annotations.ts"
import type * as Attribute from "../../Attribute.ts"
import { describe } from "../base/fault.ts"
import { misfit } from "../base/misfit.ts"
import { type Names, oneOf, optionsOf } from "../base/options.ts"
import { refuse } from "../base/refuse.ts"
import { checkRuntime } from "../base/runtime.ts"
import { visibleName } from "../base/visibleName.ts"
import * as annotations from "../definition/annotations.ts"
import { isEntity } from "../definition/entity.ts"
import { checkByName, make as makeField } from "../definition/field.ts"
import * as layout from "../definition/layout.ts"
import type { EntityImpl, FlatKey } from "../definition/model.ts"
import { schemaOf } from "../definition/schema.ts"
import type { TrackedEventFace, TrackedEventImpl } from "./model.ts"
import { eventRelations, type Mode, validationModes } from "./mode.ts"

export const TypeId = "~@trackmap/core/TrackedEvent" as const

const Proto = {
  [TypeId]: TypeId,
  pipe() {
    return pipeArguments(this, arguments)
  }
}

export const isTrackedEvent = (u: unknown): u is TrackedEventImpl => hasProperty(u, TypeId)

/** Sound because only `make` makes events. */
export const implOf = (event: TrackedEventFace): TrackedEventImpl => (isTrackedEvent(event) ? event : noEvent(event))
const noEvent = misfit("TrackedEvent", "an event, such as TrackedEvent.make returns")

export interface Options extends Mode {
  readonly entities?: { readonly [name: string]: unknown } | undefined
  readonly properties?: Attribute.Fields | undefined
  readonly purposes?: ReadonlyArray<string> | undefined
}

const entitiesOf = (
  event: string,
  given: NonNullable<Options["entities"]>
): { readonly [name: string]: EntityImpl } => {
  if (typeof given !== "object" || Array.isArray(given) || isEntity(given)) {
    const found = isEntity(given) ? "one entity" : describe(given)
    const detail = `entities must be entities by the names that calls pass their rows under, such as { line: Line }, not ${found}`
    return refuse(event, "BadPath", detail, [`${event}.entities`])
  }
  return Object.freeze(
    Object.fromEntries(
      Object.entries(given).map(([as, entity]) => {
        if (as === "properties") {
          const detail = `an entity cannot be called "properties": a call passes the event's own properties under that name`
          return refuse(event, "BadName", detail, [`${event}.properties`])
        }
        return isEntity(entity)
          ? [as, entity]
          : refuse(event, "BadPath", `"${as}" is not an entity, but ${describe(entity)}`, [`${event}.${as}`])
      })
    )
  )
}

/** The event's names for its entities distinguish two entities with the same name. */
const flatKeysOf = (event: string, as: string, entity: EntityImpl, isAlone: boolean): ReadonlyArray<FlatKey> => {
  const { flatKeys } = layout.of(entity)
  return isAlone
    ? flatKeys
    : flatKeys.map(({ key, node, path }) => {
        const inEvent = `${event}.${as}${path.slice(entity.name.length)}`
        return node === undefined ? { key, path: inEvent } : { key, path: inEvent, node }
      })
}

const names: Names<Options> = { entities: true, properties: true, purposes: true, relations: true, validation: true }

export const make = (name: string, options: Options = {}): TrackedEventImpl => {
  checkRuntime()
  visibleName("TrackedEvent.make", "an event's name", name)
  const { properties = {}, purposes = [], relations, validation } = optionsOf(name, options, names)
  if (relations !== undefined) oneOf(name, "relations", eventRelations, relations)
  if (validation !== undefined) oneOf(name, "validation", validationModes, validation)
  if (!Array.isArray(purposes)) {
    refuse(name, "BadPath", `purposes must be an array of purposes, not ${describe(purposes)}`, [name])
  }
  checkByName(name, "properties", properties)
  const entities = entitiesOf(name, options.entities ?? {})
  const fields = Object.entries(properties).map(([property, schema]) =>
    makeField(name, property, schema, { path: [property] })
  )
  const named = Map.groupBy(Object.values(entities), (entity) => entity.name)
  const flatKeys = [
    ...fields.map((field) => ({ key: field.name, path: `${name}.properties.${field.name}` })),
    ...Object.entries(entities).flatMap(([as, entity]) => {
      const isAlone = named.get(entity.name)!.length === 1
      return flatKeysOf(name, as, entity, isAlone)
    })
  ]
  layout.refuseDuplicates(name, flatKeys)
  return build({
    name,
    entities,
    properties: Object.freeze(Object.fromEntries(fields.map((field) => [field.name, field.schema]))),
    purposes: Object.freeze(purposes.map((purpose) => visibleName(name, "a purpose", purpose))),
    mode: Object.freeze({ relations, validation }),
    fields,
    annotations: {}
  })
}

const build = (parts: Omit<TrackedEventImpl, "memo">): TrackedEventImpl =>
  Object.freeze(Object.assign(Object.create(Proto), parts, { memo: {} }))

export const annotate = (self: TrackedEventImpl, given: Annotations): TrackedEventImpl =>
  build({ ...self, annotations: annotations.add(self.name, self.annotations, given) })

export const keys = (self: TrackedEventImpl): ReadonlyArray<string> => [
  ...self.fields.map((field) => field.name),
  ...Object.values(self.entities).flatMap((entity) => layout.of(entity).flatKeys.map(({ key }) => key))
]

export const schema = (self: TrackedEventImpl): Schema.Codec<{ readonly [key: string]: unknown }> => {
  const own = self.fields.map(({ codec: { encoded, optional }, name }) => [
    name,
    optional ? Schema.optionalKey(encoded as Schema.Top) : encoded
  ])
  const others = Object.values(self.entities).map(
    (entity) => (schemaOf(entity) as Schema.Struct<Schema.Struct.Fields>).fields
  )
  // The encoded side is JSON, which needs no service.
  const fields: Record<string, Schema.Codec<unknown>> = Object.assign({}, Object.fromEntries(own), ...others)
  return Schema.Struct(fields).annotate({ identifier: self.name })
}
