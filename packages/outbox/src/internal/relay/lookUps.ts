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

/** The longest pause between two attempts, in milliseconds. */
const longest = 10_000

/**
 * How long a message is left to relays that know the version of the event by which it was tracked, in milliseconds. Then any relay completes it by its
 * own version: after a deployment, nobody has the old one.
 */
export const otherVersionWait = 15 * 60_000

const late: Delivery.Completion = {
  _tag: "Failed",
  reason: `the loaders did not answer within ${answerWithin / 1_000} seconds`
}

/** The look-ups for one sink. */
export class LookUps {
  readonly #sink: string
  readonly #complete: Complete
  readonly #trouble: Trouble
  readonly #left: CountLog
  #outage: string | undefined

  constructor(sink: string, complete: Complete) {
    this.#sink = sink
    this.#complete = complete
    this.#trouble = new Trouble(`${sink}: its relations are looked up again`)
    this.#left = new CountLog(
      (count, reason) => `${sink}: left ${counted(count)} to relays whose plan can look up their relations: ${reason}`
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
    const completions = new Map<Readable, Exclude<Delivery.Completion, { readonly _tag: "Failed" }>>()
    let waiting = messages
    for (let failures = 0; waiting.length > 0; failures++) {
      const asked = waiting.map(({ envelope, row }) => ({ envelope, anyVersion: now - row.created > otherVersionWait }))
      const answers = yield* Effect.timeoutOption(this.#complete(asked), answerWithin)
      let failure: string | undefined
      for (const [index, message] of waiting.entries()) {
        const completion = Option.isSome(answers) ? answers.value[index]! : late
        if (completion._tag === "Failed") failure ??= completion.reason
        else completions.set(message, completion)
      }
      this.#outage = failure
      if (failure === undefined) break
      waiting = waiting.filter((message) => !completions.has(message))
      yield* this.#trouble.begin({
        reason: failure,
        message: `${this.#sink}: a relation cannot be looked up (${failure})`
      })
      yield* Effect.sleep(Math.min(longest, 100 * 2 ** Math.min(failures, 10)) * (0.5 + 0.5 * (yield* Random.next)))
    }
    yield* this.#trouble.end
    return yield* this.#sorted(completions, now)
  })

  #sorted(
    completions: ReadonlyMap<Readable, Exclude<Delivery.Completion, { readonly _tag: "Failed" }>>,
    now: number
  ): Effect.Effect<LookedUp> {
    const messages: Array<Readable> = []
    const parked: Array<Parked> = []
    let left = 0
    let why = ""
    for (const [message, completion] of completions) {
      const { attempts, id } = message.row
      if (completion._tag === "Unknown") {
        left++
        why = completion.reason
        parked.push({ id, attempts, outcome: Receipt.expired(why), dead: false, visibleAt: now + newerWait })
      } else if (completion.rejection !== undefined) {
        parked.push({ id, attempts, outcome: completion.rejection, dead: true })
      } else messages.push({ ...message, envelope: completion.envelope })
    }
    return Effect.as(this.#left.add(left, why), { messages, parked })
  }
}
