import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import { EventSink, Receipt, SendError } from "../../src/index.ts"
import type { Message } from "../../src/Message.ts"
import { numberOf } from "./events.ts"
import type { History, Moment, Role, Sent } from "./history.ts"
import type { Answer, Answers, Combinator, SinkSetup } from "./program.ts"

// A program has a clock of its own, which does not wait for what these load when the first one opens.
const plain = EventSink.make({ name: "plain", send: () => Effect.succeed([]) })
const loading = [
  EventSink.rateLimited(plain, { limit: 1, window: 1 }),
  EventSink.circuitBroken(plain, { tripPolicy: CircuitBreaker.consecutive(1), openDuration: 1 })
]
await Effect.runPromise(Effect.scoped(Effect.forEach(loading, (sink) => EventSink.deliver(sink, []))))

/** What a sink writes down, and how it hangs. */
export interface Recorder {
  readonly history: Pick<History, "mapped" | "sent">
  readonly moment: () => Moment
  readonly hangs: (who: string) => Effect.Effect<never>
}

/** A sink of a program. */
export const build = (recorder: Recorder, setup: SinkSetup): EventSink.EventSink => {
  const { age, answers, buffer, bytes, messageBytes, messages, name } = setup
  const own = destination(recorder, name, "destination", answers, {
    messages,
    ...(bytes !== undefined && { bytes }),
    ...(messageBytes !== undefined && { messageBytes })
  }).pipe(EventSink.batched({ age }))
  const buffered = buffer === undefined ? own : EventSink.buffered(own, buffer)
  return setup.combinators.reduce((sink, combinator) => combine(recorder, name, sink, combinator), buffered)
}

const destination = (
  recorder: Recorder,
  sink: string,
  role: Role,
  answers: Answers,
  limits?: Partial<EventSink.Limits>
): EventSink.EventSink => {
  let asked = 0
  return EventSink.make({
    name: role === "destination" ? sink : `${sink} ${role}`,
    limits,
    send: (batch) => {
      const answer = answers[asked++ % answers.length]!
      const sent: Sent = {
        sink,
        role,
        messages: batch.messages,
        does: answer.does,
        began: recorder.moment(),
        ended: undefined,
        result: undefined
      }
      recorder.history.sent.push(sent)
      return answering(recorder, answer, batch, sent)
    }
  })
}

const answering = (
  recorder: Recorder,
  { after = 0, deaf = false, does }: Answer,
  batch: EventSink.Batch,
  sent: Sent
): Effect.Effect<ReadonlyArray<Receipt.Outcome>, SendError.SendError> => {
  const end = (result: NonNullable<Sent["result"]>): void => {
    sent.ended = recorder.moment()
    sent.result = result
  }
  if (does._tag === "throws" && after === 0) {
    end({ _tag: "broke" })
    throw new Error("thrown at once")
  }
  const pause = after === 0 ? Effect.void : Effect.sleep(after)
  const taken = deaf ? Effect.uninterruptible(pause) : pause
  return Effect.andThen(taken, act(recorder, does, batch, `${sent.sink} ${sent.role}`)).pipe(
    Effect.onExit((exit) =>
      Effect.sync(() => {
        if (Exit.isSuccess(exit)) return end({ _tag: "answered", outcomes: exit.value })
        const [reason] = exit.cause.reasons
        if (reason?._tag === "Fail") {
          const { error } = reason
          const outcomes = "outcomes" in error ? error.outcomes : undefined
          return end({ _tag: "failed", error: error._tag, ...(outcomes !== undefined && { outcomes }) })
        }
        end({ _tag: reason?._tag === "Interrupt" ? "interrupted" : "broke" })
      })
    )
  )
}

