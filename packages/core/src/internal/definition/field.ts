import type * as Schema from "effect/Schema"
import * as annotations from "./annotations.ts"
import * as codecs from "../base/codec.ts"
import { refuse } from "../base/refuse.ts"
import { quoted } from "../base/visibleName.ts"
import * as standardSchema from "../base/standardSchema.ts"
import type { Field, FieldSource } from "./model.ts"

const namePattern = /^[A-Za-z][A-Za-z0-9_]{0,99}$/

/**
 * Mixpanel reserves names that start with `mp_` and `$` (its page "Reserved properties") and cuts names at 255 characters
 * ("Import events"); Segment's warehouses take letters, digits and underscores ("Warehouse schemas").
 */
export const checkName = (entity: string, what: string, name: string, path: string): void => {
  if (typeof name !== "string" || !namePattern.test(name) || name.startsWith("mp_") || name in Object.prototype) {
    refuse(
      entity,
      "BadName",
      `${what} ${quoted(name)} is not a name that vendors accept: use 1 to 100 letters, digits and underscores, starting with a letter, but not "mp_…" or a name of Object.prototype`,
      [path]
    )
  }
}

/** A schema and its codec. `what` names it in errors. */
export const compile = (
  entity: string,
  what: string,
  path: string,
  given: unknown
): { readonly schema: Schema.Top; readonly codec: codecs.Codec } => {
  const schema = standardSchema.asEffect(given)
  if (schema === undefined) {
    return refuse(entity, "NotJson", `${what} has no schema: neither an Effect schema nor a Standard Schema`, [path])
  }
  const why = codecs.whyNot(schema)
  if (why !== undefined) return refuse(entity, "NotJson", `${what} ${why}`, [path])
  const codec = codecs.make(schema)
  if (annotations.examplesOf(schema, codec)?.includes(codecs.absent) === true) {
    return refuse(entity, "NotJson", `${what} has an example that its schema does not accept`, [path])
  }
  return { schema, codec }
}

/** Refuses the schema of an object where its fields are needed. */
export const checkByName = (entity: string, what: string, given: unknown): void => {
  if (standardSchema.asEffect(given) === undefined) return
  const detail = `${what} must be schemas by name, not one schema of an object: pass its fields, z.object(…).shape or Schema.Struct(…).fields`
  refuse(entity, "BadPath", detail, [`${entity}.${what}`])
}

export const make = (entity: string, name: string, given: unknown, source: FieldSource): Field => {
  const path = `${entity}.${name}`
  checkName(entity, "the attribute", name, path)
  return { name, ...compile(entity, `the attribute "${name}"`, path, given), source }
}

const readPath = (row: any, path: ReadonlyArray<string>): unknown => {
  let value = row
  for (let i = 0; i < path.length; i++) value = value[path[i]!]
  return value
}

/** The value of a row's field, before encoding. */
export const read = (source: FieldSource, row: unknown): unknown =>
  "path" in source ? readPath(row, source.path) : source.compute(row)
