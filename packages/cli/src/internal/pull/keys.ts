/** The keys of an event or of a call, from the JSON Schema of its properties. */
import type * as Description from "@trackmap/core/Description"
import { at, isRecord, type Json, type Key, type NotTaken, present, textAt } from "./model.ts"
import { largest, type Reading, typeOf } from "./schema.ts"

const pointerOf = (reference: string): ReadonlyArray<string> | undefined => {
  try {
    return decodeURIComponent(reference)
      .split("/")
      .slice(1)
      .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
  } catch {
    return undefined
  }
}

/** What references of a document refer to: its own parts, and other documents by the names of their files. */
export const resolverOf = (root: unknown, others: ReadonlyMap<string, unknown> = new Map()): Reading["resolve"] => {
  const resolve: Reading["resolve"] = (reference) => {
    const [file = "", fragment = ""] = reference.split("#", 2)
    const document = file === "" ? root : others.get(file.replace(/^\.\//, ""))
    const path = pointerOf(fragment)
    if (document === undefined || path === undefined) return undefined
    let schema: unknown = document
    for (const part of path) {
      schema = Array.isArray(schema) ? schema[Number(part)] : isRecord(schema) ? at(schema, part) : undefined
    }
    return schema === undefined ? undefined : { schema, resolve: file === "" ? resolve : resolverOf(document, others) }
  }
  return resolve
}

const texts = (value: unknown): ReadonlyArray<string> | undefined => {
  const found = Array.isArray(value) ? value.filter((one) => typeof one === "string" && one.trim() !== "") : []
  return found.length === 0 ? undefined : found
}

/** What a schema says for people. */
export const annotationsOf = (schema: Json): Description.Annotations => {
  const examples = at(schema, "examples")
  return present({
    description: textAt(schema, "description"),
    deprecated: at(schema, "deprecated") === true ? {} : undefined,
    tags: texts(at(schema, "tags")),
    examples:
      Array.isArray(examples) && examples.length > 0 ? (examples as Description.Annotations["examples"]) : undefined
  })
}

/** The keys of an object's schema. */
export const keysOf = (
  name: string,
  schema: unknown,
  resolve: Reading["resolve"],
  notTaken: Array<NotTaken>,
  also: (schema: Json) => Description.Annotations = () => ({})
): ReadonlyArray<Key> => {
  if (!isRecord(schema)) return []
  const say = (key?: string) => {
    const said = new Set<string>()
    return (what: string) => {
      if (said.has(what)) return
      said.add(what)
      notTaken.push(key === undefined ? { name, what } : { name, key, what })
    }
  }
  const whole: Reading = { resolve, notTaken: say(), around: [], left: { count: largest } }
  const reference = at(schema, "$ref")
  if (typeof reference === "string") {
    const found = resolve(reference)
    if (
      found !== undefined &&
      found.schema !== schema &&
      isRecord(found.schema) &&
      !Object.hasOwn(found.schema, "$ref")
    ) {
      return keysOf(name, found.schema, found.resolve, notTaken, also)
    }
    whole.notTaken(`the reference ${JSON.stringify(reference)}`)
    return []
  }
  const properties = new Map<string, unknown>()
  const required = new Set<unknown>()
  const parts = [schema, ...(Array.isArray(at(schema, "allOf")) ? (at(schema, "allOf") as ReadonlyArray<unknown>) : [])]
  for (const given of parts) {
    if (!isRecord(given)) continue
    const found = typeof given["$ref"] === "string" ? resolve(given["$ref"])?.schema : given
    const part = isRecord(found) ? found : {}
    if (found !== given && found === undefined)
      whole.notTaken(`the reference ${JSON.stringify(given["$ref"])}, which names no schema`)
    const own = at(part, "properties")
    if (isRecord(own)) for (const [key, value] of Object.entries(own)) properties.set(key, value)
    const names = at(part, "required")
    if (Array.isArray(names)) for (const one of names) required.add(one)
    if (at(part, "additionalProperties") === false) whole.notTaken("that it has no other properties")
    for (const keyword of Object.keys(part)) {
      if (!plain.has(keyword)) whole.notTaken(`the keyword ${keyword}`)
    }
  }
  return Array.from(properties, ([key, value]): Key => {
    const reading: Reading = { resolve, notTaken: say(key), around: [], left: { count: largest } }
    const found = isRecord(value) ? value : {}
    return {
      key,
      type: typeOf(value, reading),
      optional: !required.has(key),
      personal: false,
      annotations: { ...annotationsOf(found), ...also(found) }
    }
  })
}

/** What is read of an object's schema, or says nothing of its keys. */
const plain = new Set(
  "$schema $id id $comment $defs definitions $ref title description examples deprecated tags labels type properties required additionalProperties allOf metadata".split(
    " "
  )
)
