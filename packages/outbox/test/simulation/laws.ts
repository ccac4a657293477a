import { isLost } from "@trackmap/core/Receipt"
import type { Violation } from "../../../core/test/simulation/history.ts"
import { idOf, numberIn, secret } from "./events.ts"
import type { Call, Claimed, History, Operated, Sent } from "./history.ts"
import type { SinkSetup } from "./program.ts"

/** A history, arranged by what laws ask for. */
class View {
  readonly history: History
  /** Every message that was ever in the log, and how often. */
  readonly logged = new Map<string, number>()
  /** The place of a message's first row in the log. */
  readonly places = new Map<string, number>()
  readonly #lastPlaces = new Map<string, number>()
  /** The batches that took a message, by sink and id. */
  readonly takes = new Map<string, Array<Sent>>()
  /** The claims of a message, by sink and id. */
  readonly claims = new Map<string, Array<Claimed>>()

  constructor(history: History) {
    this.history = history
    for (const [place, id] of history.logged.entries()) {
      this.logged.set(id, (this.logged.get(id) ?? 0) + 1)
      if (!this.places.has(id)) this.places.set(id, place)
      this.#lastPlaces.set(id, place)
    }
    for (const sent of history.sent) for (const id of sent.taken) push(this.takes, `${sent.sink} ${id}`, sent)
    for (const claimed of history.claims) {
      for (const { id } of claimed.claim.rows) push(this.claims, `${claimed.sink} ${id}`, claimed)
    }
  }

  callOf(id: string): Call {
    return this.history.calls[numberIn(id) - 1]!
  }

  setup(sink: number): SinkSetup {
    return this.history.program.sinks[sink]!
  }

  /** Whether a sink skips a message: by its filter, or for lack of consent. */
  isSkipped(sink: number, id: string): boolean {
    const { track } = this.callOf(id)
    const { combinators } = this.setup(sink)
    return (
      this.lacksConsent(sink, id) ||
      combinators.some((one) => one._tag === "filter" && numberIn(id) % one.every === 0 && track !== undefined)
    )
  }

  lacksConsent(sink: number, id: string): boolean {
    const { consents } = this.callOf(id).track
    return consents === "none" && this.setup(sink).combinators.some(({ _tag }) => _tag === "consented")
  }

  /** Whether an operator did something with a sink. */
  wasOperated(sink: number, ...tags: ReadonlyArray<string>): boolean {
    return this.history.operated.some(({ _tag, what }) => what === sink && _tag !== "erase" && tags.includes(_tag))
  }

  /** The turn at which all rows of a message had been erased, if they were. */
  erasedAt(id: string): number | undefined {
    return this.#erasureOf(id, ({ loggedBefore }) => loggedBefore)?.turn
  }

  /** Whether a message may have been erased. */
  isErased(id: string): boolean {
    return this.#erasureOf(id, ({ logged }) => logged) !== undefined
  }

  #erasureOf(id: string, until: (operated: Operated) => number): Operated | undefined {
    const { user } = this.callOf(id).track
    const place = this.#lastPlaces.get(id)!
    return this.history.operated.find(
      (one) => one._tag === "erase" && user > 0 && one.what === user && place < until(one)
    )
  }

  /** Whether something kept a process from completing what it had claimed. */
  wasDisturbed({ faults, isDead, slept, stopping }: Sent["process"]): boolean {
    return faults > 0 || isDead || slept || stopping
  }
}

const push = <K, A>(map: Map<K, Array<A>>, key: K, one: A): void => {
  const list = map.get(key)
  if (list === undefined) map.set(key, [one])
  else list.push(one)
}

/** Laws of a history, by name. Each tells where it does not hold. */
type Laws = Readonly<Record<string, (view: View) => Iterable<string>>>

/** Whether the tracker does not pass a message on, for lack of consent to its event. */
const isWithheld = ({ track: { ad, consents } }: Call): boolean => ad && consents !== "all"

