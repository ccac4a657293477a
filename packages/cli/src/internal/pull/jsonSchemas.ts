import { annotationsOf, keysOf, resolverOf } from "./keys.ts"
import {
  at,
  type Call,
  callNames,
  type Event,
  type File,
  isRecord,
  type Json,
  type NotTaken,
  type Source,
  textAt
} from "./model.ts"

const extension = /(?:\.schema)?\.json$/i

const isOwn = (schema: Json): boolean =>
  at(schema, "$comment") === "Written by `trackmap export json-schema`: change the plan, not this file."

/** The call whose file it is: the export writes `identify-call.json`. */
const callOf = ({ name }: File, schema: Json): Call["call"] | undefined =>
  isOwn(schema) ? callNames.find((call) => at(schema, "title") === call && name.includes(`${call}-call`)) : undefined

/** Whether a schema is of an object. */
const isOfObject = (schema: Json): boolean =>
  ["object", undefined].includes(at(schema, "type") as string) &&
  ["properties", "allOf", "$ref", "type"].some((keyword) => Object.hasOwn(schema, keyword))

/** A schema for each event, named by its title, or by its file. */
export const jsonSchemas = (files: ReadonlyArray<File>): Source => {
  const notTaken: Array<NotTaken> = []
  const events = new Map<string, Event>()
  const calls: Array<Call> = []
  const byFile = new Map(files.map(({ name, value }) => [name, value]))
  for (const file of files) {
    const { name: fileName, value } = file
    if (!isRecord(value) || !isOfObject(value)) {
      notTaken.push({ name: fileName, what: "the file, which has no schema of an object" })
      continue
    }
    const call = callOf(file, value)
    const name = call ?? textAt(value, "title") ?? fileName.replace(extension, "")
    const keys = keysOf(name, value, resolverOf(value, byFile), notTaken)
    if (call !== undefined) calls.push({ call, keys })
    else if (events.has(name))
      notTaken.push({ name: fileName, what: `the file, since another has the event ${JSON.stringify(name)}` })
    else events.set(name, { name, annotations: annotationsOf(value), keys })
  }
  return { events: [...events.values()], calls, notTaken }
}
