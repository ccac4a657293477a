import type * as Schema from "effect/Schema"

/** The annotation of a schema whose values are personal data. */
export const annotation = "@trackmap/core/Pii"

export const isPersonal = (schema: Schema.Constraint): boolean =>
  (schema as Schema.Top).ast.annotations?.[annotation] === true ||
  (schema as Schema.Top).ast.checks?.some((check) => check.annotations?.[annotation] === true) === true