/** What the service's side does. */
const service: Laws = {
  *"a message is stored exactly if its change is"({ history, logged }) {
    const { whenInsertFails } = history.program.service
    for (const call of history.calls) {
      const { inTransaction, number, process } = call
      if (!inTransaction) continue
      const count = logged.get(idOf(number)) ?? 0
      const expected = history.orders.has(number) && !isWithheld(call) ? 1 : 0
      if (count === expected) continue
      // The caller wants the change without the message if it cannot be inserted.
      if (whenInsertFails === "savepoint" && count === 0 && process.faults > 0) continue
      yield `change ${number} is there ${expected} times, and its message ${count} times`
    }
  },

  *"a message outside of transactions is stored once, or is told to be lost"({ history, logged }) {
    for (const call of history.calls) {
      const { inTransaction, number, process, receipt, tracked } = call
      if (inTransaction || isWithheld(call)) continue
      const count = logged.get(idOf(number)) ?? 0
      if (count > 1 && process.faults === 0 && !process.slept) yield `message ${number} is stored ${count} times`
      if (tracked === undefined || count > 0 || process.isDead) continue
      if (receipt === undefined || !isLost(receipt.outcome)) {
        yield `message ${number} is not stored, and its receipt says ${receipt?.outcome._tag ?? "nothing"}`
      }
    }
  },

  *"receipts of the service say what happened"(view) {
    const { history, logged } = view
    const { length } = history.calls
    for (const { inTransaction, number, process, receipt, tracked } of history.calls) {
      const isStored = logged.has(idOf(number))
      if (receipt === undefined) {
        if (tracked !== undefined && !process.isDead && length > 0) yield `message ${number} has no receipt`
        continue
      }
      const { outcome } = receipt
      if (outcome._tag === "Delivered" && !isStored) yield `message ${number} is told to be stored, and is not`
      if (outcome._tag === "Skipped" && isStored && !view.isErased(idOf(number)))
        yield `message ${number} is told to be rolled back, and is stored`
      if (outcome._tag === "Delivered" || outcome._tag === "Skipped" || !isStored) continue
      if (process.faults === 0 && inTransaction) yield `message ${number} is ${outcome._tag}, and is stored`
    }
  }
}

