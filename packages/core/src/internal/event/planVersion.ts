import type { Json } from "effect/Schema"
import { sha256 } from "../base/sha256.ts"
import * as description from "./description.ts"
import type { PlanImpl } from "./model.ts"

/** JSON that does not depend on the order of definitions: of keys, attributes, relations and events. The types in a tuple keep theirs. */
const canonical = (value: Json, key = ""): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => canonical(item))
    return `[${(key === "items" ? items : items.sort()).join()}]`
  }
  const record = value as { readonly [key: string]: Json }
  const entries = Object.keys(record)
    .sort()
    .filter((name) => record[name] !== undefined)
    .map((name) => `${JSON.stringify(name)}:${canonical(record[name]!, name)}`)
  return `{${entries.join()}}`
}

const length = 16

/** A hash of the plan's description, made once. */
export const of = (plan: PlanImpl): string =>
  (plan.memo.version ??= sha256(canonical(description.ofPlan(plan) as unknown as Json)).slice(0, length))
