import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { refuse } from "./refuse.ts"

/** Checks a duration, and returns its milliseconds. `name` is the sink or the tracker of the option, `what` the option. */
export const millisOf = (name: string, what: string, given: Duration.Input): number => {
  const length = Option.map(Duration.fromInput(given), Duration.toMillis)
  return Option.isSome(length) && length.value >= 0 && !Number.isNaN(given)
    ? length.value
    : refuse(
        name,
        "BadLimit",
        `${what} must be a number of milliseconds from 0, or a string like "10 seconds", not ${String(given)}`
      )
}

/** Checks for a whole number from 1, or Infinity. */
export const wholeNumber = (name: string, what: string, value: number): number =>
  value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value > 0)
    ? value
    : refuse(name, "BadLimit", `${what} must be a whole number from 1, not ${value}`)

/** Checks for one of some words. */
export const oneOf = <A extends string>(name: string, what: string, words: ReadonlyArray<A>, given: A): A =>
  words.includes(given)
    ? given
    : refuse(
        name,
        "BadLimit",
        `${what} is ${words.map((word) => JSON.stringify(word)).join(" or ")}, not ${String(given)}`
      )
