import * as Effect from "effect/Effect"
import { pipeArguments } from "effect/Pipeable"
import { hasProperty } from "effect/Predicate"
import { DefinitionError, type Reason } from "../../DefinitionError.ts"
import { refuseDisagreements } from "../definition/agreement.ts"
import { isEntity } from "../definition/entity.ts"
import * as layout from "../definition/layout.ts"
import type { EntityImpl } from "../definition/model.ts"
import * as valuation from "../value/valuation.ts"

export const TypeId = "~@trackmap/core/TrackingMap" as const

interface TrackingMapImpl {
  readonly entities: { readonly [name: string]: EntityImpl }
}

const Proto = {
  [TypeId]: TypeId,
  pipe() {
    return pipeArguments(this, arguments)
  }
}

export const isTrackingMap = (u: unknown): u is TrackingMapImpl => hasProperty(u, TypeId)

const error = (entity: string, reason: Reason, paths: ReadonlyArray<string>, detail: string): DefinitionError =>
  new DefinitionError({ entity, reason, paths, detail })

export const make = (...entities: ReadonlyArray<EntityImpl>): TrackingMapImpl => {
  const byName: Record<string, EntityImpl> = {}
  for (const entity of entities) {
    if (!isEntity(entity)) throw error("TrackingMap", "BadPath", [], "a tracking map is made of entities")
    const known = byName[entity.name]
    if (known !== undefined && known !== entity) {
      throw error(
        entity.name,
        "DuplicateName",
        [entity.name],
        "two entities that differ have this name: give the map one of them, or one of them another name"
      )
    }
    byName[entity.name] = entity
  }
  refuseDisagreements(entities)
  return Object.freeze(Object.assign(Object.create(Proto), { entities: Object.freeze(byName) }))
}

export const has = (self: any, name: string): boolean => Object.hasOwn((self as TrackingMapImpl).entities, name)

export const get = (self: any, name: string): any => (self as TrackingMapImpl).entities[name]

export const values = (self: any, rows: Record<string, unknown>): Effect.Effect<unknown, unknown, any> =>
  Effect.suspend(() => {
    const { entities } = self as TrackingMapImpl
    const writers = new Map<string, string>()
    for (const name of Object.keys(rows)) {
      if (!has(self, name)) {
        return Effect.fail(
          error(
            name,
            "BadPath",
            [name],
            `the tracking map has no entity of this name (it has ${Object.keys(entities).join(", ")})`
          )
        )
      }
      for (const { key, path } of layout.of(entities[name]!).flatKeys) {
        const other = writers.get(key)
        if (other !== undefined) {
          return Effect.fail(
            error(
              name,
              "DuplicateKey",
              [other, path],
              `${other} and ${path} both write ${key}: leave one of the objects out, or omit the relation that repeats it`
            )
          )
        }
        writers.set(key, path)
      }
    }
    return Effect.map(
      Effect.all(
        Object.entries(rows).map(
          ([name, row]) => valuation.values(entities[name]!, row) as Effect.Effect<object, unknown, any>
        ),
        { concurrency: "unbounded" }
      ),
      (records) => Object.assign({}, ...records)
    )
  })
