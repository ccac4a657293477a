import * as Cause from "effect/Cause"
import { DefinitionError } from "../../DefinitionError.ts"
import type { InvalidRow, MissingRow, ResolveFailed } from "../../RowError.ts"
import { clean } from "../base/cleanJson.ts"
import { absent } from "../base/codec.ts"
import { isTagged, nameOf } from "../base/fault.ts"
import { LinkedList } from "../base/linkedList.ts"
import type { StoredKey } from "../load/storedKey.ts"
import type { ResolutionTrace } from "./trace.ts"

/** A violation of a tracked event: its path, what was expected, and the kind of value found, never the value. */
export interface Violation {
  readonly path: string
  readonly expected: string
  readonly actual: string
}

/** A violation, and the error with which an intolerant valuation would have failed. */
export interface Tolerated {
  readonly violation: Violation
  /** Whether a resolver, a loader or a computed attribute failed, and not a schema. */
  readonly resolving: boolean
  readonly cause: Cause.Cause<unknown>
}

/** A relation of a row that a loader has yet to look up. */
export interface LaterRelation {
  /** Its path from the entity, with the places of rows in lists: `Order.lines[0].product`. */
  readonly relation: string
  /** The record that it belongs to: a JSON Pointer from the values. */
  readonly at: string
  readonly key: StoredKey
}

/** Makes a valuation continue after an error: it omits the invalid part, and reports it here. */
export class Tolerance {
  readonly found: Array<Tolerated> = []
  /** Whether a value that its schema refuses is kept if it is JSON. */
  readonly keep: boolean
  /** Receives how relations are resolved, if there are observers. */
  readonly trace: ResolutionTrace | undefined
  /** Receives the relations that have loaders, if these are not called now. */
  readonly later: Array<LaterRelation> | undefined
  readonly #waiting = new LinkedList<(reason: string) => void>()
  /** Made for the first, since most events have none. */
  #told: Set<string> | undefined
  #reason: string | undefined

  constructor(keep: boolean, trace?: ResolutionTrace, later?: Array<LaterRelation>) {
    this.keep = keep
    this.trace = trace
    this.later = later
  }

  /** Reports an invalid value, or an error that was thrown. */
  add(error: InvalidRow | MissingRow, resolving: boolean): void {
    this.put({ violation: violationOf(error), resolving, cause: Cause.fail(error) })
  }

  /** Reports that resolving a path has failed. */
  failed(path: string, expected: string, cause: Cause.Cause<unknown>): void {
    this.put({ violation: violationAt(path, expected, cause), resolving: true, cause })
  }

  /** Several aggregates of a relation read a row, and find the same. */
  put(one: Tolerated): void {
    const { actual, expected, path } = one.violation
    const text = JSON.stringify([path, expected, actual])
    this.#told ??= new Set()
    if (this.#told.has(text)) return
    this.#told.add(text)
    this.found.push(one)
  }

  /** Makes everything that waits continue without its result, now and from now on. */
  giveUp(reason: string): void {
    this.#reason ??= reason
    for (const without of this.#waiting) without(reason)
  }

  /** Waits for something until it is given up, which calls `without`. Call the result to end the wait. */
  waitFor(without: (reason: string) => void): () => void {
    if (this.#reason !== undefined) {
      without(this.#reason)
      return nothing
    }
    const waiting = this.#waiting.add(without)
    return () => void this.#waiting.remove(waiting)
  }

  /** The replacement of a value that its schema refuses: its JSON, if it has any. */
  instead(raw: unknown): unknown {
    return this.keep ? clean(raw, "", 0, () => {}) : absent
  }
}

const nothing = (): void => {}

const violationOf = (error: InvalidRow | MissingRow): Violation =>
  error._tag === "InvalidRow"
    ? { path: error.path, expected: error.expected, actual: error.actual }
    : { path: error.path, expected: "a row for its key", actual: "none" }

const violationAt = (path: string, expected: string, cause: Cause.Cause<unknown>): Violation => {
  const failure = cause.reasons.find(Cause.isFailReason)?.error
  const thrown = failure ?? Cause.squash(cause)
  if (isTagged<InvalidRow>(thrown, "InvalidRow") || isTagged<MissingRow>(thrown, "MissingRow")) {
    return violationOf(thrown)
  }
  if (isTagged<ResolveFailed>(thrown, "ResolveFailed")) {
    const { reason } = thrown
    const who = failure === undefined ? thrown.path : "it"
    return {
      path,
      expected,
      actual: reason.startsWith("rejected") ? `a promise that ${reason}` : `nothing: ${who} ${reason}`
    }
  }
  // Its message describes an error in a definition, and nothing of a row.
  if (thrown instanceof DefinitionError) return { path, expected, actual: `nothing: ${thrown.message}` }
  return {
    path,
    expected,
    actual: failure === undefined ? `a throw of ${nameOf(thrown)}` : `a failure of ${nameOf(failure)}`
  }
}
