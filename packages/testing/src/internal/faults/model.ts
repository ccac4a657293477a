import type { EventSink, HttpTransport } from "@trackmap/core"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Fault from "../../Fault.ts"
import type { Runner } from "../../Runner.ts"
import type * as VendorServer from "../../VendorServer.ts"

/** The options that both kinds share. */
interface Common {
  /** `describe` and `it` of your test runner. Default: the global functions, which Jest has. */
  readonly runner?: Runner | undefined
  /** Returns the message's id from a message as the server receives it. */
  readonly idOf: (message: Fault.Message) => string
  /**
   * Whether the vendor names the records that it refuses, and accepts the others: the server then supports
   * `Fault.partial`. Default: false.
   */
  readonly partial?: boolean | undefined
  /** Whether the vendor can report an error in the body of a 200. Default: true. */
  readonly denial?: boolean | undefined
}

/** The settings of a sink, besides the address. */
export interface SinkOptions {
  /**
   * The seconds of the suite's clock per real second. Effect's timers follow that clock; the platform's do not. So a sink with its own time
   * limit, such as `AbortSignal.timeout`, divides it by this number.
   */
  readonly rate: number
}

/** Makes the sink for an address: the server's own, `http://127.0.0.1:49152`, or one that leads nowhere. */
type MakeSink<R> = (url: string, options: SinkOptions) => EventSink.EventSink<any, R>

/** A sink under test, and the server that it sends to. */
export interface Subject<R> {
  readonly server: VendorServer.VendorServer<Fault.Common>
  readonly sink: MakeSink<R>
  /** The ids of the messages that the server has kept, each as often as it arrived. */
  readonly arrived: Effect.Effect<ReadonlyArray<string>>
}

/** The suite makes a new subject for each test, in that test's scope. */
export interface Options<R> extends Common {
  readonly make: (options: VendorServer.Options) => Effect.Effect<Subject<R>, never, Scope.Scope>
  /** The services that the sink needs. */
  readonly layer: Layer.Layer<R>
}

/** A sink under test, without Effect, and the vendor that it sends to: the suite starts its server. */
export interface AsyncSubject {
  readonly vendor: VendorServer.Vendor
  readonly sink: MakeSink<HttpTransport.HttpTransport>
  /** The ids of the messages that the vendor has kept, each as often as it arrived. */
  readonly arrived: () => ReadonlyArray<string> | PromiseLike<ReadonlyArray<string>>
  /** Releases what the test opened. */
  readonly close?: (() => unknown) | undefined
}

/** The suite makes a new subject for each test, without Effect. */
export interface AsyncOptions extends Common {
  readonly make: () => AsyncSubject | PromiseLike<AsyncSubject>
}
