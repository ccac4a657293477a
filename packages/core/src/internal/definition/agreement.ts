import * as Schema from "effect/Schema"
import { refuse } from "../base/refuse.ts"
import type { EntityImpl } from "./model.ts"

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
    return refuse(
      entity.name,
      "DuplicateName",
      `${otherPath} and ${path} share this name and differ in ${what}: use one entity for both, or rename one`,
      [otherPath, path]
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
