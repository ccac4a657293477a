import type { Call } from "../history.ts"
import type { SinkSetup } from "../program.ts"
import {
  closed,
  full,
  givenAt,
  hasReturned,
  isNoRoom,
  reasonOf,
  withdrawn,
  type Published,
  type View
} from "../view.ts"
import { isBefore, isPrompt, isTooLate, say, takesTime, type Laws } from "./common.ts"

/** How long things take, and what waits for what. */
export const laws: Laws = {
  *"what is taken and has no receipt is bounded"(view) {
    const { calls, close, program } = view.history
    for (const sink of program.sinks) {
      const bound = view.capacity(sink)
      const changes: Array<readonly [turn: number, by: number]> = []
      for (const call of calls) {
        // The close lets those go on who wait for room.
        if (!hasReturned(call) || call.ended!.turn > close.began.turn) continue
        if (program.tracker.hold > 0 && view.lacks(call, sink)) continue
        // Who awaits a receipt goes on before it is published.
        if (call.step.awaited) continue
        const receipt = view.receiptOf(call.messageId!, sink.name)
        if (receipt === undefined || receipt.turn < call.ended!.turn) continue
        changes.push([call.ended!.turn, 1], [receipt.turn, -1])
      }
      let count = 0
      for (const [, by] of changes.sort(([a], [b]) => a - b)) {
        if ((count += by) > bound) yield `${sink.name} keeps ${count} messages, of ${bound}`
      }
    }
  },

  *"a healthy sink is not held up"(view) {
    const { calls, jumps, program } = view.history
    for (const sink of program.sinks) {
      const latency = latencyOf(sink)
      if (latency === undefined) continue
      const most = sink.age * (1 + jumps) + (calls.length + 1) * latency
      for (const [id, call] of view.calls) {
        const published = view.receiptOf(id, sink.name)
        if (published === undefined || view.lacks(call, sink)) continue
        const by = givenAt(view.history, call) + most
        const { at } = published
        const closing = view.deadline <= by
        const isLate = published.receipt.outcome._tag === "Delivered" && at > by
        if (isLate || (!closing && !isFair(view, sink, call, published))) {
          yield `message ${call.number} in ${sink.name} at ${at} ms, not by ${by}: ${say(published.receipt.outcome)}`
        }
      }
    }
  },

  *"track does not fail"({ history }) {
    for (const { died, failure, number, step } of history.calls) {
      if (failure === undefined) continue
      const relation = step.what._tag === "strict" ? step.what.relation : undefined
      // Closing gives up on what has not answered.
      if (relation !== undefined && !died && failure.includes("before the tracker closed")) continue
      if (relation === "fails" ? died : relation !== "dies") yield `message ${number}: ${failure}`
    }
  },

  *"track waits only where it is told to"(view) {
    const { calls, program } = view.history
    if (program.sinks.some((sink) => view.whenFull(sink) === "wait")) return
    for (const call of calls) {
      if (hasReturned(call) && call.ended!.at > givenAt(view.history, call)) yield `message ${call.number} waited`
    }
  },

  *"nobody waits for room longer than is allowed, nor once the tracker closes"(view) {
    const { calls, close, program } = view.history
    const waits = program.sinks.filter((sink) => view.whenFull(sink) === "wait")
    if (waits.length === 0) return
    const most = Math.max(...waits.map((sink) => view.waitWithin(sink)))
    for (const call of calls) {
      if (!hasReturned(call)) continue
      const given = givenAt(view.history, call)
      const by = Math.min(given + most, Math.max(given, close.began.at))
      if (call.ended!.at > by) yield `message ${call.number} waited until ${call.ended!.at} ms, not ${by}`
    }
  },

  *"a message is dropped for want of room only where its caller has waited long enough, or too many wait"(view) {
    const { history } = view
    for (const { at, receipt } of history.receipts) {
      const outcome = view.original(receipt)
      const sink = history.program.sinks.find(({ name }) => name === receipt.sink)!
      if (outcome._tag !== "Dropped" || !isNoRoom(reasonOf(outcome)) || view.whenFull(sink) !== "wait") continue
      const within = view.waitWithin(sink)
      const call = view.calls.get(receipt.messageId)
      if (call === undefined) continue
      if (within === Infinity) yield `message ${call.number} was dropped by ${sink.name}, which waits for ever`
      if (reasonOf(outcome) !== full && at < givenAt(history, call) + within) {
        yield `message ${call.number} was dropped by ${sink.name} at ${at} ms, before its time`
      }
    }
  },

  *"flush ends at its limit, and says what is left"(view) {
    const { calls, flushes, program } = view.history
    for (const { began, ended, flushed, interrupted, step } of flushes) {
      if (ended === undefined || interrupted || flushed === undefined) continue
      const { within = Infinity } = step
      if (ended.at > began.at + within) yield `it took ${ended.at - began.at} ms, of ${within}`
      if (flushed.left > 0 && ended.at < began.at + within) yield `it left ${flushed.left} messages before its time`
      if (program.tracker.hold > 0) continue
      for (const { name } of program.sinks) {
        const left = flushed.sinks[name]!
        const without = calls.filter((call) => {
          if (!hasReturned(call) || call.ended!.turn > began.turn || isTooLate(view.history, call)) return false
          const receipt = view.receiptOf(call.messageId!, name)
          return receipt === undefined || receipt.turn > ended.turn
        })
        if (without.length > left) yield `it says ${left} of ${name}, and ${without.length} have no receipt`
      }
      const sum = Object.values(flushed.sinks).reduce((all, left) => all + left, 0)
      if (sum !== flushed.left) yield `it says ${flushed.left}, and of its sinks ${sum}`
    }
  },

  *"flush waits for all that was tracked before it"(view) {
    const { history } = view
    const { calls, flushes, program } = history
    for (const { began, ended, flushed, interrupted } of flushes) {
      if (ended === undefined || interrupted || flushed === undefined || flushed.left > 0) continue
      for (const call of calls) {
        if (!hasReturned(call) || call.ended!.turn > began.turn || isTooLate(history, call)) continue
        for (const sink of program.sinks) {
          if (program.tracker.hold > 0 && view.lacks(call, sink)) continue
          const receipt = view.receiptOf(call.messageId!, sink.name)
          if (receipt === undefined || receipt.turn > ended.turn) {
            yield `message ${call.number} had no receipt from ${sink.name}`
          }
        }
      }
    }
  },

  *"flush has nothing wait for others"({ history }) {
    const { calls, flushes, program } = history
    const latencies = program.sinks.map(latencyOf)
    if (latencies.includes(undefined) || program.sinks.some(lingers)) return
    const most = (calls.length + 1) * Math.max(...(latencies as ReadonlyArray<number>))
    for (const { began, ended } of flushes) {
      if (ended !== undefined && ended.at > began.at + most) yield `it took ${ended.at - began.at} ms, of ${most}`
    }
  },

  *"retries are over at their limit, and not before a destination wants them"(view) {
    const { jumps, program, receipts } = view.history
    for (const { name: sink, answers, combinators } of program.sinks) {
      const retried = combinators.findLast((one) => one._tag === "retried")
      const isWhole = answers.every(({ does }) =>
        does._tag === "partly"
          ? does.as === "Unavailable"
          : !["refused", "poisoned", "tooLarge", "throws", "dies"].includes(does._tag)
      )
      if (retried?._tag !== "retried" || !isWhole || jumps > 0) continue
      if (combinators.some(({ _tag }) => ["rateLimited", "circuitBroken", "orElse"].includes(_tag))) continue
      for (const { receipt } of receipts) {
        if (receipt.sink !== sink) continue
        const sends = view.attempts(sink, "destination", receipt.messageId).map(({ sent }) => sent)
        for (const [index, { began }] of sends.entries()) {
          if (began.at > sends[0]!.began.at + retried.limit) yield `${sink} was sent a batch after ${began.at} ms`
          const before = sends[index - 1]
          const { retryAfter = 0 } = before?.does._tag === "unavailable" ? before.does : {}
          // The last attempt is at the limit, even if the destination wants a longer wait.
          const isLast = began.at === sends[0]!.began.at + retried.limit
          if (before !== undefined && !isLast && began.at < before.ended!.at + retryAfter) {
            yield `${sink} was sent a batch at ${began.at} ms, and wanted none for ${retryAfter} ms`
          }
        }
      }
    }
  },

  *"closing is bounded in time"({ history }) {
    const { close, program } = history
    if (close.ended === undefined) return yield "it never ends"
    // The seconds are for what cannot be interrupted.
    const most = program.tracker.closeWithin + 2_000
    const took = close.ended.at - close.began.at
    if (took > most) yield `it took ${took} ms of ${most}`
  },

  *"nothing is left after the close"({ history }) {
    const { close, gauges, left, sent } = history
    if (left.fibers !== 0) yield `${left.fibers} fibers`
    if (left.timers !== 0) yield `${left.timers} timers`
    if (gauges !== 0) yield `${gauges} gauges`
    for (const { began, role, sink } of sent) {
      if (close.ended !== undefined && began.turn > close.ended.turn) yield `${sink} (${role}) was sent a batch`
    }
  }
}

