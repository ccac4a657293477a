/** The type of the JSON that a schema encodes to. */
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import { type JsonType, union } from "../../Description.ts"
import * as Pii from "../../Pii.ts"
import { isOptionAst, isScalar, ownOf } from "../base/codec.ts"
import { constants, json, type Keywords, list, number, text } from "./jsonType.ts"
import * as standardType from "./standardType.ts"

const texts = [
  [Schema.DateFromString, "date-time"],
  [Schema.DateTimeUtcFromString, "date-time"],
  [Schema.URLFromString, "uri"],
  [Schema.BigDecimalFromString, "decimal"],
  [Schema.BigIntFromString, "integer"]
] as const
let formats: ReadonlyMap<unknown, string> | undefined

/** The format of the text that one of Effect's own transformations writes. */
const formatOf = ({ transformation }: SchemaAST.Link): string | undefined => {
  formats ??= new Map(texts.map(([{ ast }, format]) => [ast.encoding!.at(-1)!.transformation, format]))
  return formats.get(transformation)
}

/** The last of a schema's encodings, and the format of its text. */
const written = (given: SchemaAST.AST): readonly [ast: SchemaAST.AST, format: string | undefined] => {
  let ast = given
  let format: string | undefined
  while (ast.encoding !== undefined) {
    const link = ast.encoding.at(-1)!
    format = formatOf(link)
    ast = link.to
  }
  return [ast, format]
}

type Check = NonNullable<SchemaAST.AST["checks"]>[number]

const known: { readonly [id: string]: Keywords } = {
  isUUID: { format: "uuid" },
  isGUID: { format: "uuid" },
  isULID: { format: "ulid" },
  isBase64: { format: "byte" }
}

/** The keywords of a check. Lengths come from the check itself: JSON Schema counts code points, so Effect loosens them there. */
const said = (check: Check): ReadonlyArray<Keywords> => {
  if (check._tag === "FilterGroup") return check.checks.flatMap(said)
  const { format, representation, toJsonSchema } = check.annotations ?? {}
  const id = representation?.id.replace("effect/schema/", "") ?? ""
  const payload = (representation?.payload ?? {}) as Keywords
  const own = typeof format === "string" ? [{ format }] : []
  const least = payload["minLength"] ?? payload["minCodePoints"]
  const most = payload["maxLength"] ?? payload["maxCodePoints"]
  if (least !== undefined || most !== undefined) return [lengths(least, most), ...own]
  if (id === "isBetweenLength" || id === "isBetweenCodePoints") {
    return [lengths(payload["minimum"], payload["maximum"]), ...own]
  }
  if (id === "isPattern") return [{ pattern: payload["source"] }, ...own]
  if (Object.hasOwn(known, id)) return [known[id]!, ...own]
  const fragment = toJsonSchema?.({ type: undefined, schemas: [] }) ?? {}
  return [(Array.isArray(fragment) ? fragment[0] : fragment) as Keywords, ...own]
}
/** The lengths of a text or of a list. */
const lengths = (least: unknown, most: unknown): Keywords => ({
  minLength: least,
  minItems: least,
  maxLength: most,
  maxItems: most
})

const typeAt = (given: SchemaAST.AST, around: ReadonlyArray<SchemaAST.AST>): JsonType => {
  const own = ownOf(given)
  if (own !== undefined) return "codec" in own ? standardType.of(own.codec.jsonSchema) : json
  const [ast, format] = written(given)
  if (around.includes(ast)) return { _tag: "Recursive" }
  const inside = [...around, ast]
  const of = (inner: SchemaAST.AST): JsonType => typeAt(inner, inside)
  const checks = [{ format: format ?? ast.annotations?.["format"] }, ...(ast.checks?.flatMap(said) ?? [])]
  switch (ast._tag) {
    case "String":
    case "TemplateLiteral":
      return text(checks)
    case "Number":
      return number(checks)
    case "Boolean":
      return { _tag: "Boolean" }
    case "Null":
      return { _tag: "Null" }
    case "Literal":
      return constants([ast.literal])
    case "Enum":
      return constants(ast.enums.map(([, value]) => value))
    case "Union":
      return union(ast.types.map(of))
    case "Suspend":
      return of(ast.thunk())
    case "Arrays": {
      const rest = ast.rest.map(of)
      if (ast.elements.length === 0) return list(union(rest), checks)
      const items = ast.elements.map((element) => ({ type: of(element), optional: isOptional(element) }))
      return { _tag: "Tuple", items, ...(rest.length > 0 && { rest: union(rest) }) }
    }
    case "Objects": {
      const { indexSignatures, propertySignatures } = ast
      if (propertySignatures.length + indexSignatures.length === 0) return json
      return {
        _tag: "Object",
        properties: propertySignatures.map(({ name, type }) => ({
          name: String(name),
          type: of(type),
          optional: isOptional(type),
          personal: Pii.isPersonal(Schema.make(type))
        })),
        ...(indexSignatures.length > 0 && { rest: union(indexSignatures.map(({ type }) => of(type))) })
      }
    }
    default:
      return json
  }
}

const isOptional = (ast: SchemaAST.AST): boolean => written(ast)[0].context?.isOptional === true

/** The members of a union without undefined: an undefined value has no key. */
const present = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> =>
  ast._tag === "Union" && ast.encoding === undefined
    ? ast.types.flatMap(present)
    : ast._tag === "Undefined" || ast._tag === "Void"
      ? []
      : [ast]

const make = (ast: SchemaAST.AST): JsonType => {
  if (isOptionAst(ast)) return make(ast.typeParameters[0]!)
  // A scalar is its own JSON, and its numbers are finite.
  const own = ownOf(ast) !== undefined || isScalar(ast) ? ast : Schema.toCodecJson(Schema.make(ast)).ast
  return union(present(own).map((one) => typeAt(one, [])))
}

const made = new WeakMap<SchemaAST.AST, JsonType>()

export const of = ({ ast }: Schema.Constraint): JsonType => {
  const type = made.get(ast) ?? make(ast)
  made.set(ast, type)
  return type
}
