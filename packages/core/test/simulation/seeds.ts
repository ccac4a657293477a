import type { Ordered, Simulation } from "./simulation.ts"
import { add, type Statistics } from "./statistics.ts"

/** A seed whose program breaks a law. */
export interface Failure {
  readonly seed: number
  readonly law: string
  readonly detail: string
}

/** Runs the programs of every `step`th seed of a range, up to the first that breaks a law. */
export async function* runSeeds<P extends Ordered, H>(
  { generate, judge, statisticsOf }: Simulation<P, H>,
  from: number,
  to: number,
  step: number
): AsyncGenerator<{ readonly seed: number; readonly statistics: Statistics }, Failure | undefined> {
  for (let seed = from; seed < to; seed += step) {
    const { history, violation } = await judge(generate(seed))
    if (violation !== undefined) return { seed, ...violation }
    yield { seed, statistics: statisticsOf(history!) }
  }
  return undefined
}

/** Runs some programs that nobody has run before. Fails with the first that breaks a law; else returns how often each state was reached. */
export const runUnknown = async <P extends Ordered, H>(
  simulation: Simulation<P, H>,
  programs: number,
  command: string
): Promise<Statistics> => {
  const from = Math.floor(Math.random() * 2 ** 31)
  process.stdout.write(`${command}: seeds from ${from}\n`)
  const seeds = runSeeds(simulation, from, from + programs, 1)
  const reached: Statistics = {}
  for (;;) {
    const { done, value } = await seeds.next()
    if (done !== true) add(reached, value.statistics)
    else if (value === undefined) return reached
    else
      throw new Error(`${value.law}: ${value.detail}\n${command} -- --seed ${value.seed} prints the shortest program`)
  }
}