const act = (
  recorder: Recorder,
  does: Answer["does"],
  batch: EventSink.Batch,
  who: string
): Effect.Effect<ReadonlyArray<Receipt.Outcome>, SendError.SendError> => {
  switch (does._tag) {
    case "deliver":
      return Effect.succeed(batch.map(() => Receipt.delivered))
    case "reject":
      return Effect.succeed(
        batch.map((message) => (numberOf(message) % does.every === 0 ? Receipt.rejected("bad") : Receipt.delivered))
      )
    case "unavailable":
      return Effect.fail(
        new SendError.Unavailable({
          reason: "down",
          ...(does.retryAfter !== undefined && { retryAfter: does.retryAfter })
        })
      )
    case "misconfigured":
      return Effect.fail(new SendError.Misconfigured({ reason: "wrong key" }))
    case "refused":
      return Effect.fail(new SendError.Refused({ reason: "refused" }))
    case "poisoned":
      return batch.messages.some((message) => numberOf(message) % does.every === 0)
        ? Effect.fail(new SendError.Refused({ reason: "poisoned" }))
        : Effect.succeed(batch.map(() => Receipt.delivered))
    case "tooLarge":
      return batch.length > does.most
        ? Effect.fail(new SendError.TooLarge({ reason: "too large" }))
        : Effect.succeed(batch.map(() => Receipt.delivered))
    case "partly":
      return Effect.fail(partly(does, batch))
    case "miscounts":
      return Effect.succeed(
        does.by === "all"
          ? (undefined as never)
          : Array.from({ length: batch.length + does.by }, () => Receipt.delivered)
      )
    case "throws":
      return Effect.sync(() => {
        throw new Error("thrown")
      })
    case "dies":
      return Effect.die("died")
    case "interrupts":
      return Effect.interrupt
    case "hangs":
      return recorder.hangs(who)
  }
}

/** An error that tells the outcomes of some messages, or of too few. */
const partly = (
  { as, by, every }: Extract<Answer["does"], { readonly _tag: "partly" }>,
  batch: EventSink.Batch
): SendError.SendError => {
  const known = batch.map((message, index) => {
    if (numberOf(message) % every === 0) return undefined
    return index % 2 === 0 ? Receipt.delivered : Receipt.rejected("bad")
  })
  const outcomes = by === 0 ? known : known.slice(by)
  switch (as) {
    case "Unavailable":
      return new SendError.Unavailable({ reason: "down", outcomes })
    case "TooLarge":
      return new SendError.TooLarge({ reason: "too large", outcomes })
    case "Refused":
      return new SendError.Refused({ reason: "refused", outcomes })
  }
}

const combine = (
  recorder: Recorder,
  name: string,
  sink: EventSink.EventSink,
  combinator: Combinator
): EventSink.EventSink => {
  switch (combinator._tag) {
    case "retried":
      return EventSink.retried(sink, {
        schedule: Schedule.exponential(combinator.base),
        limit: combinator.limit
      })
    case "rateLimited":
      return EventSink.rateLimited(sink, combinator)
    case "circuitBroken":
      return EventSink.circuitBroken(sink, {
        tripPolicy: CircuitBreaker.consecutive(combinator.failures),
        openDuration: combinator.open
      })
    case "filter":
      return EventSink.filter(sink, (message) => numberOf(message) % combinator.every !== 0)
    case "map":
      return EventSink.map(sink, (message) => {
        if (strikes(message, combinator.throwsEvery)) throw new Error("map")
        return { ...message, context: { ...message.context, mapped: true }, messageId: "changed" }
      })
    case "redact":
      return EventSink.redact(sink, "drop")
    case "consented":
      return EventSink.consented(sink, "analytics")
    case "deadLetter":
      return EventSink.deadLetter(sink, destination(recorder, name, "deadLetter", combinator.answers))
    case "orElse":
      return EventSink.orElse(sink, destination(recorder, name, "orElse", combinator.answers))
    case "mapReceipt":
      return EventSink.mapReceipt(sink, (receipt, message) => {
        if (strikes(message, combinator.throwsEvery)) throw new Error("mapReceipt")
        const to = receipt.outcome._tag === "Rejected" ? Receipt.skipped("mapped") : receipt.outcome
        recorder.history.mapped.push({ sink: name, messageId: receipt.messageId, from: receipt.outcome, to })
        return { ...receipt, outcome: to }
      })
    case "tap":
      return EventSink.tap(sink, () => {
        const { after = 0, does } = combinator
        if (does === "throws") throw new Error("tap")
        const look =
          does === "fails" ? Effect.die("tap") : does === "hangs" ? recorder.hangs(`${name} tap`) : Effect.void
        return after === 0 ? look : Effect.andThen(Effect.sleep(after), look)
      })
  }
}

const strikes = (message: Message, every: number): boolean => every > 0 && numberOf(message) % every === 0
