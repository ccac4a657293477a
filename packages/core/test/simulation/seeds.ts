import { generate } from "./generate.ts"
import { judge } from "./shrink.ts"
import * as statistics from "./statistics.ts"

/** A seed whose program breaks a law. */
export interface Failure {
  readonly seed: number
  readonly law: string
  readonly detail: string
}

/** Runs the programs of every `step`th seed of a range, up to the first that breaks a law. */
export function* runSeeds(
  from: number,
  to: number,
  step: number
): Generator<{ readonly seed: number; readonly statistics: statistics.Statistics }, Failure | undefined> {
  for (let seed = from; seed < to; seed += step) {
    const { history, violation } = judge(generate(seed))
    if (violation !== undefined) return { seed, ...violation }
    yield { seed, statistics: statistics.of(history!) }
  }
  return undefined
}
