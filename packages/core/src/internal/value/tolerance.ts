import * as Cause from "effect/Cause"
import type { InvalidRow, MissingRow, ResolveFailed } from "../../RowError.ts"
import { absent } from "../base/codec.ts"
import { isTagged, nameOf } from "../base/fault.ts"
import type { ResolutionTrace } from "./trace.ts"

/** Something that was wrong with a tracked event: where, what was expected, and what came, by its kind and never by its value. */
export interface Violation {
  readonly path: string
  readonly expected: string
  readonly actual: string
}

/** Something that was wrong, and what an exact valuation would have failed with. */
export interface Tolerated {
  readonly violation: Violation
  /** Whether a resolver, a loader or a computed attribute failed, and not a schema. */
  readonly resolving: boolean
  readonly cause: Cause.Cause<unknown>
}

/** Given to a valuation that is to go on where something is wrong: that is left out, and told here. */
export class Tolerance {
  readonly found: Array<Tolerated> = []
  /** Whether a value that its schema refuses is kept, where it is JSON. */
  readonly keep: boolean
  /** Told how relations are resolved, where somebody wants to know. */
  readonly trace: ResolutionTrace | undefined
  readonly #waiting = new Set<(reason: string) => void>()
  #reason: string | undefined

  constructor(keep: boolean, trace?: ResolutionTrace) {
    this.keep = keep
    this.trace = trace
  }

  /** Something is not what it should be, or was thrown. */
  add(error: InvalidRow | MissingRow, resolving: boolean): void {
    this.found.push({ violation: violationOf(error), resolving, cause: Cause.fail(error) })
  }

  /** What was to be resolved at a path has failed. */
  failed(path: string, expected: string, cause: Cause.Cause<unknown>): void {
    this.found.push({ violation: violationAt(path, expected, cause), resolving: true, cause })
  }

  /** Has what still waits for something go on without it, now and from now on. */
  giveUp(reason: string): void {
    this.#reason ??= reason
    for (const without of this.#waiting) without(reason)
  }

  /** Waits for something, at the longest until it is given up. What is given ends the wait. */
  waitFor(without: (reason: string) => void): () => void {
    if (this.#reason === undefined) this.#waiting.add(without)
    else without(this.#reason)
    return () => void this.#waiting.delete(without)
  }

  /** What stands for a value that its schema refuses. */
  instead(raw: unknown): unknown {
    if (!this.keep || raw === undefined) return absent
    return isJson(raw) ? raw : absent
  }
}

/** Whether a value comes through JSON as it is. */
const isJson = (value: unknown): boolean => {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true
    case "number":
      return Number.isFinite(value)
    case "object":
      try {
        return JSON.stringify(value) !== undefined
      } catch {
        return false
      }
    default:
      return false
  }
}

const violationOf = (error: InvalidRow | MissingRow): Violation =>
  error._tag === "InvalidRow"
    ? { path: error.path, expected: error.expected, actual: error.actual }
    : { path: error.path, expected: "a row for its key", actual: "none" }

const violationAt = (path: string, expected: string, cause: Cause.Cause<unknown>): Violation => {
  const failure = cause.reasons.find(Cause.isFailReason)?.error
  if (isTagged<InvalidRow>(failure, "InvalidRow") || isTagged<MissingRow>(failure, "MissingRow")) {
    return violationOf(failure)
  }
  if (isTagged<ResolveFailed>(failure, "ResolveFailed")) {
    const { reason } = failure
    return {
      path,
      expected,
      actual: reason.startsWith("rejected") ? `a promise that ${reason}` : `nothing: it ${reason}`
    }
  }
  return {
    path,
    expected,
    actual: failure === undefined ? `a throw of ${nameOf(Cause.squash(cause))}` : `a failure of ${nameOf(failure)}`
  }
}
