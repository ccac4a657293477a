import type { Violation } from "./history.ts"
import type { Turns } from "./program.ts"
import type { Statistics } from "./statistics.ts"

/** A program's history, and the law that it breaks. */
export interface Judgement<History> {
  /** None where the program did not come to its end. */
  readonly history: History | undefined
  readonly violation: Violation | undefined
}

/** What all programs have. */
export interface Ordered {
  readonly turns: Turns
  readonly sinks: ReadonlyArray<unknown>
  readonly fibers: ReadonlyArray<ReadonlyArray<{ readonly _tag: string; readonly fiber?: number }>>
}

/** A program that does not come to an end. */
export class Endless extends Error {
  constructor(turns: number) {
    super(`it takes more than ${turns} turns`)
  }
}

/** Runs a program and looks whether the laws hold. */
export const judged = <History>(
  run: () => History,
  check: (history: History) => Violation | undefined
): Judgement<History> => {
  try {
    const history = run()
    return { history, violation: check(history) }
  } catch (thrown) {
    const violation =
      thrown instanceof Endless
        ? { law: "a program comes to an end", detail: thrown.message }
        : { law: "nothing is thrown", detail: thrown instanceof Error ? (thrown.stack ?? thrown.name) : String(thrown) }
    return { history: undefined, violation }
  }
}

/** Programs, their histories, and laws. */
export interface Simulation<Program extends Ordered, History> {
  /** What is simulated. */
  readonly title: string
  /** The program of a seed. */
  readonly generate: (seed: number) => Program
  /** Runs a program and looks whether the laws hold. */
  readonly judge: (program: Program) => Judgement<History> | Promise<Judgement<History>>
  /** Programs that are one step simpler, the largest steps first. */
  readonly smaller: (program: Program) => Iterable<Program>
  readonly statisticsOf: (history: History) => Statistics
}
