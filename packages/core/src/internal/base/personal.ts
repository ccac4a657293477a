import type * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"

/** The annotation of a schema whose values are personal data. */
export const annotation = "@trackmap/core/Pii"

const isMarked = ({ annotations, checks }: SchemaAST.AST): boolean =>
  annotations?.[annotation] === true || checks?.some((check) => check.annotations?.[annotation] === true) === true

/** The schemas inside a schema: of its parts, and of its encoded side. */
const insideOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> => {
  const encoded = ast.encoding?.map(({ to }) => to) ?? []
  switch (ast._tag) {
    case "Arrays":
      return [...encoded, ...ast.elements, ...ast.rest]
    case "Objects":
      return [
        ...encoded,
        ...ast.propertySignatures.map(({ type }) => type),
        ...ast.indexSignatures.map(({ type }) => type)
      ]
    case "Union":
      return [...encoded, ...ast.types]
    case "Declaration":
      return [...encoded, ...ast.typeParameters]
    case "Suspend":
      return [...encoded, ast.thunk()]
    default:
      return encoded
  }
}

const isPersonalAt = (ast: SchemaAST.AST, seen: Set<SchemaAST.AST>): boolean => {
  if (seen.has(ast)) return false
  seen.add(ast)
  return isMarked(ast) || insideOf(ast).some((inner) => isPersonalAt(inner, seen))
}

/**
 * Whether values of a schema are personal data, or have some inside them. An attribute's value is hidden whole, since a schema may encode its
 * parts to anything.
 */
export const isPersonal = (schema: Schema.Constraint): boolean => isPersonalAt((schema as Schema.Top).ast, new Set())
