import type { Json } from "effect/Schema"
import { Annotations, type Plan } from "../../Description.ts"
import { sha256 } from "../base/sha256.ts"
import * as description from "./description.ts"
import type { PlanImpl, TrackedEventImpl } from "./model.ts"

interface Writing {
  readonly known: Map<Json, string>
  /** The names of fields that are left out. */
  readonly without: ReadonlySet<string>
}

/**
 * JSON that does not depend on the order of definitions: of keys, attributes, relations and events. The types in a tuple keep theirs. What events
 * share is written once, and kept in `known`.
 */
const canonical = (value: Json, writing: Writing, key = ""): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => canonical(item, writing))
    return `[${(key === "items" ? items : items.sort()).join()}]`
  }
  const text = writing.known.get(value) ?? record(value as { readonly [key: string]: Json }, writing)
  writing.known.set(value, text)
  return text
}

const record = (value: { readonly [key: string]: Json }, writing: Writing): string => {
  const { without } = writing
  const entries = Object.keys(value)
    .sort()
    .filter((name) => value[name] !== undefined && !without.has(name))
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name]!, writing, name)}`)
  return `{${entries.join()}}`
}

const bytes = 8

const hashOf = (described: unknown, without: ReadonlySet<string> = new Set()): string =>
  sha256(canonical(described as Json, { known: new Map(), without }), bytes)

const annotated: ReadonlySet<string> = new Set(Object.keys(Annotations.fields))

/** A hash of a plan's description. */
export const ofDescription = (described: Plan): string => hashOf(described)

/** The same, made once. */
export const of = (plan: PlanImpl): string => (plan.memo.version ??= ofDescription(description.ofPlan(plan)))

/** A hash of what an event's messages have. Changes of other events, and annotations, leave it as it is. */
export const ofEvent = (event: TrackedEventImpl): string =>
  (event.memo.version ??= hashOf(description.ofEvent(event), annotated))
