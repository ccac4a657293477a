import * as EventSink from "@trackmap/core/EventSink"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Effect from "effect/Effect"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import * as Schedule from "effect/Schedule"
import { numberOf } from "./events.ts"
import type { Sent } from "./history.ts"
import type { Process } from "./process.ts"
import type { Combinator, SinkSetup, VendorAnswer } from "./program.ts"

// A history has a clock of its own, which does not wait for what these load when the first one opens.
const plain = EventSink.make({ name: "plain", send: () => Effect.succeed([]) })
const loading = [
  EventSink.rateLimited(plain, { limit: 1, window: 1 }),
  EventSink.circuitBroken(plain, { tripPolicy: CircuitBreaker.consecutive(1), openDuration: 1 })
]
await Effect.runPromise(Effect.scoped(Effect.forEach(loading, (sink) => EventSink.deliver(sink, []))))

type Outcomes = ReadonlyArray<Receipt.Outcome>

/** What the world writes down of a vendor. */
export interface Recorder {
  readonly now: () => number
  readonly turn: () => number
  readonly sent: (sent: Sent) => void
}

/** A destination, which all processes send to. */
export class Vendor {
  readonly setup: SinkSetup
  readonly #recorder: Recorder
  readonly #index: number
  #asked = 0
  /** Whether it does nothing any more but deliver, or refuse a message for its own sake. */
  healthy = false
  outage: { readonly until: number; readonly wrongKey: boolean } = { until: 0, wrongKey: false }
  /** Why it has refused messages for their own sake, by their ids. */
  readonly refusals = new Map<string, Set<string>>()

  constructor(setup: SinkSetup, index: number, recorder: Recorder) {
    this.setup = setup
    this.#index = index
    this.#recorder = recorder
  }

  /** Its sink in a process, under the name that it has now. */
  sinkIn(process: Process, name: string): EventSink.EventSink {
    const { combinators, concurrency, messages } = this.setup
    const own = EventSink.make({ name, limits: { messages }, send: (batch) => this.#send(process, name, batch) })
    return combinators.reduce(combine, EventSink.buffered(own, { concurrency }))
  }

  #send(process: Process, name: string, batch: EventSink.Batch): Effect.Effect<Outcomes, SendError.SendError> {
    const { now, sent: record, turn } = this.#recorder
    const { after = 0, does } = this.#answer()
    const sent: Sent = {
      sink: this.#index,
      process,
      messages: batch.messages,
      turn: turn(),
      at: now(),
      taken: [],
      told: undefined
    }
    record(sent)
    const act = Effect.suspend((): Effect.Effect<Outcomes, SendError.SendError> => {
      const { until, wrongKey } = this.outage
      if (!this.healthy && now() < until) {
        const reason = "out of order"
        return Effect.fail(wrongKey ? new SendError.Misconfigured({ reason }) : new SendError.Unavailable({ reason }))
      }
      return this.#act(does, batch, name, sent)
    })
    // The answer takes its way back.
    const answered = Effect.matchEffect(act, {
      onSuccess: (outcomes) => Effect.as(Effect.yieldNow, outcomes),
      onFailure: (error) => Effect.andThen(Effect.yieldNow, Effect.fail(error))
    })
    return (after === 0 ? answered : Effect.delay(answered, after)).pipe(
      Effect.tap((outcomes) => Effect.sync(() => void (sent.told = outcomes))),
      Effect.tapError((error) =>
        Effect.sync(() => void (sent.told = "outcomes" in error ? (error.outcomes ?? []) : []))
      )
    )
  }

  #answer(): VendorAnswer {
    const { answers } = this.setup
    const answer = answers[this.#asked++ % answers.length]!
    const isOfMessages = ["deliver", "reject", "poisoned"].includes(answer.does._tag)
    return this.healthy && !isOfMessages ? { does: { _tag: "deliver" } } : answer
  }

  #refuse(id: string, reason: string): Receipt.Outcome {
    const reasons = this.refusals.get(id) ?? new Set()
    this.refusals.set(id, reasons.add(reason))
    return Receipt.rejected(reason)
  }

