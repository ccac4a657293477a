import * as Schema from "effect/Schema"
import { type Codec, ownOf } from "../base/codec.ts"
import { isPersonal } from "../base/personal.ts"
import { refuse } from "../base/refuse.ts"
import { canonical } from "../base/sameJson.ts"
import type { EntityImpl, Field } from "./model.ts"

/** Throws `DefinitionError` where two entities, however they are reached, have one name and disagree. */
export const refuseDisagreements = (entities: ReadonlyArray<EntityImpl>): void => {
  const reached = new Map<string, readonly [EntityImpl, path: string]>()
  const seen = new Set<EntityImpl>()
  for (const entity of entities) refuseDisagreement(entity, entity.name, reached, seen)
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
    const two = otherPath === path ? "two entities" : `${otherPath} and ${path}`
    const detail = `${two} share this name and differ in ${what}: use one entity for both, or rename one`
    return refuse(entity.name, "DuplicateName", detail, [otherPath, path])
  }
  if (other.key !== entity.key) disagree(`the key (${other.key}, ${entity.key})`)
  const fields = other === entity ? [] : entity.fields
  const byName = new Map(other.fields.map((field) => [field.name, field]))
  for (const field of fields) {
    const known = byName.get(field.name)
    if (known === undefined) continue
    if (known.codec.optional !== field.codec.optional) disagree(`whether the attribute "${field.name}" is optional`)
    if (!areSame(known, field)) disagree(`the attribute "${field.name}"`)
    if (isPersonal(known.schema) !== isPersonal(field.schema))
      disagree(`whether the attribute "${field.name}" is personal`)
  }
  for (const [name, relation] of entity.related) {
    refuseDisagreement(relation.target, `${path}.${name}`, reached, seen)
  }
}

const made = new WeakMap<object, string>()

const jsonSchema = (schema: Schema.Constraint): string => {
  const known =
    made.get(schema.ast) ?? JSON.stringify(Schema.toJsonSchemaDocument(Schema.toCodecJson(schema as Schema.Top)))
  made.set(schema.ast, known)
  return known
}

const areSame = (a: Field, b: Field): boolean => {
  if (a.schema.ast === b.schema.ast) return true
  if (jsonSchema(a.schema) !== jsonSchema(b.schema)) return false
  return (ownOf(a.schema.ast) ?? ownOf(b.schema.ast)) === undefined || writeTheSame(a.codec, b.codec)
}

/** Values of every kind that attributes have, for schemas that only their library can read. */
const samples: ReadonlyArray<unknown> = [
  undefined,
  null,
  true,
  0,
  1,
  1.5,
  86_400_000,
  1n,
  "",
  "a",
  "A b",
  "1",
  "1.50",
  "2026-03-01",
  "2026-03-01T11:00:00.000Z",
  "0195540e-7c1b-71e2-830a-70cd60f2c980",
  "a@toadtown.example",
  "https://toadtown.example/",
  new Date(0),
  new Date(1_772_362_800_123),
  new URL("https://toadtown.example/"),
  [],
  ["a", 1],
  {},
  { a: 1 }
]

/**
 * Whether two schemas of other libraries write the same, as far as it shows: of transforms there is no description to compare. If neither
 * takes any of the samples and a library says nothing of its output, there is no sign that they do.
 */
const writeTheSame = (a: Codec, b: Codec): boolean => {
  const written = samples.map((sample) => writtenBy(a, sample))
  const known = a.jsonSchema !== undefined && b.jsonSchema !== undefined
  return (
    samples.every((sample, index) => writtenBy(b, sample) === written[index]) &&
    (known || written.some((text) => text !== undefined))
  )
}

const writtenBy = ({ encode }: Codec, sample: unknown): string | undefined => {
  try {
    const json = encode(sample)
    return typeof json === "symbol" ? "absent" : canonical(json)
  } catch {
    return undefined
  }
}
