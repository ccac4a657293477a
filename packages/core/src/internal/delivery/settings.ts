import type * as Plan from "../../Plan.ts"
import { describe } from "../base/fault.ts"
import { millisOf, oneOf, wholeNumber } from "../base/options.ts"
import { refuse } from "../base/refuse.ts"
import type { Relations, Validation } from "../event/mode.ts"
import { isPlan } from "../event/plan.ts"
import { bufferOf } from "../sink/batching.ts"
import type { BufferOptions } from "../sink/model.ts"
import type { Options } from "./model.ts"

/** A tracker's options, checked and with defaults. Durations are in milliseconds. */
export interface Settings {
  readonly plan: Plan.Plan | undefined
  readonly relations: Relations
  readonly validation: Validation
  readonly resolveWithin: number
  readonly closeWithin: number
  readonly flushWithin: number
  /** How many messages may wait for consent. */
  readonly consentCapacity: number
  readonly buffer: BufferOptions
  readonly onError: Options["onError"]
}

const validations: ReadonlyArray<Validation> = ["strip", "annotate", "deadLetter", "fail", "off"]

export const settingsOf = (options: Options): Settings => {
  const {
    closeWithin = "20 seconds",
    onError,
    flushWithin = "2 seconds",
    plan,
    relations = "omit",
    resolveWithin = Infinity,
    validation = "strip"
  } = options
  if (plan !== undefined && !isPlan(plan)) refuse("Tracker", "BadPath", "plan is not a plan: make it with Plan.make")
  return {
    plan,
    relations: oneOf<Relations>("Tracker", "relations", ["omit", "fail"], relations),
    validation: oneOf("Tracker", "validation", validations, validation),
    resolveWithin: millisOf("Tracker", "resolveWithin", resolveWithin),
    closeWithin: millisOf("Tracker", "closeWithin", closeWithin),
    flushWithin: millisOf("Tracker", "flushWithin", flushWithin),
    consentCapacity: consentCapacityOf(options.withoutConsent),
    buffer: bufferOf("Tracker", options),
    onError: onError === undefined ? undefined : functionOf(onError)
  }
}

const functionOf = (onError: Options["onError"]): Options["onError"] =>
  typeof onError === "function"
    ? onError
    : refuse("Tracker", "BadPath", `onError must be a function of a failure, not ${describe(onError)}`)

const consentCapacityOf = (given: Options["withoutConsent"] = "skip"): number =>
  given === "skip" || given?.hold === 0 ? 0 : wholeNumber("Tracker", "the number of messages held", given?.hold)