  #act(
    does: VendorAnswer["does"],
    batch: EventSink.Batch,
    name: string,
    sent: Sent
  ): Effect.Effect<Outcomes, SendError.SendError> {
    const takes = (id: string): Receipt.Outcome => {
      sent.taken.push(id)
      return Receipt.delivered
    }
    const refused = (reason: string): void => {
      if (batch.length === 1) this.#refuse(batch.messages[0]!.messageId, reason)
    }
    const all = (): Effect.Effect<Outcomes> => Effect.succeed(batch.map(({ messageId }) => takes(messageId)))
    switch (does._tag) {
      case "deliver":
        return all()
      case "reject":
        return Effect.succeed(
          batch.map((message) =>
            numberOf(message) % does.every === 0 ? this.#refuse(message.messageId, "bad") : takes(message.messageId)
          )
        )
      case "unavailable":
        return Effect.fail(
          new SendError.Unavailable({
            reason: "down",
            ...(does.retryAfter !== undefined && { retryAfter: does.retryAfter })
          })
        )
      case "lost":
        return Effect.andThen(all(), Effect.fail(new SendError.Unavailable({ reason: "timed out" })))
      case "misconfigured":
        return Effect.fail(new SendError.Misconfigured({ reason: "wrong key" }))
      case "refused":
        refused("refused")
        return Effect.fail(new SendError.Refused({ reason: "refused" }))
      case "poisoned":
        if (!batch.messages.some((message) => numberOf(message) % does.every === 0)) return all()
        refused("poisoned")
        return Effect.fail(new SendError.Refused({ reason: "poisoned" }))
      case "tooLarge":
        return batch.length > does.most ? Effect.fail(new SendError.TooLarge({ reason: "too large" })) : all()
      case "partly": {
        const known = batch.map((message, index) => {
          if (numberOf(message) % does.every === 0) return undefined
          return index % 2 === 0 ? takes(message.messageId) : this.#refuse(message.messageId, "bad")
        })
        const outcomes = does.by === 0 ? known : known.slice(does.by)
        const reason = "partly"
        if (does.as === "Unavailable") return Effect.fail(new SendError.Unavailable({ reason, outcomes }))
        for (const { messageId } of batch) this.#refuse(messageId, reason)
        if (does.as === "TooLarge") return Effect.fail(new SendError.TooLarge({ reason, outcomes }))
        return Effect.fail(new SendError.Refused({ reason, outcomes }))
      }
      case "miscounts": {
        const count = does.by === "all" ? "no" : batch.length + does.by
        for (const { messageId } of batch) {
          sent.taken.push(messageId)
          this.#refuse(messageId, `${name} returned ${count} outcomes for ${batch.length} messages`)
        }
        return Effect.succeed(
          does.by === "all" ? (undefined as never) : Array.from({ length: Number(count) }, () => Receipt.delivered)
        )
      }
      case "throws":
        refused(`${name} threw`)
        return Effect.sync(() => {
          throw new Error("thrown")
        })
      case "dies":
        refused(`${name} threw`)
        return Effect.die("died")
      case "interrupts":
        return Effect.interrupt
    }
  }
}

const combine = (sink: EventSink.EventSink, combinator: Combinator): EventSink.EventSink => {
  switch (combinator._tag) {
    case "consented":
      return EventSink.consented(sink, "analytics")
    case "redact":
      return EventSink.redact(sink, "drop")
    case "filter":
      return EventSink.filter(sink, (message) => numberOf(message) % combinator.every !== 0)
    case "rateLimited":
      return EventSink.rateLimited(sink, combinator)
    case "circuitBroken": {
      const tripPolicy = CircuitBreaker.consecutive(combinator.failures)
      return EventSink.circuitBroken(sink, { tripPolicy, openDuration: combinator.open })
    }
    case "retried":
      return EventSink.retried(sink, { schedule: Schedule.exponential(combinator.base), limit: combinator.limit })
  }
}
