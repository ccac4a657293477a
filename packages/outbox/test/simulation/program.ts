/**
 * What is simulated, as data: it is made from a seed, printed, cut down to what matters, and run again.
 * Times are in milliseconds; what is left out has not happened.
 */
import type { Answer, Deed, Turns } from "../../../core/test/simulation/program.ts"

export interface Program {
  readonly turns: Turns
  /** `memory`: a model of a database with concurrent transactions. `sqlite`: the real one, on a file. */
  readonly database: "memory" | "sqlite"
  /** How long the database takes for each operation. */
  readonly latency: number
  readonly service: ServiceSetup
  readonly relay: RelaySetup
  readonly sinks: ReadonlyArray<SinkSetup>
  /** What each fiber of the service does, step by step. */
  readonly fibers: ReadonlyArray<ReadonlyArray<Step>>
}

export interface ServiceSetup {
  readonly capacity: number
  readonly whenInsertFails: "fail" | "savepoint"
  readonly closeWithin: number
}

export interface RelaySetup {
  readonly order: "any" | "user"
  readonly limit: number
  readonly lease: number
  readonly poll: number
  readonly closeWithin: number
}

export interface SinkSetup {
  readonly name: string
  /** The most messages of a batch. */
  readonly messages: number
  readonly concurrency: number
  readonly from: "beginning" | "now"
  /** Whether relays have it only from the step on that adds it. */
  readonly absent?: boolean
  readonly answers: readonly [VendorAnswer, ...ReadonlyArray<VendorAnswer>]
  readonly combinators: ReadonlyArray<Combinator>
}

/** What a destination does when it is sent a batch: one after the other, and then from the first again. */
export interface VendorAnswer extends Omit<Answer, "does" | "deaf"> {
  readonly does: VendorDeed
}

/** `lost`: it takes the messages, and its answer gets lost. */
export type VendorDeed = Exclude<Deed, { readonly _tag: "hangs" }> | { readonly _tag: "lost" }

export type Combinator =
  | { readonly _tag: "retried"; readonly base: number; readonly limit: number }
  | { readonly _tag: "rateLimited"; readonly limit: number; readonly window: number }
  | { readonly _tag: "circuitBroken"; readonly failures: number; readonly open: number }
  | { readonly _tag: "filter"; readonly every: number }
  | { readonly _tag: "redact" }
  | { readonly _tag: "consented" }

export type Step =
  | ({ readonly _tag: "track" } & Track)
  | TransactionStep
  | { readonly _tag: "sleep"; readonly millis: number }
  /** Interrupts what another fiber does at the moment, which then goes on with its next step. */
  | { readonly _tag: "interrupt"; readonly fiber: number }
  /** The service's process dies after some more turns, and another one starts. */
  | { readonly _tag: "killService"; readonly turns: number; readonly restarts: number }
  | { readonly _tag: "startRelay"; readonly inService: boolean; readonly skew: number }
  | { readonly _tag: "killRelay"; readonly relay: number; readonly turns: number }
  /** As after SIGSTOP. */
  | { readonly _tag: "pauseRelay"; readonly relay: number; readonly millis: number }
  | { readonly _tag: "stopRelay"; readonly relay: number }
  | { readonly _tag: "outage"; readonly sink: number; readonly millis: number; readonly wrongKey: boolean }
  | DatabaseFault
  | { readonly _tag: "replay"; readonly of: "letters" | "log"; readonly sink: number }
  | { readonly _tag: "erase"; readonly user: number }
  | { readonly _tag: "add"; readonly sink: number }
  | { readonly _tag: "remove"; readonly sink: number }
  | { readonly _tag: "rename"; readonly sink: number }
  | { readonly _tag: "sweep"; readonly age: number }

/** Operations of the database fail for a while, before they take effect or after it. */
export interface DatabaseFault {
  readonly _tag: "databaseFault"
  readonly millis: number
  readonly done: boolean
  /** One in so many fails. */
  readonly every: number
}

export interface Track {
  /** Whether the event asks consent to advertising. */
  readonly ad: boolean
  /** 0 stands for nobody. */
  readonly user: number
  readonly consents: "all" | "analytics" | "none"
}

/** A transaction that writes a change for each message. */
export interface TransactionStep {
  readonly _tag: "transaction"
  /** `Outbox.transaction`, or `withTransaction` of the client. */
  readonly collects: boolean
  readonly body: ReadonlyArray<Inner>
  readonly ends: Ending
  /** Whether the receipts are awaited afterwards. */
  readonly awaited: boolean
}

export type Ending = "commits" | "fails" | "dies"

export type Inner =
  | ({ readonly _tag: "track" } & Track)
  | { readonly _tag: "sleep"; readonly millis: number }
  | {
      readonly _tag: "savepoint"
      readonly collects: boolean
      readonly body: ReadonlyArray<Inner>
      readonly ends: "commits" | "fails"
    }
