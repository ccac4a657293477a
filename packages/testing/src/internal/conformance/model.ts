import type { EventSink, HttpTransport } from "@trackmap/core"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Runner } from "../../Runner.ts"

/** The options that both kinds share. */
interface Common {
  /** `describe` and `it` of your test runner. Default: the global functions, which Jest has. */
  readonly runner?: Runner | undefined
  /** How many messages to pass at once: more than one batch of the destination. Default: 250. */
  readonly many?: number | undefined
}

/**
 * A sink under test, and the ids of the messages that its destination has received so far. Opening the sink must not
 * fail: * pass valid settings, and cast `E` away or turn it into a defect.
 */
export interface Subject<R> {
  readonly sink: EventSink.EventSink<any, R>
  readonly received: Effect.Effect<ReadonlyArray<string>>
  /**
   * The records that have arrived so far, if the sink reports what it sends (`EventSink.Records`): the two must be
   * equal.
   */
  readonly records?: Effect.Effect<ReadonlyArray<unknown>> | undefined
}

/** The suite makes a new subject for each test, in that test's scope. */
export interface Options<R> extends Common {
  readonly make: Effect.Effect<Subject<R>, never, Scope.Scope>
  /** The services that the sink needs. */
  readonly layer: Layer.Layer<R>
}

/** A sink under test, without Effect, and the ids of the messages that its destination has received so far. */
export interface AsyncSubject {
  readonly sink: EventSink.EventSink<any, HttpTransport.HttpTransport>
  readonly received: () => ReadonlyArray<string> | PromiseLike<ReadonlyArray<string>>
  /**
   * The records that have arrived so far, if the sink reports what it sends (`EventSink.Records`): the two must be
   * equal.
   */
  readonly records?: (() => ReadonlyArray<unknown> | PromiseLike<ReadonlyArray<unknown>>) | undefined
  /** Releases what the test opened. */
  readonly close?: (() => unknown) | undefined
}

/** The suite makes a new subject for each test, without Effect. */
export interface AsyncOptions extends Common {
  readonly make: () => AsyncSubject | PromiseLike<AsyncSubject>
}
