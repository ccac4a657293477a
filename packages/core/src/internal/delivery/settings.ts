import type * as Plan from "../../Plan.ts"
import { functionOf, millisOf, type Names, oneOf, optionsOf, wholeNumber } from "../base/options.ts"
import { refuse } from "../base/refuse.ts"
import { type Relations, relationModes, type Validation, validationModes } from "../event/mode.ts"
import { isPlan } from "../event/plan.ts"
import { bufferOf } from "../sink/batching.ts"
import type { BufferOptions } from "../sink/model.ts"
import type { Options } from "./model.ts"

/** A tracker's options, checked and with defaults filled in. Durations are in milliseconds. */
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

/** The names of a tracker's options. */
export const optionNames: Names<Options> = {
  plan: true,
  relations: true,
  validation: true,
  resolveWithin: true,
  withoutConsent: true,
  closeWithin: true,
  flushWithin: true,
  onError: true,
  capacity: true,
  whenFull: true,
  waitWithin: true,
  concurrency: true
}

export const settingsOf = (given?: Options): Settings => {
  const options: Options = given === undefined ? {} : optionsOf("Tracker", given, optionNames)
  const { onError, plan, relations = "omit", validation = "strip" } = options
  const { closeWithin = "20 seconds", flushWithin = "2 seconds", resolveWithin = Infinity } = options
  if (plan !== undefined && !isPlan(plan)) refuse("Tracker", "BadPath", "plan is not a plan: make it with Plan.make")
  return {
    plan,
    relations: oneOf("Tracker", "relations", relationModes, relations),
    validation: oneOf("Tracker", "validation", validationModes, validation),
    resolveWithin: millisOf("Tracker", "resolveWithin", resolveWithin),
    closeWithin: millisOf("Tracker", "closeWithin", closeWithin),
    flushWithin: millisOf("Tracker", "flushWithin", flushWithin),
    consentCapacity: consentCapacityOf(options.withoutConsent),
    buffer: bufferOf("Tracker", options),
    onError: onError === undefined ? undefined : functionOf("Tracker", "onError", onError)
  }
}

const consentCapacityOf = (given: Options["withoutConsent"] = "skip"): number =>
  given === "skip" || given?.hold === 0 ? 0 : wholeNumber("Tracker", "the number of messages held", given?.hold)
