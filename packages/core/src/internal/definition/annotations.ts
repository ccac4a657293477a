/** The annotations of a part of the plan, as they are given, and as schemas have them. */
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import type { Annotations, Deprecation } from "../../Annotations.ts"
import type * as Description from "../../Description.ts"
import { absent, type Codec, isOptionAst, make as makeCodec, ownOf } from "../base/codec.ts"
import { checkedJsonCopy } from "../base/jsonCopy.ts"
import { exactOptionsOf, found, type Names } from "../base/options.ts"
import { refuse } from "../base/refuse.ts"

const names: Names<Annotations> = {
  description: true,
  owner: true,
  tags: true,
  since: true,
  deprecated: true,
  allow: true,
  examples: true
}
const deprecationNames: Names<Deprecation> = { reason: true, replacedBy: true }

/** Without the keys that are undefined. */
const present = <A extends object>(values: A): { [K in keyof A]?: Exclude<A[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never

const textOf = (part: string, what: string, given: unknown): string =>
  typeof given === "string" && given.trim() !== ""
    ? given
    : refuse(part, "BadPath", `${what} must be a string with text, not ${found(given)}`, [part])

const optionalText = (part: string, what: string, given: unknown): string | undefined =>
  given === undefined ? undefined : textOf(part, what, given)

const listOf = (part: string, what: string, given: unknown): ReadonlyArray<unknown> | undefined =>
  given === undefined || Array.isArray(given)
    ? given
    : refuse(part, "BadPath", `${what} must be an array, not ${found(given)}`, [part])

const deprecationOf = (part: string, given: unknown): Description.Annotations["deprecated"] => {
  if (given === undefined || given === false) return undefined
  if (given === true) return {}
  if (typeof given !== "object" || given === null) {
    const detail = `deprecated must be true, or { reason, replacedBy }, not ${found(given)}`
    return refuse(part, "BadPath", detail, [part])
  }
  const { reason, replacedBy } = exactOptionsOf<Deprecation>(part, given, deprecationNames)
  return present({
    reason: optionalText(part, "deprecated.reason", reason),
    replacedBy: optionalText(part, "deprecated.replacedBy", replacedBy)
  })
}

const allowOf = (part: string, given: unknown): Description.Annotations["allow"] => {
  if (given === undefined) return undefined
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return refuse(part, "BadPath", `allow must be reasons by the names of rules, not ${found(given)}`, [part])
  }
  return Object.fromEntries(
    Object.entries(given).map(([rule, reason]) => [rule, textOf(part, `the reason of allow.${rule}`, reason)])
  )
}

/** Checks annotations, except for the values of examples. */
const checked = (part: string, given: Annotations<unknown>) => {
  const { allow, deprecated, description, examples, owner, since, tags } = exactOptionsOf(part, given, names)
  return {
    description: optionalText(part, "description", description),
    owner: optionalText(part, "owner", owner),
    tags: listOf(part, "tags", tags)?.map((tag) => textOf(part, "a tag", tag)),
    since: optionalText(part, "since", since),
    deprecated: deprecationOf(part, deprecated),
    allow: allowOf(part, allow),
    examples: listOf(part, "examples", examples)
  }
}

const copyOf = (part: string, example: unknown): Schema.Json => {
  const notJson = (why: string): never => refuse(part, "NotJson", `an example is not JSON: ${why}`, [part])
  try {
    return checkedJsonCopy(example, (value) => notJson(`it has ${found(value)}`))
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    return notJson("it contains itself, or is too deep")
  }
}

/** The annotations of a part, added to those that it has. */
export const add = (part: string, to: Description.Annotations, given: Annotations): Description.Annotations => {
  const { examples, ...others } = checked(part, given)
  const copies = examples?.map((example) => copyOf(part, example))
  return { ...to, ...present({ ...others, examples: copies }) }
}

// -----------------------------------------------------------------------------
// schemas
// -----------------------------------------------------------------------------

const own = "@trackmap/core/Annotations"

/** The annotations of an Effect schema for those of an attribute. Effect has a description and examples itself. */
export const ofAttribute = (given: Annotations<unknown>): Record<string, unknown> => {
  const { description, examples, ...others } = checked("Attribute.annotate", given)
  return present({ description, examples, [own]: present(others) })
}

type Keywords = Readonly<Record<string, unknown>>
interface Said {
  readonly keywords: Keywords
  /** The schema that its examples are values of. Those of another library's JSON Schema are JSON. */
  readonly of: SchemaAST.AST | "JSON"
}

/** The one schema that is made optional or nullable by another. */
const innerOf = (ast: SchemaAST.AST): SchemaAST.AST | undefined => {
  if (isOptionAst(ast)) return ast.typeParameters[0]
  if (ast._tag !== "Union") return undefined
  const [one, ...others] = ast.types.filter(({ _tag }) => _tag !== "Null" && _tag !== "Undefined" && _tag !== "Void")
  return others.length === 0 ? one : undefined
}

/** What a schema says of itself, and what it is made of: what is said last comes first. */
const saidBy = (ast: SchemaAST.AST): ReadonlyArray<Said> => {
  const { annotations, checks = [], context } = ast
  const all = [context?.annotations, ...checks.map((check) => check.annotations).toReversed(), annotations]
  const owned = ownOf(ast)
  const library = owned !== undefined && "codec" in owned ? owned.codec.jsonSchema : undefined
  const inner = innerOf(ast)
  return [
    ...all.filter((keywords) => keywords !== undefined).map((keywords) => ({ keywords, of: ast })),
    ...(library === undefined ? [] : [{ keywords: library, of: "JSON" as const }]),
    ...(inner === undefined ? [] : saidBy(inner))
  ]
}

const encode = ({ encode }: Codec, example: unknown): unknown => {
  try {
    return encode(example)
  } catch {
    return absent
  }
}

/** The examples of a schema as JSON; `absent` for one that the schema does not accept. */
export const examplesOf = ({ ast }: Schema.Constraint, codec: Codec): ReadonlyArray<unknown> | undefined => {
  const said = saidBy(ast).find(({ keywords }) => Array.isArray(keywords["examples"]))
  if (said === undefined) return undefined
  const examples = said.keywords["examples"] as ReadonlyArray<unknown>
  if (said.of === "JSON") return examples
  const own = said.of === ast ? codec : makeCodec(Schema.make(said.of))
  return examples.map((example) => encode(own, example))
}

const made = new WeakMap<SchemaAST.AST, Description.Annotations>()

const make = (schema: Schema.Constraint, codec: Codec): Description.Annotations => {
  const said = saidBy(schema.ast)
  const text = said.map(({ keywords }) => keywords["description"]).find((value) => typeof value === "string")
  const others = said.map(({ keywords }) => keywords[own]).find((value) => value !== undefined)
  const deprecated = said.some(({ keywords, of }) => of === "JSON" && keywords["deprecated"] === true) ? {} : undefined
  const examples = examplesOf(schema, codec) as Description.Annotations["examples"]
  return { ...present({ deprecated }), ...(others as object | undefined), ...present({ description: text, examples }) }
}

/** The annotations of an attribute. */
export const of = (schema: Schema.Constraint, codec: Codec): Description.Annotations => {
  const known = made.get(schema.ast) ?? make(schema, codec)
  made.set(schema.ast, known)
  return known
}
