import * as Effect from "effect/Effect"
import { pipeArguments } from "effect/Pipeable"
import { hasProperty } from "effect/Predicate"
import { DefinitionError, type Reason } from "../../DefinitionError.ts"
import { misfit } from "../base/misfit.ts"
import { refuseDisagreements } from "../definition/agreement.ts"
import { isEntity } from "../definition/entity.ts"
import * as layout from "../definition/layout.ts"
import type { EntityImpl } from "../definition/model.ts"
import * as valuation from "../value/valuation.ts"

export const TypeId = "~@trackmap/core/TrackingMap" as const

/** A tracking map without its types. */
interface TrackingMapFace {
  readonly entities: { readonly [name: string]: { readonly name: string } }
}
interface TrackingMapImpl extends TrackingMapFace {
  readonly entities: { readonly [name: string]: EntityImpl }
}

/** Sound because only `make` makes tracking maps. */
export const implOf = (map: TrackingMapFace): TrackingMapImpl => (isTrackingMap(map) ? map : noMap(map))
const noMap = misfit("TrackingMap", "a tracking map, such as TrackingMap.make returns")

const Proto = {
  [TypeId]: TypeId,
  pipe() {
    return pipeArguments(this, arguments)
  }
}

export const isTrackingMap = (u: unknown): u is TrackingMapImpl => hasProperty(u, TypeId)

const error = (entity: string, reason: Reason, paths: ReadonlyArray<string>, detail: string): DefinitionError =>
  new DefinitionError({ entity, reason, paths, detail })

export const make = (given: ReadonlyArray<unknown>): TrackingMapImpl => {
  const byName: Record<string, EntityImpl> = {}
  const entities = given.map((entity) => {
    if (isEntity(entity)) return entity
    throw error("TrackingMap", "BadPath", [], "a tracking map is made of entities")
  })
  for (const entity of entities) {
    const known = byName[entity.name]
    if (known !== undefined && known !== entity) {
      throw error(
        entity.name,
        "DuplicateName",
        [entity.name],
        "two different entities have this name: rename one, or remove one from the map"
      )
    }
    byName[entity.name] = entity
  }
  refuseDisagreements(entities)
  return Object.freeze(Object.assign(Object.create(Proto), { entities: Object.freeze(byName) }))
}

export const has = (self: TrackingMapFace, name: string): boolean => Object.hasOwn(implOf(self).entities, name)

/** Fails if the map lacks an entity, or if two entities write the same key. */
const check = (self: TrackingMapImpl, names: ReadonlyArray<string>): Effect.Effect<void, DefinitionError> => {
  const writers = new Map<string, string>()
  for (const name of names) {
    if (!has(self, name)) {
      const known = Object.keys(self.entities).join(", ")
      return Effect.fail(
        error(name, "BadPath", [name], `the tracking map has no entity with this name (it has ${known})`)
      )
    }
    for (const { key, path } of layout.of(self.entities[name]!).flatKeys) {
      const other = writers.get(key)
      if (other !== undefined) {
        const detail = `${other} and ${path} both write ${key}: leave one of the objects out, or omit the relation that repeats it`
        return Effect.fail(error(name, "DuplicateKey", [other, path], detail))
      }
      writers.set(key, path)
    }
  }
  return Effect.void
}

export const values = (
  map: TrackingMapFace,
  rows: { readonly [name: string]: unknown }
): Effect.Effect<object, unknown, unknown> =>
  Effect.suspend(() => {
    const self = implOf(map)
    const valued = Object.entries(rows).map(([name, row]) =>
      Effect.suspend(() => valuation.values(self.entities[name]!, row) as Effect.Effect<object, unknown, unknown>)
    )
    return check(self, Object.keys(rows)).pipe(
      Effect.andThen(Effect.all(valued, { concurrency: "unbounded" })),
      Effect.map((records): object => Object.assign({}, ...records))
    )
  })
