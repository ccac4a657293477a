/** The part of a message's context that comes from its actor or its call. */
type Given = Readonly<Record<string, unknown>>

/**
 * The Segment Spec's objects ("Context") that each describe one thing, to which an inner context can add. Not `campaign` and `referrer`: their
 * keys describe one visit, and merging two visits would describe a third that never happened.
 */
const described: ReadonlySet<string> = new Set([
  "app",
  "device",
  "library",
  "location",
  "network",
  "os",
  "page",
  "screen",
  "traits"
])

const isObject = (value: unknown): value is Given =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Merges contexts: the inner context's keys win, and an object of the Segment Spec gets the keys of both. Undefined keys are ignored. */
export const mergeContexts = (outer: Given | undefined, inner: Given | undefined): Given | undefined => {
  if (inner === undefined || inner === null) return outer ?? undefined
  return outer === undefined || outer === null ? inner : merge(outer, inner)
}

const merge = (outer: Given, inner: Given): Given => {
  const merged: Record<string, unknown> = { ...outer }
  for (const [key, value] of Object.entries(inner)) {
    if (value === undefined) continue
    const known = outer[key]
    merged[key] = described.has(key) && isObject(known) && isObject(value) ? { ...known, ...said(value) } : value
  }
  return merged
}

/** The keys that are not undefined. */
const said = (given: Given): Given =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
