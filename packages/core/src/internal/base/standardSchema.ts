import * as Effect from "effect/Effect"
import * as JsonPointer from "effect/JsonPointer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "effect/StandardSchema"
import { absent, type Codec, type JsonSchema, mismatch, type Own, ownCodec } from "./codec.ts"
import { checkedJsonCopy } from "./jsonCopy.ts"
import { comesLater } from "./userFunction.ts"

type Props = StandardSchemaV1.Props<unknown, unknown> & Partial<Pick<StandardJSONSchemaV1.Props, "jsonSchema">>

const standardOf = (given: unknown): Props | undefined => {
  if ((typeof given !== "object" && typeof given !== "function") || given === null) return undefined
  const standard = (given as { readonly "~standard"?: Props })["~standard"]
  return standard?.version === 1 && typeof standard.validate === "function" ? standard : undefined
}

/** The Effect schema of a schema of either kind, or undefined if it is neither. */
export const asEffect = (given: unknown): Schema.Top | undefined => {
  if (Schema.isSchema(given)) return given as Schema.Top
  const standard = standardOf(given)
  if (standard === undefined) return undefined
  // One schema stays one, so that two entities that use it are seen to agree.
  const known = converted.get(given as object) ?? convert(standard)
  converted.set(given as object, known)
  return known
}

const converted = new WeakMap<object, Schema.Top>()

const convert = (standard: Props): Schema.Top => {
  const output = jsonSchemaOf(standard, "output")
  if (typeof output === "string" && neverJson.test(output)) {
    const why = `cannot be JSON: ${output}: transform it to a string, a number or other JSON`
    return Schema.Never.annotate({ [ownCodec]: { why } satisfies Own })
  }
  const expected = expectedOf(standard)
  const encode = encodeOf(standard, expected)
  if (answersLater(standard)) {
    const why = `has a ${standard.vendor} schema that validates with a promise: use a schema that validates at once, or compute the value with Entity.computed`
    return Schema.Never.annotate({ [ownCodec]: { why } satisfies Own })
  }
  const ofUndefined = attempt(() => encode(undefined))
  const takesUndefined = ofUndefined !== undefined
  const codec: Codec = {
    inline: undefined,
    scalar: false,
    optional: ofUndefined === absent,
    // No library tells whether a transform can return undefined.
    mayBeAbsent: true,
    expected,
    accepts: () => true,
    encode,
    encoded: encodedOf(isObject(output) ? output : undefined),
    // Where nothing is known of the output, the compiler has seen that it is a number.
    numeric: !isObject(output) || isNumeric(output),
    ...(isObject(output) && { jsonSchema: output })
  }
  const encoded = codec.encoded as Schema.Top
  const from = codec.optional ? Schema.optionalKey(encoded) : encoded
  const to = takesUndefined ? Schema.optionalKey(Schema.Unknown) : Schema.Unknown
  return from
    .pipe(
      Schema.decodeTo(to as Schema.Unknown, {
        decode: SchemaGetter.forbidden(() => "A Standard Schema only encodes"),
        encode: SchemaGetter.transformOptionalEffect((given) => encodeInEffect(codec, given))
      })
    )
    .annotate({ [ownCodec]: { codec, takesUndefined } satisfies Own })
}

/** Whether a library always validates with a promise, such as yup. Zod does so where a transform throws, which it may only for this value. */
const answersLater = ({ validate, vendor }: Props): boolean =>
  vendor !== "zod" && [undefined, null, 0, "", {}].every((value) => attempt(() => comesLater(validate(value))) === true)

const attempt = (f: () => unknown): unknown => {
  try {
    return f()
  } catch {
    return undefined
  }
}

/** For a schema inside an Effect schema. */
const encodeInEffect = (
  { encode, expected }: Codec,
  given: Option.Option<unknown>
): Effect.Effect<Option.Option<Schema.Json>, SchemaIssue.Issue> => {
  try {
    const json = encode(Option.getOrUndefined(given))
    return Effect.succeed(json === absent ? Option.none() : Option.some(json as Schema.Json))
  } catch {
    return Effect.fail(new SchemaIssue.InvalidValue({ message: `Expected ${expected}` }))
  }
}

const expectedOf = (standard: Props): string => {
  const input = jsonSchemaOf(standard, "input")
  const kind = isObject(input) ? kindOf(input) : undefined
  return `${kind === undefined ? "what" : `${kind} that`} its ${standard.vendor} schema accepts`
}

const encodeOf = (standard: Props, expected: string): Codec["encode"] => {
  const { vendor } = standard
  return (value) => {
    const result = standard.validate(value)
    if ("then" in result) {
      // The promise may still reject, and an unhandled rejection would end the process.
      result.then(undefined, () => {})
      return mismatch(`a ${vendor} schema that validates at once, and does not throw`, result)
    }
    // The issues of some libraries contain the value.
    if (result.issues) return mismatch(expected, value)
    return result.value === undefined ? absent : jsonOf(result.value, vendor)
  }
}

