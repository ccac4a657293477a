import type { Ordered, Simulation } from "./simulation.ts"

/** The shortest program found that breaks the same law. Tries at most as many as told. */
export const shrink = async <P extends Ordered, H>(
  { judge, smaller }: Simulation<P, H>,
  program: P,
  law: string,
  budget = 20_000
): Promise<P> => {
  let smallest = program
  let left = budget
  const breaks = async (candidate: P): Promise<P | undefined> => {
    // Where something is left out, others have their turns at other times: some other orders are tried as well.
    const { seed, yields } = candidate.turns
    const orders = [{ seed, yields }, { seed: 0, yields: 0 }, ...[1, 2, 3, 4, 5, 6].map((seed) => ({ seed, yields }))]
    for (const turns of orders) {
      if (left-- <= 0) return undefined
      const one = { ...candidate, turns }
      if ((await judge(one)).violation?.law === law) return one
    }
    return undefined
  }
  for (let found = true; found;) {
    found = false
    for (const candidate of smaller(smallest)) {
      const broken = await breaks(candidate)
      if (broken === undefined) continue
      smallest = broken
      found = true
      break
    }
  }
  return smallest
}
