import * as Effect from "effect/Effect"
import { pipeArguments } from "effect/Pipeable"
import { hasProperty } from "effect/Predicate"
import * as Schema from "effect/Schema"
import { DefinitionError, type Reason } from "../DefinitionError.ts"
import { type EntityImpl, isEntity } from "./entity.ts"
import * as layout from "./layout.ts"
import * as valuation from "./valuation.ts"

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

/** Throws `DefinitionError` where two entities, however they are reached, have one name and disagree. */
export const refuseDisagreements = (entities: ReadonlyArray<EntityImpl>): void => {
  const reached = new Map<string, readonly [EntityImpl, path: string]>()
  for (const entity of entities) refuseDisagreement(entity, entity.name, reached, new Set())
}

/** Everything that is called by one name, wherever it is reached, has one key and one schema for an attribute. */
const refuseDisagreement = (
  entity: EntityImpl,
  path: string,
  reached: Map<string, readonly [EntityImpl, string]>,
  seen: Set<EntityImpl>
): void => {
  if (seen.has(entity)) return
  seen.add(entity)
  const [other, otherPath] = reached.get(entity.name) ?? [entity, path]
  reached.set(entity.name, [other, otherPath])
  const disagree = (what: string): never => {
    throw error(
      entity.name,
      "DuplicateName",
      [otherPath, path],
      `what ${otherPath} and ${path} call by this name differs in ${what}: make both of one entity, or give one another name`
    )
  }
  if (other.key !== entity.key) disagree(`the key (${other.key}, ${entity.key})`)
  for (const [name, schema] of Object.entries(entity.attributes)) {
    const known = other.attributes[name]
    if (known !== undefined && !sameSchema(known, schema)) disagree(`the attribute "${name}"`)
  }
  for (const [name, relation] of Object.entries(entity.relations)) {
    refuseDisagreement(relation.target, `${path}.${name}`, reached, seen)
  }
}

const jsonSchema = (schema: Schema.Constraint): string =>
  JSON.stringify(Schema.toJsonSchemaDocument(Schema.toCodecJson(schema as Schema.Top)))

const sameSchema = (a: Schema.Constraint, b: Schema.Constraint): boolean =>
  a.ast === b.ast || jsonSchema(a) === jsonSchema(b)

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
      for (const { key, path } of layout.of(entities[name]!).slots) {
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
