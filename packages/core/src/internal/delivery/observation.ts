import * as Effect from "effect/Effect"
import type { Resolution } from "../../Lineage.ts"
import type { Message } from "../../Message.ts"
import type { Attempt, Call, Observation, Observer } from "../../Observer.ts"
import type { Receipt } from "../../Receipt.ts"

/** What all observers of one message are told. One that throws is told no more of it. */
export class Observed implements Observation {
  #observations: ReadonlyArray<Observation>
  readonly #threw: (cause: unknown) => void

  constructor(observations: ReadonlyArray<Observation>, threw: (cause: unknown) => void) {
    this.#observations = observations
    this.#threw = threw
  }

  resolved(resolution: Resolution): void {
    this.#tell((to) => to.resolved(resolution))
  }
  tracked(message: Message): void {
    this.#tell((to) => to.tracked(message))
  }
  sent(attempt: Attempt): void {
    this.#tell((to) => to.sent(attempt))
  }
  received(receipt: Receipt): void {
    this.#tell((to) => to.received(receipt))
  }

  #tell(news: (to: Observation) => void): void {
    for (const observation of this.#observations) {
      try {
        news(observation)
      } catch (cause) {
        this.#observations = this.#observations.filter((other) => other !== observation)
        this.#threw(cause)
      }
    }
  }
}

/** Who looks on, while somebody does. */
export class Observers {
  #observers: ReadonlyArray<{ readonly observer: Observer }> = []
  readonly #start: (effect: Effect.Effect<void>) => unknown

  constructor(start: (effect: Effect.Effect<void>) => unknown) {
    this.#start = start
  }

  /** Has one more look on. What is given takes it away. */
  add(observer: Observer): () => void {
    // The same one may look on twice, and each has its own end.
    const own = { observer }
    this.#observers = [...this.#observers, own]
    return () => this.#remove(own)
  }

  #remove(own: { readonly observer: Observer }): void {
    this.#observers = this.#observers.filter((other) => other !== own)
  }

  get none(): boolean {
    return this.#observers.length === 0
  }

  /** Asks all observers about a call. One that throws is asked no more. */
  observe(call: Call): Observed | undefined {
    let observations: Array<Observation> | undefined
    for (const own of this.#observers) {
      try {
        const observation = own.observer.observe(call)
        if (observation !== undefined) (observations ??= []).push(observation)
      } catch (cause) {
        this.#remove(own)
        this.#threw(cause)
      }
    }
    return observations && new Observed(observations, (cause) => this.#threw(cause))
  }

  #threw(cause: unknown): void {
    this.#start(Effect.logError("an observer of the tracker threw", cause))
  }
}
