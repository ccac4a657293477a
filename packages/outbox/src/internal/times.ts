import * as Duration from "effect/Duration"
import type { Retention } from "../OutboxStore.ts"

/** The milliseconds of any value as a length of time. NaN if it is none: Effect takes NaN for zero. */
export const lengthOf = (given: unknown): number => {
  if (typeof given === "number") return given
  try {
    return Duration.toMillis(Duration.fromInputUnsafe(given as Duration.Input))
  } catch {
    return Number.NaN
  }
}

/** Whole milliseconds, as the tables have them. */
export const millisOf = (duration: Duration.Input): number => Math.round(Duration.toMillis(duration))

/** A retention in milliseconds. One without end is longer than any message is old. */
export const retentionOf = ({ letters = "30 days", messages = "7 days" }: Retention = {}) => ({
  messages: Math.min(millisOf(messages), Number.MAX_SAFE_INTEGER),
  letters: Math.min(millisOf(letters), Number.MAX_SAFE_INTEGER)
})
