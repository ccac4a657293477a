import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { describe } from "./fault.ts"
import { nearest } from "./nearest.ts"
import { refuse } from "./refuse.ts"
import { quoted } from "./visibleName.ts"

/**
 * The description of an option's value: quotes numbers, and gives only the kind of other values, because somebody may
 * pass a secret by mistake.
 */
export const found = (given: unknown): string =>
  typeof given === "number" || given === undefined || given === null ? String(given) : describe(given)

const refused = (name: string, rule: string, given: unknown): never =>
  refuse(name, "BadLimit", `${rule}, not ${found(given)}`)

/** The names of options. */
export type Names<Options> = { readonly [Name in keyof Options]-?: true }

/**
 * Checks that there are options, and that no name is a misspelt one of theirs: code without types can leave them out, pass one option in their
 * place, or misspell one. Other names can be the caller's own: a function that is built on this one may pass its options on. An option that is
 * undefined is none.
 */
export const optionsOf = <Options extends object>(name: string, given: Options, names: Names<Options>): Options => {
  for (const key of othersIn(name, given, names)) {
    if (nearest(key, Object.keys(names)) !== undefined) unknownOption(name, key, names)
  }
  return given
}

/** The same for a function that nothing is built on: no other name has a meaning there. */
export const exactOptionsOf = <Options extends object>(
  name: string,
  given: Options,
  names: Names<Options>
): Options => {
  for (const key of othersIn(name, given, names)) unknownOption(name, key, names)
  return given
}

const othersIn = (name: string, given: object, names: object): ReadonlyArray<string> => {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return refuse(name, "BadPath", `it takes an object with its options, not ${found(given)}`)
  }
  return Object.keys(given).filter((key) => !Object.hasOwn(names, key) && given[key as never] !== undefined)
}

const unknownOption = (name: string, key: string, names: object): never => {
  const known = Object.keys(names)
  const meant = nearest(key, known)
  const remedy = meant === undefined ? `use one of ${known.join(", ")}, or leave it out` : `did you mean ${meant}?`
  return refuse(name, "BadName", `it has no option ${quoted(key)}: ${remedy}`, [key])
}

/** Checks for a function. */
export const functionOf = <F>(name: string, what: string, given: F): F =>
  typeof given === "function" ? given : refuse(name, "BadPath", `${what} must be a function, not ${found(given)}`)

/** Checks a duration, and returns its milliseconds. `name` is the sink or the tracker of the option, `what` the option. */
export const millisOf = (name: string, what: string, given: Duration.Input): number => {
  const length = Option.map(fromInput(given), Duration.toMillis)
  return Option.isSome(length) && length.value >= 0 && !Number.isNaN(given)
    ? length.value
    : refused(name, `${what} must be a number of milliseconds (0 or more), or a string like "10 seconds"`, given)
}

/** Code without types can pass anything: a string without digits throws inside. */
const fromInput = (given: Duration.Input): Option.Option<Duration.Duration> => {
  try {
    return Duration.fromInput(given)
  } catch {
    return Option.none()
  }
}

/** Checks for a whole number of at least 1, or Infinity. */
export const wholeNumber = (name: string, what: string, value: number): number =>
  value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value > 0)
    ? value
    : refused(name, `${what} must be a whole number of at least 1`, value)

/** Checks for one of some words. */
export const oneOf = <A extends string>(name: string, what: string, words: ReadonlyArray<A>, given: A): A =>
  words.includes(given)
    ? given
    : refused(name, `${what} must be ${words.map((word) => JSON.stringify(word)).join(" or ")}`, given)
