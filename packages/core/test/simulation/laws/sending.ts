import { isLost } from "../../../src/Receipt.ts"
import { numberOf } from "../events.ts"
import type { Call, History } from "../history.ts"
import { bytesOf, givenAt, hasReturned } from "../view.ts"
import { isBefore, isPrompt, numbers, say, setupOf, type Laws } from "./common.ts"

/** What destinations are sent, and what they are not. */
export const laws: Laws = {
  *"a batch is within the limits"(view) {
    for (const { messages, role, sink } of view.history.sent) {
      if (role !== "destination") continue
      const { bytes = Infinity, messageBytes = Infinity, messages: most } = setupOf(view, sink)
      if (messages.length > most) yield `${sink}: ${messages.length} messages of ${most}`
      if (messages.length === 0) yield `${sink}: an empty batch`
      if (bytesOf(messages) > bytes) yield `${sink}: ${bytesOf(messages)} bytes of ${bytes}`
      if (messages.some((message) => bytesOf([message]) - 1 > messageBytes)) yield `${sink}: a message is too long`
    }
  },

  *"a message keeps its id"(view) {
    for (const { messages } of view.history.sent) {
      for (const message of messages) {
        const call = view.history.calls[numberOf(message) - 1]!
        const id = call.messageId ?? (call.step.named ? `id-${call.number}` : message.messageId)
        if (message.messageId !== id || view.calls.get(id) !== call) yield `message ${call.number} has another id`
      }
    }
  },

  *"messages keep their order"(view) {
    const { program, sent } = view.history
    for (const sink of program.sinks) {
      if (view.concurrency(sink) > 1) continue
      const place = new Map<string, number>()
      for (const { messages, role, sink: to } of sent) {
        if (to !== sink.name || role !== "destination") continue
        for (const { messageId } of messages) if (!place.has(messageId)) place.set(messageId, place.size)
      }
      const sentOnes = [...view.calls].flatMap(([id, call]) => {
        const at = place.get(id)
        return at === undefined || view.lacks(call, sink) ? [] : [{ at, call }]
      })
      for (const one of sentOnes) {
        for (const other of sentOnes) {
          if (one.at > other.at && isGivenBefore(view.history, one.call, other.call)) {
            yield `${sink.name}: ${numbers([other.call, one.call])}`
          }
        }
      }
    }
  },

  *"what is lost goes to the dead letters"(view) {
    const { close, program, receipts } = view.history
    for (const { receipt, turn } of receipts) {
      const { combinators, name: sink } = setupOf(view, receipt.sink)
      const at = combinators.findIndex(({ _tag }) => _tag === "deadLetter")
      const letters = combinators[at]
      if (letters?._tag !== "deadLetter" || letters.answers.some(({ does }) => does._tag !== "deliver")) continue
      const call = view.calls.get(receipt.messageId)
      const { length } = view.attempts(sink, "deadLetter", receipt.messageId)
      const isOnly = combinators.filter(({ _tag }) => _tag === "deadLetter").length === 1
      if (isOnly && length > 1) yield `${sink}'s dead letters have message ${call?.number} ${length} times`
      if (!isOnly || !isPrompt(letters.answers)) continue
      if (call === undefined || !(isBefore(call.ended, close.began) || turn < close.began.turn)) continue
      // What came too late for the close, which had no time for it.
      if (program.tracker.closeWithin === 0 && turn > close.began.turn) continue
      const original = view.original(receipt)
      const isPardoned =
        original._tag === "Rejected" &&
        combinators
          .slice(0, at)
          .some((one) => one._tag === "mapReceipt" && (one.throwsEvery === 0 || call.number % one.throwsEvery > 0))
      const lost = isLost(original) && !isPardoned
      if (length !== (lost ? 1 : 0)) {
        yield `${sink}'s dead letters have message ${call.number} ${length} times: ${say(receipt.outcome)}`
      }
    }
  }
}

/** Whether a message was given before another: by the same fiber, or when time had not passed yet. */
const isGivenBefore = (history: History, one: Call, other: Call): boolean =>
  givenAt(history, one) < givenAt(history, other) ||
  (one.fiber === other.fiber && hasReturned(one) && isBefore(one.ended, other.began))
