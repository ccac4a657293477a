import * as Duration from "effect/Duration"
import type { Retention } from "../OutboxStore.ts"

/** Whole milliseconds, as the tables have them. */
export const millisOf = (duration: Duration.Input): number => Math.round(Duration.toMillis(duration))

/** A retention in milliseconds. */
export const retentionOf = ({ letters = "30 days", messages = "7 days" }: Retention = {}) => ({
  messages: millisOf(messages),
  letters: millisOf(letters)
})
