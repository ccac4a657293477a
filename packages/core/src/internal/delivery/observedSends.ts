import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { type Message, toJson } from "../../Message.ts"
import type { Attempt } from "../../Observer.ts"
import type { Receipt } from "../../Receipt.ts"
import type { SendError } from "../../SendError.ts"
import { outcomesIn } from "../sink/known.ts"
import type { Attempted, Batch, SendBatch, Sink } from "../sink/model.ts"
import type { Observed } from "./observation.ts"

/** Notifies observers of each attempt to send a message. */
export class ObservedSends {
  readonly #sink: Sink
  readonly #clock: Clock.Clock
  /** By the message that the sink sends. */
  readonly #observed = new Map<Message, Observed>()

  constructor(sink: Sink, clock: Clock.Clock) {
    this.#sink = sink
    this.#clock = clock
  }

  add(message: Message, observed: Observed): void {
    this.#observed.set(message, observed)
  }

  /** The observers of a message that no longer gets a receipt hear no more of it. */
  forget(message: Message): void {
    this.#observed.delete(message)
  }

  /** Notifies a message's observers of its receipt, after which they hear no more of the message. */
  received(message: Message, observed: Observed, receipt: Receipt): void {
    this.#observed.delete(message)
    observed.received(receipt)
  }

  /** Sends a batch, and notifies the observers of its messages. */
  send(batch: Batch, send: SendBatch): ReturnType<SendBatch> {
    if (this.#observed.size === 0) return send(batch)
    return Effect.suspend(() => {
      const at = this.#clock.currentTimeMillisUnsafe()
      const since = this.#clock.monotonicTimeNanosUnsafe()
      return Effect.onExit(send(batch), (exit) =>
        Effect.sync(() => this.#sent(batch, at, Number(this.#clock.monotonicTimeNanosUnsafe() - since) / 1e6, exit))
      )
    })
  }

  #sent(batch: Batch, at: number, milliseconds: number, exit: Exit.Exit<ReadonlyArray<Attempted>, SendError>): void {
    const failure = Exit.isFailure(exit) ? exit.cause.reasons.find(Cause.isFailReason)?.error : undefined
    const known = failure && outcomesIn(failure, batch)
    const { length: messages } = batch
    for (const [index, message] of batch.messages.entries()) {
      const observed = this.#observed.get(message)
      const result = Exit.isSuccess(exit) ? exit.value[index]!.outcome : (known?.[index] ?? failure)
      if (observed === undefined || result === undefined) continue
      const records = recordsOf(this.#sink, message)
      observed.sent({ sink: this.#sink.name, at, milliseconds, messages, result, records })
    }
  }
}

/** Made from a copy, so that an observer that keeps it does not keep the message or its batch alive. */
const recordsOf = (sink: Sink, message: Message): Attempt["records"] => {
  const json = toJson(message)
  return Effect.catchCause(
    Effect.suspend(() => sink.records(JSON.parse(json) as Message)),
    () => Effect.succeed([])
  )
}
