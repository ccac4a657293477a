import * as Schema from "effect/Schema"
import { of as layoutOf } from "./layout.ts"
import type { EntityImpl, Node } from "./model.ts"

/**
 * The schema of an entity's flat record. The keys of a to-one relation are optional unless it is required: that a function
 * always finds a row is known to the compiler alone.
 */
export const schemaOf = (entity: EntityImpl): Schema.Constraint => {
  const fields: Record<string, Schema.Constraint> = {}
  for (const node of layoutOf(entity).nodes) {
    const absent = canBeAbsent(node)
    keySchemas(node).forEach((key, index) => {
      fields[node.keys[index]!] = key.optional || absent ? Schema.optionalKey(key.schema as Schema.Top) : key.schema
    })
  }
  return Schema.Struct(fields as Record<string, Schema.Top>).annotate({ identifier: entity.name })
}

interface KeySchema {
  readonly schema: Schema.Constraint
  readonly optional: boolean
}

/** Whether a node can lack a row. */
export const canBeAbsent = (node: Node): boolean => {
  if (node.relation === undefined) return false
  const own = node._tag === "One" && !node.relation!.required
  return own || (node.parent !== undefined && canBeAbsent(node.parent))
}

/** The schema of each key of a node, as if its row were there. */
const keySchemas = (node: Node): ReadonlyArray<KeySchema> =>
  node._tag === "One"
    ? node.entity.fields.map(({ codec }) => ({ schema: codec.encoded, optional: codec.optional }))
    : node.relation.compiled.flatMap(({ keys }) => keys.map(({ optional, schema }) => ({ schema: schema(), optional })))
