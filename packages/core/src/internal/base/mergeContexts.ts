/** The part of a message's context that its actor or its call gives. */
type Given = Readonly<Record<string, unknown>>

/**
 * The Segment Spec's objects ("Context") that each describe one thing, so that more can be said of it further in. A `campaign` and a `referrer` are
 * not here: their keys say how one visit came about, and those of two visits would be a third that never was.
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

/** Merges contexts: the inner one's keys win, and an object that the Segment Spec names gets the keys of both. Undefined says nothing. */
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

/** What is not undefined. */
const said = (given: Given): Given =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
