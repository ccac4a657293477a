import type { Resolution } from "../../Lineage.ts"
import type { Message } from "../../Message.ts"
import type { Attempt, Call, Observation, Observer } from "../../Observer.ts"
import type { Receipt } from "../../Receipt.ts"
import { logThrown } from "../base/logThrown.ts"
import type { Start } from "./model.ts"

/** Combines the observations of one message. An observer that throws gets no further calls for the message. */
export class Observed implements Observation {
  #observations: ReadonlyArray<Observation>
  readonly #threw: (cause: unknown) => void

  constructor(observations: ReadonlyArray<Observation>, threw: (cause: unknown) => void) {
    this.#observations = observations
    this.#threw = threw
  }

  resolved(resolution: Resolution): void {
    this.#notify((observation) => observation.resolved(resolution))
  }
  tracked(message: Message): void {
    this.#notify((observation) => observation.tracked(message))
  }
  sent(attempt: Attempt): void {
    this.#notify((observation) => observation.sent(attempt))
  }
  received(receipt: Receipt): void {
    this.#notify((observation) => observation.received(receipt))
  }

  #notify(of: (observation: Observation) => void): void {
    for (const observation of this.#observations) {
      try {
        of(observation)
      } catch (cause) {
        this.#observations = this.#observations.filter((other) => other !== observation)
        this.#threw(cause)
      }
    }
  }
}

/** The observers of a tracker. */
export class Observers {
  #observers: ReadonlyArray<{ readonly observer: Observer }> = []
  readonly #start: Start

  constructor(start: Start) {
    this.#start = start
  }

  /** Adds an observer. Call the result to remove it. */
  add(observer: Observer): () => void {
    // The same observer may be added twice, and each addition is removed separately.
    const own = { observer }
    this.#observers = [...this.#observers, own]
    return () => this.#remove(own)
  }

  #remove(own: { readonly observer: Observer }): void {
    this.#observers = this.#observers.filter((other) => other !== own)
  }

  /** Passes a call to all observers. Removes one that throws. */
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

  get none(): boolean {
    return this.#observers.length === 0
  }

  #threw(cause: unknown): void {
    this.#start(logThrown("an observer of the tracker threw", cause))
  }
}
