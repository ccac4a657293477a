/**
 * Personal data: marked on the attribute, and dropped, hashed or passed by each sink (`EventSink.redact`).
 *
 * @module
 */
import type * as Schema from "effect/Schema"
import type { StandardSchemaV1 } from "effect/StandardSchema"
import type * as Attribute from "./Attribute.ts"
import * as internal from "./internal/base/personal.ts"
import { asEffect } from "./internal/base/standardSchema.ts"

/**
 * Marks an attribute as personal data: an Effect schema or any Standard Schema.
 *
 * @example
 * ```ts
 * import { Entity, Pii } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const Buyer = Entity.make("Buyer", { key: "id", attributes: { id: Schema.Int, email: Pii.personal(Schema.String) } })
 * console.log(Pii.isPersonal(Buyer.attributes.email), Pii.isPersonal(Buyer.attributes.id)) // true false
 * ```
 */
export const personal: {
  <S extends Schema.Top>(schema: S): S["Rebuild"]
  <S extends StandardSchemaV1>(schema: S & Attribute.IsJson<S>): Attribute.FromStandard<S>
  // `any`, since each signature has its own result, made from its `S`.
} = (schema: unknown): any => asEffect(schema)?.annotate({ [internal.annotation]: true })

/** Whether a schema, or anything inside it, is marked as personal data. Sinks then hide the whole attribute. */
export const isPersonal: (schema: Schema.Constraint) => boolean = internal.isPersonal
