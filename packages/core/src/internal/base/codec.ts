import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { jsonCopy } from "./jsonCopy.ts"

/** A JSON Schema, or a part of one. */
export type JsonSchema = { readonly [keyword: string]: unknown }

/** Stands for a value without a key. */
export const absent: unique symbol = Symbol.for("@trackmap/core/absent")

/** Why a schema refuses a value. */
export interface Mismatch {
  readonly expected: string
  readonly value: unknown
  readonly cause?: unknown
  /** What was found, and what to do, where the value alone does not tell. */
  readonly found?: { readonly actual: string; readonly remedy: string }
}

/**
 * How one attribute becomes JSON.
 *
 * `inline` names a test that generated code writes out; a scalar is its own JSON once it passes `accepts`;
 * all else goes through `encode`.
 */
export interface Codec {
  readonly inline: "String" | "Finite" | "Int" | "Boolean" | undefined
  readonly scalar: boolean
  readonly optional: boolean
  /** Whether a value can turn out absent although undefined is not. */
  readonly mayBeAbsent?: boolean
  readonly expected: string
  readonly accepts: (value: unknown) => boolean
  /** The JSON of a value, `absent`, or a mismatch that is thrown. */
  readonly encode: (value: unknown) => unknown
  /** The schema of the JSON. */
  readonly encoded: Schema.Constraint
  /** Whether it can be summed up, where that cannot be read from `encoded`. */
  readonly numeric?: boolean
  /** What the schema's own library says of the JSON. */
  readonly jsonSchema?: JsonSchema
}

/** The annotation of a schema that brings its codec, or says why it has none. */
export const ownCodec = "@trackmap/core/Codec"
/** `takesUndefined` tells a codec that has an answer to undefined from one that is made optional. */
export type Own = { readonly codec: Codec; readonly takesUndefined: boolean } | { readonly why: string }
export const ownOf = ({ annotations, checks }: SchemaAST.AST): Own | undefined =>
  checks === undefined ? (annotations?.[ownCodec] as Own | undefined) : undefined

/** Internal: the valuation catches it, adds the path, and makes an `InvalidRow` of it. */
export class MismatchError {
  /** Another copy of the package recognises it by this. */
  readonly _tag = "~@trackmap/core/Mismatch"
  readonly mismatch: Mismatch
  constructor(mismatch: Mismatch) {
    this.mismatch = mismatch
  }
}

const representationId = (annotations: Schema.Annotations.Annotations | undefined): unknown =>
  (annotations?.["representation"] as { readonly id?: unknown } | undefined)?.id

const inlineOf = (ast: SchemaAST.AST): Codec["inline"] => {
  if (ast.encoding !== undefined) return undefined
  if (ast.checks === undefined) {
    if (ast._tag === "String" || ast._tag === "Boolean") return ast._tag
    return ast._tag === "Number" ? "Finite" : undefined
  }
  if (ast._tag !== "Number" || ast.checks.length !== 1) return undefined
  const id = representationId(ast.checks[0].annotations)
  return id === "effect/schema/isInt" ? "Int" : id === "effect/schema/isFinite" ? "Finite" : undefined
}

/** Whether the values of a type are JSON scalars as they stand. A number that is not finite is tested for apart. */
export const isScalar = (ast: SchemaAST.AST): boolean => {
  if (ast.encoding !== undefined) return false
  switch (ast._tag) {
    case "String":
    case "Number":
    case "Boolean":
    case "Null":
    case "Undefined":
    case "TemplateLiteral":
    case "Enum":
      return true
    case "Literal":
      return typeof ast.literal !== "bigint"
    case "Union":
      return ast.types.every(isScalar)
    default:
      return false
  }
}

const revealed = "a Redacted value would be revealed: track something that is not secret"
const isRedacted = (ast: SchemaAST.AST): boolean => representationId(ast.annotations) === "effect/schema/Redacted"

