/** The traits of identify and group, and the properties of page and screen, as a plan declares them. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as codecs from "../base/codec.ts"
import { jsonCopy } from "../base/jsonCopy.ts"
import { isEntity } from "../definition/entity.ts"
import type { EntityImpl } from "../definition/model.ts"
import { schemaOf } from "../definition/schema.ts"
import type { Values } from "../value/model.ts"
import type { Tolerance } from "../value/tolerance.ts"
import type { Declared, DeclaredCall, PlanImpl } from "./model.ts"
import { reader } from "./ownProperties.ts"

const fieldOf = { identify: "traits", group: "traits", page: "properties", screen: "properties" } as const

type Given = Readonly<Record<string, unknown>>

/** The fields of a call, without the values that their schemas refuse. */
export type Check = (call: Given, tolerance: Tolerance) => Given

/** How the values of a call are checked, or undefined if the plan does not declare them. */
export const checkOf = (plan: PlanImpl | undefined, type: string): Check | undefined => {
  const declaration = plan?.calls[type as DeclaredCall]
  if (declaration === undefined) return undefined
  const known = checks.get(declaration) ?? make(type as DeclaredCall, declaration)
  checks.set(declaration, known)
  return known
}

const checks = new WeakMap<object, Check>()

const make = (type: DeclaredCall, declaration: EntityImpl | ReadonlyArray<Declared>): Check => {
  const field = fieldOf[type]
  const read = reader({
    of: type,
    path: `${type}.${field}`,
    fields: isEntity(declaration) ? flatOf(declaration) : declaration.map(orJson),
    // Traits add to those that a vendor has.
    partial: field === "traits",
    checked: true,
    expected: `only ${field} that the plan declares`,
    remedy: `Remove them, or declare them with Plan.calls({ ${type}: { … } }).`
  })
  return (call, tolerance) => {
    const given = call[field]
    return typeof given === "object" && given !== null
      ? { ...call, [field]: read(() => given as Values, `the ${field} of ${type}`, tolerance) }
      : call
  }
}

/** An entity's flat values are JSON already. */
const flatOf = (entity: EntityImpl): ReadonlyArray<Declared> =>
  Object.entries(
    (schemaOf(entity) as unknown as { readonly fields: { readonly [key: string]: Declared["schema"] } }).fields
  ).map(([name, schema]) => ({ name, schema, codec: codecs.make(schema) }))

/** Calls pass JSON by their types: a value can be what its schema writes already, such as the text of a Date. */
const orJson = (field: Declared): Declared => {
  const { codec, schema } = field
  // A Standard Schema does not tell what its JSON is.
  if (codec.scalar || codecs.ownOf(schema.ast) !== undefined) return field
  const decode = Schema.decodeUnknownResult(Schema.toCodecJson(schema as Schema.Codec<unknown>))
  const encode = (value: unknown): unknown => {
    try {
      return codec.encode(value)
    } catch (mismatch) {
      if (Result.isSuccess(decode(value))) return jsonCopy(value)
      throw mismatch
    }
  }
  return { ...field, codec: { ...codec, encode } }
}
