import { isLost, type Outcome } from "../../src/Receipt.ts"
import * as events from "./events.ts"
import { numberOf } from "./events.ts"
import type { Call, History, Moment, Violation } from "./history.ts"
import type { Answers, SinkSetup } from "./program.ts"
import {
  bytesOf,
  closed,
  full,
  givenAt,
  has,
  hasReturned,
  type Published,
  reasonOf,
  unanswered,
  View,
  withdrawn
} from "./view.ts"

type Law = (view: View) => Iterable<string>

/** What must hold of every history, by name. Each tells where it does not. */
const laws: Readonly<Record<string, Law>> = {
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
      const said = attempts.some(
        ({ index, sent: { ended, messages, result } }) =>
          result?._tag === "answered" &&
          isCounted(result.outcomes, messages) &&
          result.outcomes[index]!._tag === "Delivered" &&
          ended!.turn < turn
      )
      if (!said) yield `${sink} never said that it had message ${name(view, messageId)}`
    }
  },

  *"the outcome is what the last attempt came to"(view) {
    for (const { at, receipt } of view.history.receipts) {
      const sink = setupOf(view, receipt.sink)
      if (has(sink, "orElse")) continue
      const outcome = view.original(receipt)
      const { began } = view.history.close
      const expected = expectedOf(view, sink, receipt.messageId, outcome)
      if (reasonOf(outcome) === unanswered) {
        if (at >= began.at + view.history.program.tracker.closeWithin) continue
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

  *"what is taken and has no receipt is bounded"(view) {
    const { calls, close, program } = view.history
    for (const sink of program.sinks) {
      // Messages on their way out of a full buffer are taken by combinators first.
      if (has(sink, "deadLetter", "tap", "mapReceipt")) continue
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

  *"nothing is left after the close"({ history }) {
    const { close, gauges, left, sent } = history
    if (left.fibers !== 0) yield `${left.fibers} fibers`
    if (left.timers !== 0) yield `${left.timers} timers`
    if (gauges !== 0) yield `${gauges} gauges`
    for (const { began, role, sink } of sent) {
      if (close.ended !== undefined && began.turn > close.ended.turn) yield `${sink} (${role}) was sent a batch`
    }
  },

  *"closing is bounded in time"({ history }) {
    const { close, program } = history
    if (close.ended === undefined) return yield "it never ends"
    const most = 3 * program.tracker.closeWithin + 2_000
    const took = close.ended.at - close.began.at
    if (took > most) yield `it took ${took} ms of ${most}`
  },

  *"a healthy sink is not held up"(view) {
    const { calls, close, jumps, program } = view.history
    for (const sink of program.sinks) {
      const latency = latencyOf(sink)
      if (latency === undefined) continue
      const most = sink.age * (1 + jumps) + (calls.length + 1) * latency
      for (const [id, call] of view.calls) {
        const published = view.receiptOf(id, sink.name)
        if (published === undefined || view.lacks(call, sink)) continue
        const by = givenAt(view.history, call) + most
        const { at } = published
        const closing = close.began.at + program.tracker.closeWithin <= by
        const isLate = published.receipt.outcome._tag === "Delivered" && at > by
        if (isLate || (!closing && !isFair(view, sink, call, published))) {
          yield `message ${call.number} in ${sink.name} at ${at} ms, not by ${by}: ${say(published.receipt.outcome)}`
        }
      }
    }
  },

  *"flush waits for all that was tracked before it"(view) {
    const { history } = view
    const { calls, flushes, program } = history
    for (const { began, ended, interrupted } of flushes) {
      if (ended === undefined || interrupted) continue
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
    if (latencies.includes(undefined)) return
    const most = (calls.length + 1) * Math.max(...(latencies as ReadonlyArray<number>))
    for (const { began, ended } of flushes) {
      if (ended !== undefined && ended.at > began.at + most) yield `it took ${ended.at - began.at} ms, of ${most}`
    }
  },

  *"retries are over at their limit, and not before a destination wants them"(view) {
    const { jumps, program, receipts } = view.history
    for (const { name: sink, answers, combinators } of program.sinks) {
      const retried = combinators.findLast((one) => one._tag === "retried")
      const isWhole = answers.every(
        ({ does }) => !["refused", "poisoned", "tooLarge", "throws", "dies"].includes(does._tag)
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
          if (before !== undefined && began.at < before.ended!.at + retryAfter) {
            yield `${sink} was sent a batch at ${began.at} ms, and wanted none for ${retryAfter} ms`
          }
        }
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
    const waits = program.sinks.some(
      (sink) => view.whenFull(sink) === "wait" || has(sink, "deadLetter", "tap", "mapReceipt")
    )
    if (waits) return
    for (const call of calls) {
      if (hasReturned(call) && call.ended!.at > givenAt(view.history, call)) yield `message ${call.number} waited`
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
      if (!isOnly || combinators.some(takesTime) || !isPrompt(letters.answers)) continue
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
  },

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

  *"messages keep their order"(view) {
    const { program, sent } = view.history
    for (const sink of program.sinks) {
      if (view.concurrency(sink) > 1 || has(sink, "redact")) continue
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

  *"personal data is hidden"(view) {
    for (const { messages, role, sink } of view.history.sent) {
      if (role === "deadLetter" || !has(setupOf(view, sink), "redact")) continue
      for (const message of messages) {
        if (JSON.stringify(message).includes(events.secret)) yield `message ${numberOf(message)} in ${sink}`
      }
    }
  }
}

/** The first law that does not hold, and where. */
export const check = (history: History): Violation | undefined => {
  const [seen] = history.seen
  if (seen !== undefined) return seen
  const view = new View(history)
  for (const [law, holds] of Object.entries(laws)) {
    for (const detail of holds(view)) return { law, detail }
  }
  return undefined
}

const setupOf = ({ history }: View, name: string): SinkSetup =>
  history.program.sinks.find((sink) => sink.name === name)!

const name = ({ calls }: View, id: string): number | string => calls.get(id)?.number ?? id

const numbers = (calls: ReadonlyArray<Call | undefined>): string => calls.map((call) => call?.number ?? "?").join(", ")

const say = (outcome: Outcome): string => `${outcome._tag} ${reasonOf(outcome)}`.trim()

const takesTime = (combinator: SinkSetup["combinators"][number]): boolean =>
  combinator._tag === "tap" && (combinator.does === "hangs" || combinator.after !== undefined)

const isPrompt = (answers: Answers): boolean =>
  answers.every(({ after = 0, does }) => does._tag === "deliver" && after === 0)

/** How long a batch takes in a sink that delivers all it is given; none where it may not. */
const latencyOf = ({ answers, combinators }: SinkSetup): number | undefined => {
  const well = combinators.every((combinator) => {
    if (combinator._tag === "deadLetter") return isPrompt(combinator.answers)
    return combinator._tag !== "rateLimited" && !takesTime(combinator)
  })
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
          return view.whenFull(sink) !== "wait"
        case withdrawn:
          return call.interrupted
        case closed:
          return call.interrupted || !isBefore(call.ended, began)
        default:
          return false
      }
  }
}

/** Whether a message was given before another: by the same fiber, or when time had not passed yet. */
const isGivenBefore = (history: History, one: Call, other: Call): boolean =>
  givenAt(history, one) < givenAt(history, other) ||
  (one.fiber === other.fiber && hasReturned(one) && isBefore(one.ended, other.began))

/** Whether a message came to a tracker that publishes no more. */
const isTooLate = ({ close }: History, { ended, receipts = [] }: Call): boolean =>
  close.ended !== undefined &&
  ended !== undefined &&
  (ended.turn > close.ended.turn ||
    (ended.turn > close.began.turn && ended.at === close.ended.at) ||
    receipts.some(({ outcome }) => reasonOf(outcome) === closed))

const isBefore = (moment: Moment | undefined, other: Moment): boolean =>
  moment !== undefined && moment.turn < other.turn

const isCounted = (outcomes: unknown, messages: ReadonlyArray<unknown>): boolean =>
  Array.isArray(outcomes) && outcomes.length === messages.length

/** What the receipt must say of a message, by what its destination did last; none where that does not decide it. */
const expectedOf = (view: View, sink: SinkSetup, messageId: string, outcome: Outcome): Outcome["_tag"] | undefined => {
  const last = view.attempts(sink.name, "destination", messageId).at(-1)
  if (last === undefined) return outcome._tag === "Delivered" ? "Dropped" : undefined
  // A batch that is taken apart may not be asked for again.
  if (has(sink, "circuitBroken") && outcome._tag === "Expired") return undefined
  const { messages, result } = last.sent
  switch (result?._tag) {
    case "answered": {
      return isCounted(result.outcomes, messages) ? result.outcomes[last.index]!._tag : "Rejected"
    }
    case "failed":
      return result.error === "Unavailable" ? "Expired" : "Rejected"
    case "broke":
      return "Rejected"
    default:
      return undefined
  }
}
