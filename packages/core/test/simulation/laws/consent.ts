import * as events from "../events.ts"
import { numberOf } from "../events.ts"
import { has } from "../view.ts"
import { isBefore, say, setupOf, type Laws } from "./common.ts"

/** What actors have consented to, and what is personal. */
export const laws: Laws = {
  *"nothing goes where its actor has not consented to it"(view) {
    const { calls, releases } = view.history
    for (const { began, messages, role, sink } of view.history.sent) {
      if (role !== "destination") continue
      for (const { messageId } of messages) {
        const call = view.calls.get(messageId)!
        const { user } = call.step
        const grants = [...calls, ...releases].filter(
          (grant) =>
            grant === call ||
            (user > 0 &&
              grant.step.user === user &&
              grant.began.turn < began.turn &&
              !isBefore(grant.ended, call.began))
        )
        if (grants.every(({ step }) => view.lacks(call, setupOf(view, sink), step.consents))) {
          yield `message ${call.number} was sent to ${sink}`
        }
      }
    }
  },

  *"what is skipped was meant to be"(view) {
    for (const { receipt } of view.history.receipts) {
      const outcome = view.original(receipt)
      const call = view.calls.get(receipt.messageId)
      if (outcome._tag !== "Skipped" || call === undefined) continue
      const sink = setupOf(view, receipt.sink)
      const filtered = sink.combinators.some((one) => one._tag === "filter" && call.number % one.every === 0)
      if (!(outcome.reason === "filtered" ? filtered : view.lacks(call, sink))) {
        yield `message ${call.number} in ${sink.name}: ${say(outcome)}`
      }
    }
    for (const { messages, role, sink } of view.history.sent) {
      if (role === "deadLetter") continue
      for (const message of messages) {
        const isFiltered = setupOf(view, sink).combinators.some(
          (one) => one._tag === "filter" && numberOf(message) % one.every === 0
        )
        if (isFiltered) yield `message ${numberOf(message)} went past ${sink}'s filter`
      }
    }
  },

  *"personal data is hidden"(view) {
    for (const { messages, sink } of view.history.sent) {
      if (!has(setupOf(view, sink), "redact")) continue
      for (const message of messages) {
        if (JSON.stringify(message).includes(events.secret)) yield `message ${numberOf(message)} in ${sink}`
      }
    }
  }
}
