import type { Message } from "@trackmap/core"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"

/** The opening hours. */
export const opens = 8
export const closes = 18

/** The real duration of an hour. A busy machine takes longer. */
export const hour = Duration.millis(500)

/** The hours that have begun, with their real times. */
export const Begun = Context.Reference<Array<{ readonly hour: number; readonly at: number }>>("demo/day/Begun", {
  defaultValue: () => []
})

const [anHour, aDay] = [3_600_000, 86_400_000]

/** Gives messages the times of yesterday, in UTC, for the hours that have begun. */
export const yesterday =
  (begun: ReadonlyArray<{ readonly hour: number; readonly at: number }>, today: number) =>
  (message: Message.Message): Message.Message => {
    const at = Date.parse(message.timestamp)
    const start = begun.findLast((one) => one.at <= at) ?? { hour: opens, at }
    const within = ((at - start.at) / Duration.toMillis(hour)) * anHour
    const midnight = Math.floor(today / aDay) * aDay - aDay
    const time = midnight + start.hour * anHour + Math.min(Math.floor(within), anHour - 1)
    return { ...message, timestamp: new Date(time).toISOString() }
  }
