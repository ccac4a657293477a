/**
 * The text of a JSON value with the keys of its objects in one order: databases such as Postgres (jsonb) return them in
 * their own order.
 */
export const canonical = (value: unknown): string => JSON.stringify(value, ordered)

const ordered = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value

/** Whether two JSON values are equal. */
export const sameJson = (a: unknown, b: unknown): boolean =>
  a === b || (typeof a === "object" && typeof b === "object" && canonical(a) === canonical(b))
