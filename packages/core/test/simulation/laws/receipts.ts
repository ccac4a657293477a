import type { Outcome } from "../../../src/Receipt.ts"
import type { SinkSetup } from "../program.ts"
import { type Attempt, has, hasReturned, reasonOf, unanswered, type View } from "../view.ts"
import { isBefore, isTooLate, name, numbers, say, setupOf, type Laws } from "./common.ts"

/** What is told of messages: their receipts, and what they say. */
export const laws: Laws = {
  *"every message has one receipt from every sink"({ calls, history, names, published }) {
    for (const call of history.calls) {
      if (!hasReturned(call)) continue
      const told = call.receipts?.map(({ messageId, sink }) => (messageId === call.messageId ? sink : "another"))
      if (told?.join() !== names.join()) yield `message ${call.number} has receipts of ${told?.join() ?? "no sink"}`
    }
    const known = [...history.calls.flatMap(({ messageId }) => messageId ?? []), ...published.keys(), ...calls.keys()]
    const sent = new Set(history.sent.flatMap(({ messages }) => messages.map(({ messageId }) => messageId)))
    for (const id of new Set(known)) {
      const receipts = published.get(id)
      const call = calls.get(id)
      const number = call?.number ?? id
      // A call that was interrupted before it gave its message has none.
      if (receipts === undefined && !sent.has(id) && !hasReturned(call!)) continue
      // What comes after the close is not published.
      const least = call !== undefined && isTooLate(history, call) ? 0 : 1
      for (const name of names) {
        const count = receipts?.get(name)?.length ?? 0
        if (count < least || count > 1) yield `message ${number} has ${count} receipts from ${name}`
      }
    }
  },

  *"a message's receipts are those that were published"(view) {
    const { calls, close } = view.history
    for (const { number, receipts = [] } of calls) {
      for (const receipt of receipts) {
        const published = view.receiptOf(receipt.messageId, receipt.sink)
        if (published !== undefined && published.receipt.outcome !== receipt.outcome) {
          yield `message ${number} has two outcomes in ${receipt.sink}`
        }
        // At its deadline the close records what is known, though combinators are not done with it.
        if (isBefore(published, close.began) && view.mapped(receipt) !== receipt.outcome)
          yield `message ${number}: ${receipt.sink}'s mapReceipt is lost`
      }
    }
  },

  *"who reads slowly reads every receipt"({ history }) {
    const { read, receipts } = history
    if (read === undefined) return
    const published = receipts.map(({ receipt }) => `${receipt.messageId} ${receipt.sink}`)
    if (read.join() !== published.join()) yield `${read.length} of ${published.length} were read`
  },

  *"an observer is told every receipt of a message once, and every attempt"(view) {
    const { observed, program } = view.history
    for (const { attempts, messageId, receipts } of observed ?? []) {
      for (const { name: sink } of program.sinks) {
        const own = receipts.filter((receipt) => receipt.sink === sink)
        const published = view.published
          .get(messageId!)
          ?.get(sink)
          ?.map(({ receipt }) => receipt)
        const late = view.calls.get(messageId!)
        // What comes after the close is not published.
        if (published === undefined && late !== undefined && isTooLate(view.history, late)) continue
        if (own.length !== 1 || own[0] !== published?.[0]) {
          yield `of ${sink}'s receipt for message ${name(view, messageId!)} it is told ${own.length} times`
        } else if (!has(setupOf(view, sink), "orElse") && reasonOf(view.original(own[0]!)) !== unanswered) {
          const told = attempts.filter((one) => one === sink).length
          if (told !== own[0]!.attempts) {
            yield `${sink} was sent message ${name(view, messageId!)} ${own[0]!.attempts} times, and it is told of ${told}`
          }
        }
      }
    }
  },

  *"delivered means that the destination said so"(view) {
    for (const { receipt, turn } of view.history.receipts) {
      if (receipt.outcome._tag !== "Delivered") continue
      const { messageId, sink } = receipt
      const attempts = [...view.attempts(sink, "destination", messageId), ...view.attempts(sink, "orElse", messageId)]
      const said = attempts.some((one) => toldOf(one)?._tag === "Delivered" && one.sent.ended!.turn < turn)
      if (!said) yield `${sink} never said that it had message ${name(view, messageId)}`
    }
  },

  *"the outcome is what the last attempt came to"(view) {
    for (const { at, receipt } of view.history.receipts) {
      const sink = setupOf(view, receipt.sink)
      if (has(sink, "orElse")) continue
      const outcome = view.original(receipt)
      const expected = expectedOf(view, sink, receipt.messageId, outcome)
      if (reasonOf(outcome) === unanswered) {
        const { deadline } = view
        const last = view.attempts(sink.name, "destination", receipt.messageId).at(-1)
        if (last !== undefined && toldOf(last) !== undefined && last.sent.ended!.at < deadline) {
          yield `what became of message ${name(view, receipt.messageId)} in ${sink.name} is forgotten`
        }
        if (at >= deadline) continue
        yield `${sink.name} gave up on message ${name(view, receipt.messageId)} before its time`
      } else if (expected !== undefined && expected !== outcome._tag) {
        yield `message ${name(view, receipt.messageId)} in ${sink.name} should be ${expected}, and is ${say(outcome)}`
      }
    }
  },

  *"attempts are counted"(view) {
    for (const { receipt } of view.history.receipts) {
      if (has(setupOf(view, receipt.sink), "orElse", "circuitBroken")) continue
      if (reasonOf(view.original(receipt)) === unanswered) continue
      const { length } = view.attempts(receipt.sink, "destination", receipt.messageId)
      if (receipt.attempts !== length) {
        yield `message ${name(view, receipt.messageId)} was sent to ${receipt.sink} ${length} times, not ${receipt.attempts}`
      }
    }
  },

  *"what a destination has told the outcome of is not sent to it again"(view) {
    for (const { name: sink } of view.history.program.sinks) {
      for (const messageId of view.published.keys()) {
        const earlier = view.attempts(sink, "destination", messageId).slice(0, -1)
        if (earlier.some((one) => toldOf(one) !== undefined)) {
          yield `message ${name(view, messageId)} was sent to ${sink} once more`
        }
      }
    }
  },

  *"nothing is sent after its receipt"(view) {
    for (const { began, messages, role, sink } of view.history.sent) {
      if (role === "deadLetter") continue
      for (const { messageId } of messages) {
        const published = view.receiptOf(messageId, sink)
        if (published === undefined || published.turn > began.turn) continue
        const { outcome } = published.receipt
        if (reasonOf(outcome) === unanswered) continue
        yield `message ${name(view, messageId)} was sent to ${sink} after its receipt (${say(outcome)})`
      }
    }
  },

  *"receipts come in the batch's order"(view) {
    for (const { messages, role, sink } of view.history.sent) {
      if (role !== "destination") continue
      const turns = messages.map(({ messageId }) => view.receiptOf(messageId, sink)?.turn ?? 0)
      if (turns.some((turn, index) => index > 0 && turn < turns[index - 1]!)) {
        yield `${sink}: ${numbers(messages.map(({ messageId }) => view.calls.get(messageId)))}`
      }
    }
  },

  *"the metrics count the receipts"({ history, published }) {
    const unpublished = history.calls
      .flatMap(({ receipts = [] }) => receipts)
      .filter(({ messageId, sink }) => !published.get(messageId)?.has(sink))
    const told = [...history.receipts.map(({ receipt }) => receipt), ...unpublished]
    // Of a call that was interrupted after the close nobody knows whether it had given its message.
    const unknown = history.calls.filter((call) => !hasReturned(call) && call.interrupted && isTooLate(history, call))
    for (const { attempts, buffered, oldest, sink, ...counts } of history.metrics) {
      const own = told.filter((receipt) => receipt.sink === sink)
      for (const tag of ["delivered", "rejected", "expired", "dropped", "skipped"] as const) {
        const count = own.filter(({ outcome }) => outcome._tag.toLowerCase() === tag).length
        const counted = history.counted.get(`${sink} ${tag}`) ?? 0
        if (counts[tag] < count || counts[tag] > count + unknown.length) {
          yield `${sink} tells of ${counts[tag]} ${tag}, of ${count}`
        }
        if (counted !== counts[tag]) yield `Effect's metrics tell of ${counted} ${tag} in ${sink}, of ${counts[tag]}`
      }
      const all = own.reduce((sum, receipt) => sum + receipt.attempts, 0)
      if (attempts !== all) yield `${sink} tells of ${attempts} attempts, of ${all}`
      if (buffered !== 0 || oldest !== 0) yield `${sink} tells of ${buffered} messages that are left`
    }
  }
}

/** What the receipt must say of a message, by what its destination did last; none where that does not decide it. */
const expectedOf = (view: View, sink: SinkSetup, messageId: string, outcome: Outcome): Outcome["_tag"] | undefined => {
  const last = view.attempts(sink.name, "destination", messageId).at(-1)
  if (last === undefined) return outcome._tag === "Delivered" ? "Dropped" : undefined
  // A batch that is taken apart may not be asked for again.
  if (has(sink, "circuitBroken") && outcome._tag === "Expired") return undefined
  const { result } = last.sent
  switch (result?._tag) {
    case "answered":
      return toldOf(last)?._tag ?? "Rejected"
    case "failed":
      return toldOf(last)?._tag ?? (result.error === "Unavailable" ? "Expired" : "Rejected")
    case "broke":
      return "Rejected"
    default:
      return undefined
  }
}

/** The outcome that a destination told of a message, with its answer or with its error. */
const toldOf = ({ index, sent: { messages, result } }: Attempt): Outcome | undefined => {
  const outcomes = result !== undefined && "outcomes" in result ? result.outcomes : undefined
  return Array.isArray(outcomes) && outcomes.length === messages.length ? outcomes[index] : undefined
}
