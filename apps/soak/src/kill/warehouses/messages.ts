/** The messages of a run, by round and number, so that every process can make them again. */
import { type Message, Plan, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"

const properties = { at: Schema.Int, note: Schema.String }

export const plan = Plan.make(TrackedEvent.make("paid", { properties }), TrackedEvent.make("shipped", { properties }))

/** Whether a message has a key that the plan does not have, and so a row in misfits, too. */
export const isOdd = (at: number): boolean => at % 10 === 0

export const message = (round: number, at: number): Message.Track => ({
  type: "track",
  event: at % 2 === 0 ? "paid" : "shipped",
  messageId: `${round}-${at}`,
  timestamp: new Date(1_767_225_600_000 + at).toISOString(),
  properties: { at, note: `it's "${at}"`, ...(isOdd(at) ? { unknown: at } : {}) }
})
