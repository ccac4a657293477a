import { folded } from "./nearest.ts"

/**
 * Names that code without types passes with each call or request. A misspelt name is reported with the message, and refuses
 * nothing: it would be too late.
 */
export type Spellings = ReadonlyMap<string, string>

export const spellings = (...names: ReadonlyArray<string>): Spellings =>
  new Map(names.map((name) => [folded(name), name]))

/** The misspelt names of an object, as violations. If the correct name is present too, the other name means something else. */
export const misspelt = (given: unknown, known: Spellings): string | undefined => {
  if (given === undefined || given === null) return undefined
  if (typeof given !== "object") return `an object with ${[...known.values()].join(", ")}`
  const object = given as Readonly<Record<string, unknown>>
  for (const key of Object.keys(object)) {
    const name = known.get(folded(key))
    if (name === undefined || name === key || object[name] !== undefined || object[key] === undefined) continue
    return `${name} in place of ${key}`
  }
  return undefined
}

/** The misspelt names of an actor's options. */
export const Misspelt: unique symbol = Symbol.for("@trackmap/core/misspelt")
export interface MaybeMisspelt {
  readonly [Misspelt]?: string | undefined
}
