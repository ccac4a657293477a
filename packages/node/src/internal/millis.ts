import { DefinitionError } from "@trackmap/core/DefinitionError"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

/** Quotes numbers, and describes other values by their kind, because somebody may pass a secret by mistake. */
const found = (given: unknown): string =>
  typeof given === "string"
    ? `a string of length ${given.length}`
    : typeof given === "number" || given === null
      ? String(given)
      : `a value of type ${typeof given}`

/** Checks a duration, and returns its milliseconds. */
export const millisOf = (option: string, given: Duration.Input, entity = "Tracking"): number => {
  const length = Option.map(Duration.fromInput(given), Duration.toMillis)
  if (Option.isSome(length) && length.value >= 0 && !Number.isNaN(given)) return length.value
  throw new DefinitionError({
    entity,
    reason: "BadLimit",
    paths: [option],
    detail: `${option} must be a number of milliseconds (0 or more), or a string like "10 seconds", not ${found(given)}`
  })
}
