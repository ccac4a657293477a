/** The module of a plan, from what a source has. */
import type * as Description from "@trackmap/core/Description"
import { call, type Code, constant, entries, imported, list, modulesOf, name, text, method } from "./code.ts"
import { type Composed, type Entity, entitiesOf } from "./entities.ts"
import { exampleOf } from "./examples.ts"
import type { Event, Key, NotTaken, Source } from "./model.ts"
import { identifiers, isKey, keyNear, rowName } from "./names.ts"
import { schemaOf } from "./types.ts"

/** A module, and what of the source it does not have as it was. */
export interface Module {
  readonly code: string
  readonly events: number
  readonly entities: number
  readonly notTaken: ReadonlyArray<NotTaken>
}

type Say = (what: string) => void

const notes = (
  { deprecated, description, examples = [], owner, tags }: Description.Annotations,
  exampleCode: (value: unknown) => Code | undefined,
  notTaken: Say
): ReadonlyArray<readonly [string, Code]> => {
  const taken = examples.flatMap((example) => exampleCode(example) ?? [])
  if (taken.length < examples.length) notTaken("examples that its schema does not accept, or that code cannot have")
  return [
    ...(description === undefined ? [] : [["description", text(description)] as const]),
    ...(owner === undefined ? [] : [["owner", text(owner)] as const]),
    ...(tags === undefined ? [] : [["tags", list(tags.map(text))] as const]),
    ...(deprecated === undefined ? [] : [["deprecated", name("true")] as const]),
    ...(taken.length === 0 ? [] : [["examples", list(taken)] as const])
  ]
}

const fieldOf = ({ annotations, key, optional, personal, type }: Key, notTaken: Say): readonly [string, Code] => {
  const base = schemaOf(type)
  const marked = personal ? call("Pii.personal", base) : base
  const field = optional ? call("Schema.optional", marked) : marked
  const said = notes(annotations, (value) => exampleOf(value, type), notTaken)
  return [key, said.length === 0 ? field : call("Attribute.annotate", field, entries(said))]
}

/** Keys as a plan can have them: others get a name that is near theirs. */
const named = (
  of: string,
  keys: ReadonlyArray<Key>,
  notTaken: Array<NotTaken>,
  all: ReadonlyArray<Key> = keys
): ReadonlyArray<Key> => {
  const taken = new Set(all.map(({ key }) => key))
  return keys.map((one) => {
    if (isKey(one.key)) return one
    const key = keyNear(one.key, taken)
    taken.add(key)
    notTaken.push({
      name: of,
      key: one.key,
      what: `its name: the key is ${key}, and EventSink.rename writes another name for a destination`
    })
    return { ...one, key }
  })
}

/** Control characters, and those that break a line or change the direction of a text. */
const unseen = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u

/** Event names are visible, and not too long. */
const isEventName = (name: string): boolean => name.trim() !== "" && name.length <= 255 && !unseen.test(name)

const takeable = (events: ReadonlyArray<Event>, notTaken: Array<NotTaken>): ReadonlyArray<Event> =>
  events.filter(({ name }) => {
    if (isEventName(name)) return true
    notTaken.push({ name, what: "the event, whose name is empty, too long, or has characters that are not shown" })
    return false
  })

type Statement = readonly [identifier: string, code: Code]

/** The names of the constants, and what is not taken. */
interface Writing {
  readonly identifier: (name: string, fallback: string) => string
  readonly notTaken: Array<NotTaken>
}

const fieldsOf = (of: string, keys: ReadonlyArray<Key>, { notTaken }: Writing): Code =>
  entries(
    keys.map((key) => fieldOf(key, (what) => void notTaken.push({ name: of, key: key.key, what }))),
    true
  )

const entityOf = ({ attributes, key, name: of }: Entity, writing: Writing): Statement => {
  const options = [["key", text(key)] as const, ["attributes", fieldsOf(of, attributes, writing)] as const]
  return [writing.identifier(of, "Entity"), call("Entity.make", text(of), entries(options, true))]
}

/** Entities by the names that calls pass their rows under. */
const rowsOf = (of: ReadonlyArray<Entity>, identifiers: ReadonlyMap<string, string>): Code => {
  const taken = new Set<string>()
  return entries(
    of.map((entity) => {
      const near = rowName(entity.name)
      let found = near
      for (let count = 2; taken.has(found); count++) found = `${near}${count}`
      taken.add(found)
      return [found, name(identifiers.get(entity.name)!)]
    })
  )
}

const eventOf = (
  { entities, event, properties }: Composed,
  identifiers: ReadonlyMap<string, string>,
  writing: Writing
): Statement => {
  const parts: Array<readonly [string, Code]> = []
  if (entities.length > 0) parts.push(["entities", rowsOf(entities, identifiers)])
  if (properties.length > 0) {
    const keys = named(event.name, properties, writing.notTaken, event.keys)
    parts.push(["properties", fieldsOf(event.name, keys, writing)])
  }
  const made = call("TrackedEvent.make", text(event.name), ...(parts.length === 0 ? [] : [entries(parts, true)]))
  const said = notes(
    event.annotations,
    (value) => exampleOf(value, { _tag: "Json" }),
    (what) => void writing.notTaken.push({ name: event.name, what })
  )
  const code = said.length === 0 ? made : method(made, "pipe", call("TrackedEvent.annotate", entries(said)))
  return [writing.identifier(event.name, "Event"), code]
}

const planOf = (events: ReadonlyArray<Statement>, source: Source, writing: Writing): Code => {
  const plan = call("Plan.make", ...events.map(([identifier]) => name(identifier)))
  if (source.calls.length === 0) return plan
  const calls = source.calls.map(
    ({ call: of, keys }) => [of, fieldsOf(of, named(of, keys, writing.notTaken), writing)] as const
  )
  return method(plan, "pipe", call("Plan.calls", entries(calls, true)))
}

/** The package that a module imports from. That for promises has what it needs of core. */
export type Library = "@trackmap/core" | "@trackmap/node"

/** The module of a source. */
export const write = (source: Source, library: Library): Module => {
  const writing: Writing = { identifier: identifiers(), notTaken: [...source.notTaken] }
  const { apart, entities, events } = entitiesOf(takeable(source.events, writing.notTaken))
  for (const { entity, event } of apart) {
    const what = `that its keys ${entity}_… are of the entity ${entity}: they differ from those of other events`
    writing.notTaken.push({ name: event, what })
  }
  const entityStatements = entities.map((entity) => entityOf(entity, writing))
  const byName = new Map(entities.map(({ name }, at) => [name, entityStatements[at]![0]]))
  const eventStatements = events.map((event) => eventOf(event, byName, writing))
  const plan: Statement = ["plan", planOf(eventStatements, source, writing)]
  const statements = [...entityStatements, ...eventStatements, plan]
  const used = modulesOf(statements.map(([, code]) => code))
  const modules = ["Attribute", "Entity", "Pii", "Plan", "TrackedEvent"].filter((module) => used.has(module))
  const effect = used.has("Schema") ? 'import * as Schema from "effect/Schema";\n' : ""
  const body = statements.map(([identifier, code]) => constant(identifier, code)).join("\n")
  return {
    code: `${imported(modules, library)}${effect}\n${body}`,
    events: events.length,
    entities: entities.length,
    notTaken: writing.notTaken
  }
}
