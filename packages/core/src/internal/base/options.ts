import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { describe } from "./fault.ts"
import { refuse } from "./refuse.ts"

/** A value that was given for an option: numbers as they are, anything else by its kind, since a secret may be in the wrong place. */
export const found = (given: unknown): string =>
  typeof given === "number" || given === undefined || given === null ? String(given) : describe(given)

const refused = (name: string, rule: string, given: unknown): never =>
  refuse(name, "BadLimit", `${rule}, not ${found(given)}`)

/** Checks that there are options: code without types can leave them out, or pass one option in their place. */
export const optionsOf = <Options>(name: string, given: Options): Options =>
  typeof given === "object" && given !== null
    ? given
    : refuse(name, "BadPath", `it takes an object with its options, not ${found(given)}`)

/** Checks a duration, and returns its milliseconds. `name` is the sink or the tracker of the option, `what` the option. */
export const millisOf = (name: string, what: string, given: Duration.Input): number => {
  const length = Option.map(fromInput(given), Duration.toMillis)
  return Option.isSome(length) && length.value >= 0 && !Number.isNaN(given)
    ? length.value
    : refused(name, `${what} must be a number of milliseconds from 0, or a string like "10 seconds"`, given)
}

/** Anything can come from code without types: what has no digits throws inside. */
const fromInput = (given: Duration.Input): Option.Option<Duration.Duration> => {
  try {
    return Duration.fromInput(given)
  } catch {
    return Option.none()
  }
}

/** Checks for a whole number from 1, or Infinity. */
export const wholeNumber = (name: string, what: string, value: number): number =>
  value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value > 0)
    ? value
    : refused(name, `${what} must be a whole number from 1`, value)

/** Checks for one of some words. */
export const oneOf = <A extends string>(name: string, what: string, words: ReadonlyArray<A>, given: A): A =>
  words.includes(given)
    ? given
    : refused(name, `${what} must be ${words.map((word) => JSON.stringify(word)).join(" or ")}`, given)