/** A copy, since a schema's output may be a part of the row, and the row may change while the message waits. */
const jsonOf = (value: unknown, vendor: string): unknown =>
  checkedJsonCopy(value, (given) => mismatch(`JSON as the output of its ${vendor} schema`, given))

// -----------------------------------------------------------------------------
// JSON Schema
// -----------------------------------------------------------------------------

/** Zod's errors for types without JSON, as opposed to types that it cannot know: transforms, undefined. */
const neverJson = /^(Date|BigInt|BigInt literals|Symbols|NaN|Map|Set|Function types) cannot be represented/

/** The library's own JSON Schema, undefined if it has none, or the library's error if it cannot produce one. */
const jsonSchemaOf = (standard: Props, side: "input" | "output"): JsonSchema | string | undefined => {
  try {
    const schema = standard.jsonSchema?.[side]({ target: "draft-2020-12" })
    if (schema === undefined) return undefined
    const { $schema, ...described } = schema
    return inlined(described)
  } catch (error) {
    return error instanceof Error ? error.message : ""
  }
}

/**
 * A JSON Schema that can be part of another document: its own definitions are inlined at each reference. A definition that refers to itself
 * becomes any JSON, and so does the rest of a document in which everything refers to everything.
 */
const inlined = (root: JsonSchema): JsonSchema => {
  let left = 1_000
  const each = (node: unknown, inside: ReadonlyArray<JsonSchema>): unknown =>
    Array.isArray(node) ? node.map((item) => each(item, inside)) : isObject(node) ? one(node, inside) : node
  const byName = (schemas: object, inside: ReadonlyArray<JsonSchema>): JsonSchema =>
    Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, each(schema, inside)]))
  const one = ({ $defs, $ref, ...own }: JsonSchema, inside: ReadonlyArray<JsonSchema>): JsonSchema => {
    const keywords = Object.entries(own).map(([keyword, value]) => [
      keyword,
      data.has(keyword) ? value : mapped.has(keyword) ? byName(value as object, inside) : each(value, inside)
    ])
    const schema: JsonSchema = Object.fromEntries(keywords)
    if (typeof $ref !== "string") return schema
    const target = resolve(root, $ref)
    if (target === undefined || inside.includes(target) || left-- <= 0) return schema
    const referred = one(target, [...inside, target])
    return keywords.length === 0 ? referred : { ...schema, allOf: [referred] }
  }
  return one(root, [root])
}
/** Keywords whose values are no schemas, and those whose values are schemas by name. */
const data: ReadonlySet<string> = new Set(["enum", "const", "default", "examples"])
const mapped: ReadonlySet<string> = new Set(["properties", "patternProperties"])

const isObject = (value: unknown): value is JsonSchema => typeof value === "object" && value !== null

/** Where a reference inside a document points. */
const resolve = (root: JsonSchema, ref: string): JsonSchema | undefined => {
  if (!ref.startsWith("#")) return undefined
  let node: unknown = root
  for (const token of decodeURIComponent(ref).split("/").slice(1)) {
    const name = JsonPointer.unescapeToken(token)
    node = isObject(node) && Object.hasOwn(node, name) ? node[name] : undefined
  }
  return isObject(node) ? node : undefined
}

/** The schema of any JSON, which is described as the library describes it. */
const encodedOf = (output: JsonSchema | undefined): Schema.Constraint =>
  output === undefined
    ? Schema.Json
    : Schema.Json.check(Schema.makeFilter(() => true, { toJsonSchema: () => output as {} }))

const choices = ({ anyOf, oneOf }: JsonSchema): ReadonlyArray<JsonSchema> | undefined =>
  (anyOf ?? oneOf) as ReadonlyArray<JsonSchema> | undefined
const constants = (schema: JsonSchema): ReadonlyArray<unknown> | undefined =>
  "const" in schema ? [schema["const"]] : (schema["enum"] as ReadonlyArray<unknown> | undefined)

/** The types that a JSON Schema allows, as it may have one or a list of them. */
const typesOf = ({ type }: JsonSchema): ReadonlyArray<unknown> =>
  type === undefined ? [] : Array.isArray(type) ? type : [type]

/** Whether a JSON Schema allows only numbers, or null. An unspecific schema counts, because the compiler has checked it. */
const isNumeric = (schema: JsonSchema): boolean => {
  return (
    choices(schema)?.every(isNumeric) ??
    constants(schema)?.every((value) => typeof value === "number" || value === null) ??
    typesOf(schema).every((type) => type === "number" || type === "integer" || type === "null")
  )
}

const kinds: JsonSchema = {
  string: "a string",
  number: "a number",
  integer: "an integer",
  boolean: "a boolean",
  null: "null",
  array: "an array",
  object: "an object"
}
/** The values that a JSON Schema allows, in words, or undefined if it does not specify them. */
const kindOf = (schema: JsonSchema): string | undefined => {
  const said =
    choices(schema)?.map(kindOf) ??
    constants(schema)?.map((value) => JSON.stringify(value)) ??
    typesOf(schema).map((type) => kinds[String(type)] as string | undefined)
  return said.length === 0 || said.includes(undefined) ? undefined : said.join(" or ")
}