/** What of an encoded type cannot be JSON, or nothing. */
const notJson = (ast: SchemaAST.AST, seen: Set<SchemaAST.AST>): string | undefined => {
  if (seen.has(ast)) return undefined
  seen.add(ast)
  const first = (asts: ReadonlyArray<SchemaAST.AST>): string | undefined => {
    for (const inner of asts) {
      const found = notJson(inner, seen)
      if (found !== undefined) return found
    }
    return undefined
  }
  switch (ast._tag) {
    case "Any":
    case "Unknown":
    case "ObjectKeyword":
      return `${ast._tag} can be anything: use Schema.Json or a more specific type`
    case "Never":
      return "Never has no values"
    case "Symbol":
    case "UniqueSymbol":
      return "a symbol has no JSON"
    case "Declaration": {
      if (isRedacted(ast)) return revealed
      if (typeof (ast.annotations?.["toCodecJson"] ?? ast.annotations?.["toCodec"]) !== "function") {
        return `${String(ast.annotations?.["expected"] ?? "a declared type")} has no JSON encoding: annotate it with toCodecJson, or decode it to a type that has one`
      }
      return first(ast.typeParameters)
    }
    case "Objects":
      return first([
        ...ast.propertySignatures.map((property) => property.type),
        ...ast.indexSignatures.map((index) => index.type)
      ])
    case "Arrays":
      return first([...ast.elements, ...ast.rest])
    case "Union":
      return first(ast.types)
    case "Suspend":
      return notJson(ast.thunk(), seen)
    default:
      return undefined
  }
}

/** Why a schema cannot describe an attribute: what follows its name in a sentence, or nothing where it can. */
export const whyNot = (schema: Schema.Constraint): string | undefined => {
  const own = ownOf(schema.ast)
  if (own !== undefined) return "why" in own ? own.why : undefined
  // A Redacted value must stay redacted, whatever its schema would encode it to.
  const why = isRedacted(schema.ast) ? revealed : notJson(SchemaAST.toEncoded(schema.ast), new Set())
  return why && `cannot be JSON: ${why}`
}

/** Whether encoding may leave parts of the value as they are: JSON passes through, and an object of any keys. All else is built anew. */
const passesThrough = (ast: SchemaAST.AST, seen = new Set<SchemaAST.AST>()): boolean => {
  if (seen.has(ast)) return false
  seen.add(ast)
  const any = (asts: ReadonlyArray<SchemaAST.AST>): boolean => asts.some((inner) => passesThrough(inner, seen))
  switch (ast._tag) {
    case "Declaration":
      return true
    case "Objects": {
      const { indexSignatures, propertySignatures } = ast
      if (indexSignatures.length + propertySignatures.length === 0) return true
      return any([...propertySignatures, ...indexSignatures].map(({ type }) => type))
    }
    case "Arrays":
      return any([...ast.elements, ...ast.rest])
    case "Union":
      return any(ast.types)
    case "Suspend":
      return passesThrough(ast.thunk(), seen)
    default:
      return false
  }
}

const admitsUndefined = (ast: SchemaAST.AST): boolean =>
  ast._tag === "Undefined" || ast._tag === "Void" || (ast._tag === "Union" && ast.types.some(admitsUndefined))

const words: { readonly [tag: string]: string } = {
  Number: "a finite number",
  BigInt: "a bigint",
  Arrays: "an array",
  Objects: "an object",
  TemplateLiteral: "a string of a certain form",
  Enum: "a value of an enum"
}

const expectedOf = (ast: SchemaAST.AST): string => {
  switch (ast._tag) {
    case "Literal":
      return JSON.stringify(ast.literal)
    case "Union":
      return ast.types.map(expectedOf).join(" or ")
    case "Null":
      return "null"
    case "Undefined":
    case "Void":
      return "undefined"
    default: {
      const said =
        ast.checks?.[ast.checks.length - 1]?.annotations?.["expected"] ??
        ast.annotations?.["expected"] ??
        ast.annotations?.["identifier"]
      return typeof said === "string" ? said : (words[ast._tag] ?? `a ${ast._tag.toLowerCase()}`)
    }
  }
}