/** Whether a flush waits for the taps or the dead letters of a sink. */
const lingers = ({ combinators }: SinkSetup): boolean =>
  combinators.some((one) => takesTime(one) || (one._tag === "deadLetter" && !isPrompt(one.answers)))

/** How long a batch takes in a sink that delivers all it is given; none where it may not. */
const latencyOf = ({ answers, combinators }: SinkSetup): number | undefined => {
  const well = combinators.every(({ _tag }) => _tag !== "rateLimited")
  if (!well || answers.some(({ does }) => does._tag !== "deliver")) return undefined
  return Math.max(...answers.map(({ after = 0 }) => after))
}

/** Whether a healthy sink may have given a message this outcome. */
const isFair = (view: View, sink: SinkSetup, call: Call, { receipt }: Published): boolean => {
  const { began } = view.history.close
  const outcome = view.original(receipt)
  switch (outcome._tag) {
    case "Delivered":
    case "Skipped":
      return true
    case "Rejected":
      return view.attempts(sink.name, "destination", receipt.messageId).length === 0
    case "Expired":
      return false
    case "Dropped":
      switch (outcome.reason) {
        case full:
          return view.whenFull(sink) !== "wait" || view.waitWithin(sink) !== Infinity
        case withdrawn:
          return call.interrupted
        case closed:
          return call.interrupted || !isBefore(call.ended, began)
        default:
          return isNoRoom(outcome.reason)
      }
  }
}
