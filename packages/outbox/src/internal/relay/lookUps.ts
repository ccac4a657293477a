/** Looks up the relations that events with `relations: "later"` have left, before the messages of a claim are sent. */
import type * as Delivery from "@trackmap/core/Delivery"
import * as Receipt from "@trackmap/core/Receipt"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type { Parked } from "../../OutboxStore.ts"
import { newerWait, type Readable } from "./reading.ts"
import { CountLog, messages as counted, Trouble } from "./trouble.ts"

/** `Delivery.complete`, with the relay's plan and services. */
export type Complete = (
  envelopes: ReadonlyArray<Delivery.Incomplete>
) => Effect.Effect<ReadonlyArray<Delivery.Completion>>

/** The messages that can be sent, and the others. */
export interface LookedUp {
  readonly messages: ReadonlyArray<Readable>
  readonly parked: ReadonlyArray<Parked>
}

/** How long the loaders may take, in milliseconds. */
const answerWithin = 30_000
const late: Delivery.Completion = {
  _tag: "Failed",
  reason: `the loaders did not answer within ${answerWithin / 1_000} seconds`
}

/** The longest pause between two attempts, in milliseconds. */
const longest = 10_000

/**
 * How long a message is left to relays that know the version of the event by which it was tracked, in milliseconds. Then any relay completes it by its
 * own version: after a deployment, nobody has the old one.
 */
export const otherVersionWait = 15 * 60_000

/** A claim whose loaders have failed as often as this is looked up in parts, of which one may succeed. */
const wholeFor = 3

/** The most parts, so that loaders that are down are not asked too often. */
const mostParts = 64

type Known = Exclude<Delivery.Completion, { readonly _tag: "Failed" }>

/** The number of successful look-ups of each event. */
type Successes = Map<string, number>

const eventOf = ({ envelope: { message } }: Readable): string =>
  message.type === "track" ? message.event : message.type

/** What is known of the messages, and the failures of those that are set aside. */
interface Answered {
  readonly known: Map<Readable, Known>
  readonly aside: Map<Readable, string>
}

/** Parts of about the same size, of which each has a message. */
const partsOf = (waiting: ReadonlyArray<Readable>, failures: number): ReadonlyArray<ReadonlyArray<Readable>> => {
  const parts = failures < wholeFor ? 1 : Math.min(mostParts, 2 ** (failures - wholeFor + 1))
  const size = Math.ceil(waiting.length / parts)
  return Array.from({ length: Math.ceil(waiting.length / size) }, (_, at) => waiting.slice(at * size, (at + 1) * size))
}

/** The look-ups for one sink. */
export class LookUps {
  readonly #sink: string
  readonly #complete: Complete
  readonly #trouble: Trouble
  readonly #left: CountLog
  readonly #failing: CountLog
  readonly #successes: Successes = new Map()
  #outage: string | undefined

  constructor(sink: string, complete: Complete) {
    this.#sink = sink
    this.#complete = complete
    this.#trouble = new Trouble(`${sink}: its relations are looked up again`)
    this.#left = new CountLog(
      (count, reason) => `${sink}: left ${counted(count)} to relays whose plan can look up their relations: ${reason}`
    )
    this.#failing = new CountLog(
      (count, reason) => `${sink}: set aside ${counted(count)} whose relations alone cannot be looked up: ${reason}`
    )
  }

  /** Why messages wait for their relations now. */
  get outage(): string | undefined {
    return this.#outage
  }

  /** Waits until every relation is looked up that the plan knows. `now` is by the database's clock. */
  add(messages: ReadonlyArray<Readable>, now: number): Effect.Effect<LookedUp> {
    return messages.some(({ envelope }) => envelope.later !== undefined)
      ? this.#lookUp(messages, now)
      : Effect.succeed({ messages, parked: [] })
  }

  readonly #lookUp = Effect.fnUntraced({ self: this }, function* (messages: ReadonlyArray<Readable>, now: number) {
    const answered: Answered = { known: new Map(), aside: new Map() }
    let before: Successes = new Map()
    let waiting = messages
    for (let failures = 0; waiting.length > 0; failures++) {
      const failed = new Map<Readable, string>()
      for (const part of partsOf(waiting, failures)) {
        // The others would wait as long for nothing.
        if (!(yield* this.#ask(part, now, answered.known, failed))) break
        const [alone] = part
        const reason = part.length === 1 ? failed.get(alone!) : undefined
        if (failures < wholeFor || reason === undefined || !this.#hasSucceeded(alone!, before)) continue
        answered.aside.set(alone!, reason)
        failed.delete(alone!)
      }
      if (failures === 0) before = new Map(this.#successes)
      waiting = waiting.filter((message) => !answered.known.has(message) && !answered.aside.has(message))
      this.#outage = [...failed.values()][0]
      if (this.#outage === undefined) break
      const message = `${this.#sink}: a relation cannot be looked up (${this.#outage})`
      yield* this.#trouble.begin({ reason: this.#outage, message })
      yield* Effect.sleep(Math.min(longest, 100 * 2 ** Math.min(failures, 10)) * (0.5 + 0.5 * (yield* Random.next)))
    }
    yield* this.#trouble.end
    return yield* this.#sorted(messages, answered, now)
  })

  /** Whether the loaders have answered for another message of the same event since a time. */
  #hasSucceeded(message: Readable, since: Successes): boolean {
    const event = eventOf(message)
    return (this.#successes.get(event) ?? 0) > (since.get(event) ?? 0)
  }

  /** Looks messages up together. Returns false if the loaders do not answer. */
  readonly #ask = Effect.fnUntraced(
    { self: this },
    function* (part: ReadonlyArray<Readable>, now: number, known: Answered["known"], failed: Map<Readable, string>) {
      const asked = part.map(({ envelope, row }) => ({ envelope, anyVersion: now - row.created > otherVersionWait }))
      const answers = yield* Effect.timeoutOption(this.#complete(asked), answerWithin)
      for (const [index, message] of part.entries()) {
        const completion = Option.isSome(answers) ? answers.value[index]! : late
        if (completion._tag === "Failed") failed.set(message, completion.reason)
        else {
          known.set(message, completion)
          if (completion._tag === "Unknown" || message.envelope.later === undefined) continue
          const event = eventOf(message)
          this.#successes.set(event, (this.#successes.get(event) ?? 0) + 1)
        }
      }
      return Option.isSome(answers)
    }
  )

  /** Keeps the order of the messages. */
  #sorted(all: ReadonlyArray<Readable>, { aside, known }: Answered, now: number): Effect.Effect<LookedUp> {
    const messages: Array<Readable> = []
    const parked: Array<Parked> = []
    const left: Array<string> = []
    for (const message of all) {
      const { attempts, id } = message.row
      const completion = known.get(message)
      if (completion?._tag === "Complete" && completion.rejection === undefined) {
        messages.push({ ...message, envelope: completion.envelope })
      } else if (completion?._tag === "Complete") {
        parked.push({ id, attempts, outcome: completion.rejection!, dead: true })
      } else {
        if (completion !== undefined) left.push(completion.reason)
        const reason = completion?.reason ?? aside.get(message)!
        parked.push({ id, attempts, outcome: Receipt.expired(reason), dead: false, visibleAt: now + newerWait })
      }
    }
    const told = [this.#left.add(left.length, left[0]), this.#failing.add(aside.size, [...aside.values()][0])]
    return Effect.as(Effect.all(told, { discard: true }), { messages, parked })
  }
}
