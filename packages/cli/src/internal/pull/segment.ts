import { annotationsOf, keysOf, resolverOf } from "./keys.ts"
import {
  at,
  type Call,
  type CallName,
  type Event,
  type File,
  isRecord,
  type Json,
  type Key,
  type NotTaken,
  type Source,
  textAt
} from "./model.ts"

interface Rule {
  readonly type: string
  readonly key: string | undefined
  readonly version: number
  readonly schema: Json
}

const ruleOf = (value: unknown): Rule | undefined => {
  if (!isRecord(value)) return undefined
  const type = at(value, "type")
  const schema = at(value, "jsonSchema")
  if (typeof type !== "string" || !isRecord(schema)) return undefined
  const version = at(value, "version")
  return {
    type: type.toUpperCase(),
    key: textAt(value, "key"),
    version: typeof version === "number" ? version : 1,
    schema
  }
}

/** Rules of the Config API, which came before the Public API: `{ events: [{ name, description, rules }], identify, … }`. */
const olderRules = (rules: Json): ReadonlyArray<Rule> => {
  const events = at(rules, "events")
  const ofEvents = (Array.isArray(events) ? events : []).flatMap((event): ReadonlyArray<Rule> => {
    const schema = isRecord(event) ? at(event, "rules") : undefined
    if (!isRecord(event) || !isRecord(schema)) return []
    const description = textAt(event, "description")
    return [
      {
        type: "TRACK",
        key: textAt(event, "name"),
        version: 1,
        schema: { ...(description !== undefined && { description }), ...schema }
      }
    ]
  })
  const ofCalls = ["identify", "group", "page", "screen"].flatMap((call): ReadonlyArray<Rule> => {
    const schema = at(rules, call)
    return isRecord(schema) ? [{ type: call.toUpperCase(), key: undefined, version: 1, schema }] : []
  })
  return [...ofEvents, ...ofCalls]
}

/** The rules of a file: of a response of the Public API, of a request's body, of Typewriter's `plan.json`, or bare. */
const rulesIn = (value: unknown): ReadonlyArray<Rule | undefined> | undefined => {
  if (Array.isArray(value)) return value.map(ruleOf)
  if (!isRecord(value)) return undefined
  const rules = at(value, "rules")
  if (Array.isArray(rules)) return rules.map(ruleOf)
  if (isRecord(rules)) return olderRules(rules)
  const inner = at(value, "data") ?? at(value, "trackingPlan")
  return inner === undefined ? undefined : rulesIn(inner)
}

const calls: Readonly<Record<string, CallName>> = {
  IDENTIFY: "identify",
  GROUP: "group",
  PAGE: "page",
  SCREEN: "screen"
}

/** What a rule says of other parts of a message. */
const silent: ReadonlySet<string> = new Set(["properties", "traits"])

/** A plan of Segment Protocols. Its rules are schemas of whole messages, of which the properties or the traits are taken. */
export const segment = (files: ReadonlyArray<File>): Source | string => {
  const notTaken: Array<NotTaken> = []
  const events = new Map<string, { readonly version: number; readonly event: Event }>()
  const declared = new Map<CallName, ReadonlyArray<Key>>()
  for (const { name: file, value } of files) {
    const rules = rulesIn(value)
    if (rules === undefined) return file
    for (const [index, rule] of rules.entries()) {
      if (rule === undefined) {
        notTaken.push({ name: file, what: `rule ${index + 1}, which has no type or no jsonSchema` })
        continue
      }
      const { key, schema, type, version } = rule
      const call = calls[type]
      if (call === undefined && (type !== "TRACK" || key === undefined)) {
        notTaken.push({
          name: file,
          what: type === "COMMON" ? "the rule for all events (COMMON)" : `rule ${index + 1}, of the type ${type}`
        })
        continue
      }
      const name = call ?? key!
      const part = call === "identify" || call === "group" ? "traits" : "properties"
      const parts = at(schema, "properties")
      const inner = isRecord(parts) ? at(parts, part) : undefined
      for (const [other, said] of isRecord(parts) ? Object.entries(parts) : []) {
        if (!silent.has(other) && isRecord(said) && Object.keys(said).some((keyword) => keyword !== "type"))
          notTaken.push({ name, what: `what it says of ${other}` })
      }
      const keys = keysOf(name, inner, resolverOf(schema), notTaken)
      if (call !== undefined) {
        if (declared.has(call)) notTaken.push({ name, what: "another rule of the call" })
        else declared.set(call, keys)
        continue
      }
      const known = events.get(name)
      if (known !== undefined) notTaken.push({ name, what: `its version ${Math.min(version, known.version)}` })
      if (known !== undefined && known.version >= version) continue
      events.set(name, {
        version,
        event: { name, annotations: annotationsOf({ ...schema, examples: undefined }), keys }
      })
    }
  }
  return {
    events: Array.from(events.values(), ({ event }) => event),
    calls: Array.from(declared, ([call, keys]): Call => ({ call, keys })),
    notTaken
  }
}
