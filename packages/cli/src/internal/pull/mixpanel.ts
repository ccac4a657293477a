import type * as Description from "@trackmap/core/Description"
import { annotationsOf, keysOf, resolverOf } from "./keys.ts"
import {
  at,
  type Event,
  type File,
  isRecord,
  type Json,
  type Key,
  type NotTaken,
  present,
  type Source,
  textAt
} from "./model.ts"

/** The entries of a file: of a response of the Lexicon Schemas API, of a request's body, or bare. */
const entriesIn = (value: unknown): ReadonlyArray<unknown> | undefined => {
  if (Array.isArray(value)) return value
  if (!isRecord(value)) return undefined
  const entries = at(value, "entries") ?? at(value, "results")
  return Array.isArray(entries) ? entries : undefined
}

/** What Mixpanel's own metadata says. */
const metadataOf = (schema: Json): Json => {
  const metadata = at(schema, "metadata")
  const own = isRecord(metadata) ? at(metadata, "com.mixpanel") : undefined
  return isRecord(own) ? own : {}
}

/** The traits of the Segment Spec that have names of Mixpanel's own (Mixpanel, "Reserved Profile Properties"). */
const traitNames: ReadonlyMap<string, string> = new Map([
  ["$email", "email"],
  ["$phone", "phone"],
  ["$first_name", "firstName"],
  ["$last_name", "lastName"],
  ["$name", "name"],
  ["$avatar", "avatar"],
  ["$created", "createdAt"]
])

const textsAt = (value: Json, name: string): ReadonlyArray<string> | undefined => {
  const list = at(value, name)
  const found = Array.isArray(list) ? list.filter((one) => typeof one === "string" && one.trim() !== "") : []
  return found.length === 0 ? undefined : found
}

/** Who owns it: names and addresses, or as earlier exports have it, contacts. */
const ownerOf = (metadata: Json): string | undefined => {
  const owners = at(metadata, "owners")
  const named = (Array.isArray(owners) ? owners : []).flatMap((owner) =>
    isRecord(owner) ? (textAt(owner, "email") ?? textAt(owner, "name") ?? []) : []
  )
  const all = named.length > 0 ? named : (textsAt(metadata, "teamContacts") ?? textsAt(metadata, "contacts") ?? [])
  return all.length === 0 ? undefined : all.join(", ")
}

const noted = (schema: Json): Description.Annotations => {
  const metadata = metadataOf(schema)
  return present({ tags: textsAt(metadata, "tags"), owner: ownerOf(metadata) })
}

/** What the metadata say that a plan does not have. */
const lost = (schema: Json): ReadonlyArray<string> => {
  const metadata = metadataOf(schema)
  const name = textAt(metadata, "displayName")
  return [
    ...(name === undefined ? [] : [`the display name ${JSON.stringify(name)}`]),
    ...(at(metadata, "hidden") === true ? ["that it is hidden"] : []),
    ...(at(metadata, "dropped") === true ? ["that it is dropped"] : [])
  ]
}

/** A Lexicon of Mixpanel. The properties of profiles are the traits of `identify`. */
export const mixpanel = (files: ReadonlyArray<File>): Source | string => {
  const notTaken: Array<NotTaken> = []
  const events = new Map<string, Event>()
  const traits = new Map<string, Key>()
  let hasProfile = false
  for (const { name: file, value } of files) {
    const entries = entriesIn(value)
    if (entries === undefined) return file
    for (const [index, entry] of entries.entries()) {
      const schema = isRecord(entry) ? at(entry, "schemaJson") : undefined
      const type = isRecord(entry) ? at(entry, "entityType") : undefined
      const name = isRecord(entry) ? textAt(entry, "name") : undefined
      if (!isRecord(schema) || (type !== "profile" && (type !== "event" || name === undefined))) {
        const what =
          typeof type === "string"
            ? `entry ${index + 1}, of the type ${type}`
            : `entry ${index + 1}, which has no schemaJson`
        notTaken.push({ name: file, what })
        continue
      }
      const of = type === "profile" ? "identify" : name!
      for (const what of lost(schema)) notTaken.push({ name: of, what })
      const properties = at(schema, "properties")
      for (const [key, property] of isRecord(properties) ? Object.entries(properties) : []) {
        for (const what of isRecord(property) ? lost(property) : []) notTaken.push({ name: of, key, what })
      }
      const keys = keysOf(of, schema, resolverOf(schema), notTaken, noted)
      if (type === "profile") {
        hasProfile = true
        for (const one of keys) {
          const key = traitNames.get(one.key) ?? one.key
          traits.set(key, { ...one, key })
        }
      } else if (events.has(of)) notTaken.push({ name: of, what: "another entry of the event" })
      else events.set(of, { name: of, annotations: { ...annotationsOf(schema), ...noted(schema) }, keys })
    }
  }
  return {
    events: [...events.values()],
    calls: !hasProfile ? [] : [{ call: "identify", keys: [...traits.values()] }],
    notTaken
  }
}