/** What relays do. */
const relays: Laws = {
  *"every message reaches every sink, or is its dead letter"(view) {
    const { history } = view
    const receipts = new Set(
      history.receipts.flatMap(({ receipt, sink }) => (isLost(receipt.outcome) ? [] : [`${sink} ${receipt.messageId}`]))
    )
    for (const [sink, name] of history.names.entries()) {
      if (name === undefined) continue
      const started = history.started.findLast((one) => one.sink === sink)
      if (started === undefined) {
        yield `${name} never started`
        continue
      }
      const wasSwept = history.operated.some(({ _tag, began }) => _tag === "sweep" && began < started.turn)
      const since = view.setup(sink).from === "now" || wasSwept ? started.logged : 0
      const isAgain = history.started.filter((one) => one.sink === sink).length > 1
      const dead = new Set(
        history.claims.flatMap((claimed) =>
          claimed.sink === sink ? claimed.parked.flatMap(({ dead, id }) => (dead ? [id] : [])) : []
        )
      )
      for (const [id, place] of view.places) {
        if (place < since || view.isErased(id) || dead.has(id)) continue
        const isTaken = (view.takes.get(`${sink} ${id}`) ?? []).some(
          ({ told, turn }) => told !== undefined && (!isAgain || turn > 0)
        )
        if (view.isSkipped(sink, id) ? !receipts.has(`${sink} ${id}`) : !isTaken) {
          yield `${name} has not received ${id}`
        }
      }
    }
  },

  *"a claim is completed when each of its messages has its outcome"(view) {
    const { history } = view
    const told = new Set<string>()
    let at = 0
    for (const claimed of [...history.claims].sort((a, b) => (a.completed ?? 0) - (b.completed ?? 0))) {
      const { completed, parked, process, sink } = claimed
      if (completed === undefined) continue
      for (; at < history.receipts.length && history.receipts[at]!.turn < completed; at++) {
        const { process, receipt, sink } = history.receipts[at]!
        told.add(`${process.name} ${sink} ${receipt.messageId} ${isLost(receipt.outcome)}`)
      }
      const aside = new Map(parked.map(({ dead, id }) => [id, dead]))
      for (const { id } of claimed.claim.rows) {
        if (view.logged.get(id)! > 1) continue
        const isAside = aside.get(id)
        if (isAside === false) continue
        if (told.has(`${process.name} ${sink} ${id} ${isAside === true}`)) continue
        yield `${process.name} ${isAside ? "sets aside" : "completes"} ${id} of sink ${sink} without a receipt that says so`
      }
    }
  },

  *"only what a vendor refuses for its own sake is a dead letter"({ history }) {
    for (const { claim, parked, sink } of history.claims) {
      for (const { dead, id, outcome } of parked) {
        const reasons = [...(history.refusals[sink]!.get(id) ?? [])]
        const reason = "reason" in outcome ? outcome.reason : ""
        // A claim with which relays have died is divided.
        if (!dead && claim.attempt <= 3) yield `${id} is set aside by ${claim.sink}`
        else if (dead && !reasons.some((one) => reason.startsWith(one))) yield `${id} in sink ${sink}: ${reason}`
      }
    }
  },

  *"a message is claimed by one relay at a time"(view) {
    for (const [key, claims] of view.claims) {
      const [sink, id] = key.split(" ") as [string, string]
      if (view.logged.get(id)! > 1 || view.wasOperated(Number(sink), "remove", "replay")) continue
      for (const [index, later] of claims.entries()) {
        const earlier = claims[index - 1]
        if (earlier === undefined) continue
        const { completed, leaseUntil, released } = earlier
        const isParked = earlier.parked.some((one) => one.id === id && !one.dead)
        const isFree =
          (released !== undefined && released < later.turn) ||
          (completed !== undefined && completed < later.turn) ||
          // Its completion took effect, though its commit failed.
          (later.claim.source === "parked" && isParked) ||
          leaseUntil <= later.claim.leaseUntil - view.history.program.relay.lease
        if (!isFree) yield `${later.process.name} takes ${id} of sink ${sink} from ${earlier.process.name}`
        if (completed !== undefined && completed < later.turn && !isParked) {
          yield `${later.process.name} takes ${id} of sink ${sink}, which was completed`
        }
      }
    }
  },

  *"a message is sent twice only if its relay was disturbed, or the answer got lost"(view) {
    for (const [key, takes] of view.takes) {
      if (takes.length === 1) continue
      const [sink, id] = key.split(" ") as [string, string]
      if (view.logged.get(id)! > 1 || view.wasOperated(Number(sink), "remove", "replay", "rename")) continue
      for (const [index, later] of takes.entries()) {
        const earlier = takes[index - 1]
        if (earlier === undefined) continue
        const at = earlier.messages.findIndex(({ messageId }) => messageId === id)
        const isKnown =
          earlier.told !== undefined &&
          earlier.told.length === earlier.messages.length &&
          earlier.told[at] !== undefined
        // One that has slept beyond its lease sends what it had in its hands.
        const isLate = view.wasDisturbed(earlier.process) || later.process.slept
        if (isKnown && (later.process === earlier.process || !isLate)) {
          // A relay that was disturbed may have claimed it again, before it was done with the earlier claim.
          const claims = view.claims
            .get(key)!
            .filter(({ process, turn }) => process === later.process && turn < later.turn)
          if (claims.length > 1 && view.wasDisturbed(earlier.process)) continue
          yield `${later.process.name} sends ${id} to sink ${sink} again`
        }
      }
    }
  },

  *"a relay sends nothing of a claim that it knows to be over"(view) {
    const answer = 2 * view.history.program.latency + 1
    for (const { at, messages, process, sink, turn } of view.history.sent) {
      const now = at - Date.UTC(2030, 0, 1)
      for (const { messageId } of messages) {
        const claims = view.claims.get(`${sink} ${messageId}`) ?? []
        const own = claims.filter((claimed) => claimed.process === process && claimed.turn < turn)
        if (own.length === 0) yield `${process.name} sends ${messageId} to sink ${sink} without a claim`
        // Of an answer that got lost it does not know.
        else if (process.faults > 0) continue
        else if (own.every(({ overAt }) => overAt !== undefined && Math.max(overAt, process.wokeAt) + answer < now)) {
          yield `${process.name} sends ${messageId} to sink ${sink} after its claim`
        }
      }
    }
  },

  *"nothing is sent without consent"(view) {
    for (const { messages, sink } of view.history.sent) {
      for (const { messageId } of messages) {
        if (view.isSkipped(sink, messageId)) yield `${messageId} is sent to sink ${sink}`
      }
    }
  },

  *"personal data is hidden"(view) {
    for (const { messages, sink } of view.history.sent) {
      if (!view.setup(sink).combinators.some(({ _tag }) => _tag === "redact")) continue
      if (JSON.stringify(messages).includes(secret)) yield `sink ${sink}`
    }
  },

  *"a batch is within the limits"(view) {
    for (const { messages, sink } of view.history.sent) {
      if (messages.length > view.setup(sink).messages || messages.length === 0) yield `sink ${sink}: ${messages.length}`
    }
  },

  *"a claim is within the limit, and a relay has few of them"(view) {
    const { limit, order } = view.history.program.relay
    for (const [sink, { concurrency }] of view.history.program.sinks.entries()) {
      const most = order === "user" ? 1 : concurrency + 1
      const open = new Map<object, Array<Claimed>>()
      for (const claimed of view.history.claims) {
        if (claimed.sink !== sink) continue
        const { claim, process } = claimed
        if (claim.rows.length > limit) yield `sink ${sink} claims ${claim.rows.length} messages`
        const others = (open.get(process) ?? []).filter(
          ({ completed, overAt, released }) =>
            (completed ?? released ?? (overAt === undefined ? Number.POSITIVE_INFINITY : 0)) > claimed.turn
        )
        open.set(process, [...others, claimed])
        // Several relays may run in a service.
        if (others.length + 1 > most && process.name.startsWith("relay") && !view.wasDisturbed(process)) {
          yield `${process.name} has ${others.length + 1} claims of sink ${sink}`
        }
      }
    }
  },

  *"only the relay that holds a claim extends its lease and completes it"(view) {
    const { claims } = view.history
    for (const [index, { claim, completed = 0, process, renewed, sink }] of claims.entries()) {
      if (claim.source === "parked" || view.wasOperated(sink, "remove")) continue
      const taken = claims.find((other, at) => at > index && other.sink === sink && other.claim.n === claim.n)
      if (taken !== undefined && taken.claim.source === "log" && taken.turn < Math.max(completed, renewed)) {
        yield `${process.name} has claim ${claim.n} of sink ${sink}, which ${taken.process.name} took`
      }
    }
  },

  *"a relay that has stopped holds nothing"({ history }) {
    for (const { claim, overAt, process, sink } of history.claims) {
      const { closed, faults, isDead, name, slept, stopping } = process
      if (!(closed || stopping) || isDead || slept || faults > 0 || name.startsWith("service")) continue
      if (overAt === undefined) yield `${name} holds claim ${claim.n} of sink ${sink}`
    }
  },

  *"a user's messages arrive in their order, where that is asked for"(view) {
    const { program } = view.history
    if (program.relay.order === "any") return
    for (const [sink, { answers }] of program.sinks.entries()) {
      // What a vendor has refused for now comes later, and so does what was sent again.
      if (answers.some(({ does }) => does._tag === "partly")) continue
      if (view.wasOperated(sink, "replay", "remove", "rename")) continue
      const last = new Map<number, number>()
      const seen = new Set<string>()
      for (const sent of view.history.sent) {
        if (sent.sink !== sink) continue
        for (const id of sent.taken) {
          const { user } = view.callOf(id).track
          if (seen.has(id) || user === 0 || view.logged.get(id)! > 1 || view.history.refusals[sink]!.has(id)) continue
          seen.add(id)
          const place = view.places.get(id)!
          if ((last.get(user) ?? -1) > place) yield `${id} comes to sink ${sink} late`
          last.set(user, place)
        }
      }
    }
  },

  *"what is erased is gone"(view) {
    for (const { claim, turn } of view.history.claims) {
      for (const { id } of claim.rows) {
        const erased = view.erasedAt(id)
        if (erased !== undefined && erased < turn) yield `${claim.sink} claims ${id}`
      }
    }
    for (const { id, sink } of view.history.letters) {
      if (view.erasedAt(id) !== undefined) yield `${id} is a dead letter of ${sink}`
    }
  },

  *"a sink that was removed has no claims"({ history }) {
    for (const { sink, turn } of history.claims) {
      const removed = history.operated.findLast((one) => one._tag === "remove" && one.what === sink && one.turn < turn)
      if (removed === undefined) continue
      if (!history.started.some((one) => one.sink === sink && one.turn > removed.began && one.turn < turn)) {
        yield `sink ${sink}`
      }
    }
  },

  *"the relays come to an end"({ history }) {
    if (!history.drained) yield JSON.stringify(history.stats)
  },

  *"the counts add up"({ history }) {
    for (const { claims, dead, parked, sink } of history.stats) {
      if (!history.names.includes(sink)) continue
      if (claims > 0 || parked > 0) yield `${sink} has ${claims} claims and ${parked} parked messages`
      const letters = history.letters.filter((letter) => letter.sink === sink).length
      if (dead !== letters) yield `${sink} tells of ${dead} dead letters, of ${letters}`
    }
    for (const { metrics, process, relay } of history.survivors) {
      for (const { delivered, rejected, sink, skipped } of metrics) {
        const own = history.receipts.filter((one) => one.relay === relay && one.receipt.sink === sink)
        // One whose claim was over is interrupted before it has counted all that it was told.
        const isCut = history.claims.some(
          (one) => one.process === process && one.claim.sink === sink && one.completed === undefined
        )
        const counted = { Delivered: delivered, Rejected: rejected, Skipped: skipped }
        for (const [tag, count] of Object.entries(counted)) {
          const told = own.filter(({ receipt }) => receipt.outcome._tag === tag).length
          if (isCut ? count > told : count !== told)
            yield `${process.name} counts ${count} ${tag} of ${sink}, of ${told}`
        }
      }
    }
  }
}

const laws: Laws = { ...service, ...relays }

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
