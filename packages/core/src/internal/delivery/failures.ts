import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { InvalidRow, ResolveFailed } from "../../RowError.ts"
import { isTagged } from "../base/fault.ts"
import { logThrown } from "../base/logThrown.ts"
import * as userFunction from "../base/userFunction.ts"
import type { Tolerated } from "../value/tolerance.ts"
import type { Failure, Options, Start } from "./model.ts"

/** Reports to the service the errors of its relations and sinks. */
export class Failures {
  readonly #tell: NonNullable<Options["onError"]>
  readonly #start: Start

  constructor(tell: NonNullable<Options["onError"]>, start: Start) {
    this.#tell = tell
    this.#start = start
  }

  /** Reports the violations that come from a resolver, a loader or a computed attribute. */
  relations(event: string, found: ReadonlyArray<Tolerated>): void {
    for (const { cause, resolving, violation } of found) {
      if (resolving) this.#told({ _tag: "Relation", event, path: violation.path, cause: thrownIn(cause) })
    }
  }

  readonly sink = (sink: string, cause: unknown): void => this.#told({ _tag: "Sink", sink, cause })

  #told(failure: Failure): void {
    try {
      const told: unknown = this.#tell(failure)
      if (told === undefined) return
      this.#start(
        Effect.catchCause(
          userFunction.from(told, (cause) => cause),
          (cause) => this.#threw(cause)
        )
      )
    } catch (thrown) {
      this.#start(this.#threw(Cause.die(thrown)))
    }
  }

  #threw(cause: Cause.Cause<unknown>): Effect.Effect<void> {
    return logThrown("onError threw", Cause.squash(cause))
  }
}

/** The error that the service's function threw or rejected with, or ours if it did neither. */
const thrownIn = (cause: Cause.Cause<unknown>): unknown => {
  const thrown = Cause.squash(cause)
  return (isTagged<ResolveFailed>(thrown, "ResolveFailed") || isTagged<InvalidRow>(thrown, "InvalidRow")) &&
    thrown.cause !== undefined
    ? thrown.cause
    : thrown
}
