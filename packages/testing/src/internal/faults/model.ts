import type { EventSink, HttpTransport } from "@trackmap/core"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Fault from "../../Fault.ts"
import type { Runner } from "../../Runner.ts"
import type * as VendorServer from "../../VendorServer.ts"

/** What both kinds of options have. */
interface Common {
  /** `describe` and `it` of your test runner. Default: its global ones, as Jest has them. */
  readonly runner?: Runner | undefined
  /** The message's id in what comes over the wire. */
  readonly idOf: (message: Fault.Message) => string
  /** Whether the vendor says which records it refuses, and takes the others: the server then knows `Fault.partial`. Default: false. */
  readonly partial?: boolean | undefined
  /** Whether the vendor can say no in the body of a 200. Default: true. */
  readonly denial?: boolean | undefined
}

/** What a sink is told beside the address. */
export interface SinkOptions {
  /**
   * How many seconds of the suite's clock pass in one. Timers of Effect follow that clock. Those of the platform do not: a sink
   * with a time limit of its own, such as `AbortSignal.timeout`, divides it by this.
   */
  readonly rate: number
}

/** The sink that sends to an address: the server's own, `http://127.0.0.1:49152`, or one that leads nowhere. */
type MakeSink<R> = (url: string, options: SinkOptions) => EventSink.EventSink<any, R>

/** A sink under test, and the server that it sends to. */
export interface Subject<R> {
  readonly server: VendorServer.VendorServer<Fault.Common>
  readonly sink: MakeSink<R>
  /** The ids of the messages that the server has kept, each as often as it has come. */
  readonly arrived: Effect.Effect<ReadonlyArray<string>>
}

/** How the suite gets its subjects: a new one for each test, in that test's scope. */
export interface Options<R> extends Common {
  readonly make: (options: VendorServer.Options) => Effect.Effect<Subject<R>, never, Scope.Scope>
  /** What the sink needs. */
  readonly layer: Layer.Layer<R>
}

/** A sink under test, without Effect, and the vendor that it sends to: the suite starts its server. */
export interface AsyncSubject {
  readonly vendor: VendorServer.Vendor
  readonly sink: MakeSink<HttpTransport.HttpTransport>
  /** The ids of the messages that the vendor has kept, each as often as it has come. */
  readonly arrived: () => ReadonlyArray<string> | PromiseLike<ReadonlyArray<string>>
  /** Ends what was made for the test. */
  readonly close?: (() => unknown) | undefined
}

/** How the suite gets its subjects without Effect: a new one for each test. */
export interface AsyncOptions extends Common {
  readonly make: () => AsyncSubject | PromiseLike<AsyncSubject>
}
