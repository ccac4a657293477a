/**
 * A definition's knowledge of the JSON of a value: that it is personal, or not; that it is a record, or a list of records, whose keys
 * Trackmap has made; or nothing, since no definition has its key.
 */
export type Shape = "plain" | "personal" | "undeclared" | Keys

/** The keys of a record, or of each record of a list. */
export interface Keys {
  readonly keys: ReadonlyMap<string, Shape>
  /** The shape of every other key. */
  readonly others: Exclude<Shape, Keys>
  /** Whether anything inside is personal. */
  readonly personal: boolean
}

export const isKeys = (shape: Shape): shape is Keys => typeof shape === "object"

/** Whether a value is personal, or has personal values inside it. */
export const isPersonal = (shape: Shape): boolean => (isKeys(shape) ? shape.personal : shape === "personal")

/** The shape of a record with these keys, and with no others that are declared. */
export const record = (entries: Iterable<readonly [key: string, shape: Shape]>): Keys => {
  const keys = new Map(entries)
  return { keys, others: "undeclared", personal: [...keys.values()].some(isPersonal) }
}
