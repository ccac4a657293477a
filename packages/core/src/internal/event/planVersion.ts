import type { Json } from "effect/Schema"
import { sha256 } from "../base/sha256.ts"
import * as description from "./description.ts"
import type { PlanImpl, TrackedEventImpl } from "./model.ts"

/**
 * JSON that does not depend on the order of definitions: of keys, attributes, relations and events. The types in a tuple keep theirs. What events
 * share is written once, and kept in `known`.
 */
const canonical = (value: Json, known: Map<Json, string>, key = ""): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => canonical(item, known))
    return `[${(key === "items" ? items : items.sort()).join()}]`
  }
  const text = known.get(value) ?? record(value as { readonly [key: string]: Json }, known)
  known.set(value, text)
  return text
}

const record = (value: { readonly [key: string]: Json }, known: Map<Json, string>): string => {
  const entries = Object.keys(value)
    .sort()
    .filter((name) => value[name] !== undefined)
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name]!, known, name)}`)
  return `{${entries.join()}}`
}

const bytes = 8

const hashOf = (described: unknown): string => sha256(canonical(described as Json, new Map()), bytes)

/** A hash of the plan's description, made once. */
export const of = (plan: PlanImpl): string => (plan.memo.version ??= hashOf(description.ofPlan(plan)))

/** The same of one event, which changes of other events leave as it is. */
export const ofEvent = (event: TrackedEventImpl): string => (event.memo.version ??= hashOf(description.ofEvent(event)))
