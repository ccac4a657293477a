import type * as Description from "@trackmap/core/Description"
import * as JsonSchema from "@trackmap/core/JsonSchema"
import { type Exported, fileNames, type Format, type Loss, type Subject, subjectsOf } from "@trackmap/core/PlanSupport"

/** A schema of a file, and the keys that it has. */
interface Part {
  readonly name: string
  readonly keys: ReadonlyArray<Description.Key>
  readonly schema: JsonSchema.JsonSchema
}

const ofEvent = (event: Description.Event): Part => ({
  name: event.name,
  keys: event.nodes.flatMap(({ keys }) => keys),
  schema: JsonSchema.ofEvent(event)
})

const lossesOf = ({ keys, name }: Part): ReadonlyArray<Loss> =>
  keys.flatMap(({ key, type }) => JsonSchema.losses(type).map((what) => ({ name, key, what })))

const comment = "Written by `trackmap export json-schema`: change the plan, not this file."

const draft = "https://json-schema.org/draft/2020-12/schema"

const textOf = ({ schema }: Part): string =>
  `${JSON.stringify({ $comment: comment, $schema: draft, ...schema }, null, 2)}\n`

const ofCall = ({ keys, name }: Subject): Part => ({
  name: `${name} call`,
  keys,
  schema: { title: name, ...JsonSchema.ofKeys(keys) }
})

export const jsonSchema = (plan: Description.Plan): Exported => {
  const calls = subjectsOf(plan).filter(({ kind }) => kind === "call")
  const parts = [...plan.events.map(ofEvent), ...calls.map(ofCall)]
  const names = fileNames(parts.map(({ name }) => name))
  return {
    files: new Map(parts.map((part) => [`${names.get(part.name)!}.json`, textOf(part)])),
    losses: parts.flatMap(lossesOf)
  }
}

export const format: Format = {
  name: "json-schema",
  description: "JSON Schema 2020-12: a file for each event",
  write: jsonSchema
}