export const isOptionAst = (ast: SchemaAST.AST): ast is SchemaAST.Declaration =>
  ast._tag === "Declaration" &&
  ast.encoding === undefined &&
  representationId(ast.annotations) === "effect/schema/Option"

const inlineTests = {
  String: (value: unknown) => typeof value === "string",
  Boolean: (value: unknown) => typeof value === "boolean",
  Finite: (value: unknown) => Number.isFinite(value),
  Int: (value: unknown) => Number.isSafeInteger(value)
}

/** What was expected, where a value is of the right kind, and something inside it is not. */
const within = (expected: string, value: unknown): string =>
  (expected === "an array" && Array.isArray(value)) ||
  (expected === "an object" && typeof value === "object" && value !== null && !Array.isArray(value))
    ? `${expected} that its schema accepts throughout`
    : expected

/** Throws a mismatch. */
export const mismatch = (expected: string, value: unknown, cause?: unknown): never => {
  throw new MismatchError(cause === undefined ? { expected, value } : { expected, value, cause })
}

/** Throws a mismatch that says what was found, and what to do. */
export const mismatchFound = (expected: string, actual: string, remedy: string): never => {
  throw new MismatchError({ expected, value: undefined, found: { actual, remedy } })
}

/** Compiles the schema of an attribute. It has a JSON encoding: `whyNot` has been asked. */
export const make = (schema: Schema.Constraint): Codec => {
  const ast = schema.ast
  const own = ownOf(ast)
  if (own !== undefined && "codec" in own) {
    const { codec, takesUndefined } = own
    return ast.context?.isOptional !== true || takesUndefined
      ? codec
      : { ...codec, optional: true, encode: (value) => (value === undefined ? absent : codec.encode(value)) }
  }
  const expected = expectedOf(ast)
  if (isOptionAst(ast)) {
    const inner = make(Schema.make(ast.typeParameters[0]!))
    return {
      ...inner,
      inline: undefined,
      scalar: false,
      optional: true,
      accepts: Option.isOption,
      encode: (value) =>
        !Option.isOption(value)
          ? mismatch(`an Option of ${inner.expected}`, value)
          : Option.isNone(value)
            ? absent
            : inner.encode(value.value)
    }
  }
  const optional =
    ast.context?.isOptional === true ||
    admitsUndefined(ast) ||
    SchemaAST.toEncoded(ast).context?.isOptional === true ||
    admitsUndefined(SchemaAST.toEncoded(ast))
  const encoded = Schema.toEncoded(Schema.toCodecJson(schema as Schema.Top))
  const inline = inlineOf(ast)
  if (inline !== undefined) {
    const accepts = inlineTests[inline]
    return {
      inline,
      scalar: true,
      optional,
      expected,
      accepts,
      encoded: inline === "Finite" ? Schema.Finite : encoded,
      encode: (value) => (accepts(value) ? value : value === undefined && optional ? absent : mismatch(expected, value))
    }
  }
  if (isScalar(ast)) {
    const is = Schema.is(schema as Schema.Top)
    const accepts = (value: unknown): boolean => is(value) && (typeof value !== "number" || Number.isFinite(value))
    return {
      inline: undefined,
      scalar: true,
      optional,
      expected,
      accepts,
      encoded,
      encode: (value) => (value === undefined && optional ? absent : accepts(value) ? value : mismatch(expected, value))
    }
  }
  const encodeBoxed = Schema.encodeUnknownResult(
    Schema.toCodecJson(Schema.Struct({ value: schema as Schema.Codec<unknown, unknown> }))
  )
  const shared = passesThrough(encoded.ast)
  return {
    inline: undefined,
    scalar: false,
    optional,
    expected,
    accepts: Schema.is(schema as Schema.Top),
    encoded,
    encode: (value) => {
      if (value === undefined && optional) return absent
      const result = encodeBoxed({ value })
      if (Result.isFailure(result)) return mismatch(within(expected, value), value, result.failure)
      const json = result.success as { readonly value?: unknown }
      if (!("value" in json)) return absent
      // The row may change while the message waits.
      return shared ? jsonCopy(json.value) : json.value
    }
  }
}
