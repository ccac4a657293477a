/**
 * The lock file of a plan: a line of JSON for each event and for each key of it, sorted. A change of the plan changes the lines that it concerns, so that a
 * review shows it.
 *
 * @module
 */
import type * as Description from "@trackmap/core/Description"
import * as Effect from "effect/Effect"
import { described, locked } from "./internal/given.ts"
import * as making from "./internal/lock/make.ts"
import type * as model from "./internal/lock/model.ts"
import * as text from "./internal/lock/text.ts"
import type { LockError } from "./LockError.ts"

/** A plan, as its lock file has it. */
export type Lock = model.Lock
/** An event; a call whose traits or properties the plan declares; or the context. */
export type Subject = model.Subject
/** A key of a subject. */
export type Key = model.Key

/**
 * Makes the lock of a plan, of what `Plan.describe` returns. With the previous lock, keys keep the places of their columns, new keys come behind them, and the version of each event goes up by
 * what has changed (SchemaVer: `1-0-0`, then `2-0-0` for a major change, `1-1-0` for a minor one, `1-0-1` for text).
 *
 * @example
 * ```ts
 * import { Lock } from "@trackmap/cli"
 * import { Plan, TrackedEvent } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const SignedIn = TrackedEvent.make("signedIn", { properties: { method: Schema.String } })
 * console.log(Lock.write(Lock.make(Plan.describe(Plan.make(SignedIn)))))
 * // ["trackmap lock",1]
 * // ["event","signedIn",{"version":"1-0-0"}]
 * // ["event","signedIn","method",{"at":0,"from":"signedIn.properties.method","type":{"_tag":"String"}}]
 * ```
 */
export const make = (plan: Description.Plan, previous?: Lock): Lock =>
  making.make(described("Lock.make", plan), previous && locked("Lock.make", previous))

/** The lock of a plan without events. */
export const empty: Lock = { subjects: new Map(), entities: new Map(), relations: new Map() }

/** The text of a lock file. Locks of equal plans have equal texts. */
export const write = (lock: Lock): string => text.write(locked("Lock.write", lock))

/**
 * Reads the text of a lock file. `file` names it in errors.
 *
 * Fails with `LockError`, which has the line, if the text is no lock, has merge conflicts, or was written by a newer version.
 */
export const read = (given: string, file = "trackmap.lock"): Effect.Effect<Lock, LockError> =>
  Effect.fromResult(text.read(given, file))
