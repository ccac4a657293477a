import type { EventSink, HttpTransport } from "@trackmap/core"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Runner } from "../../Runner.ts"

/** What both kinds of options have. */
interface Common {
  /** `describe` and `it` of your test runner. Default: its global ones, as Jest has them. */
  readonly runner?: Runner | undefined
  /** How many messages are given at once: more than go into one batch of the destination. Default: 250. */
  readonly many?: number | undefined
}

/**
 * A sink under test, and the ids of the messages that its destination has received so far. Opening the sink must not fail:
 * give it settings that are right, and cast `E` away or die of it.
 */
export interface Subject<R> {
  readonly sink: EventSink.EventSink<any, R>
  readonly received: Effect.Effect<ReadonlyArray<string>>
  /** What has arrived so far, if the sink tells what it sends (`EventSink.Records`): the two must be equal. */
  readonly records?: Effect.Effect<ReadonlyArray<unknown>> | undefined
}

/** How the suite gets its subjects: a new one for each test, in that test's scope. */
export interface Options<R> extends Common {
  readonly make: Effect.Effect<Subject<R>, never, Scope.Scope>
  /** What the sink needs. */
  readonly layer: Layer.Layer<R>
}

/** A sink under test, without Effect, and the ids of the messages that its destination has received so far. */
export interface AsyncSubject {
  readonly sink: EventSink.EventSink<any, HttpTransport.HttpTransport>
  readonly received: () => ReadonlyArray<string> | PromiseLike<ReadonlyArray<string>>
  /** What has arrived so far, if the sink tells what it sends (`EventSink.Records`): the two must be equal. */
  readonly records?: (() => ReadonlyArray<unknown> | PromiseLike<ReadonlyArray<unknown>>) | undefined
  /** Ends what was made for the test. */
  readonly close?: (() => unknown) | undefined
}

/** How the suite gets its subjects without Effect: a new one for each test. */
export interface AsyncOptions extends Common {
  readonly make: () => AsyncSubject | PromiseLike<AsyncSubject>
}
