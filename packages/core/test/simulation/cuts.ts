import type { Ordered } from "./simulation.ts"

/** Programs with fewer fibers, sinks or steps, the fewest first. */
export function* shorter<P extends Ordered>(program: P): Iterable<P> {
  const { fibers, sinks } = program
  for (const [index] of fibers.entries()) {
    if (fibers.length > 1) yield { ...program, fibers: withoutFiber(fibers, index) }
  }
  for (const fewer of without(sinks)) if (fewer.length > 0) yield { ...program, sinks: fewer }
  for (const [index, steps] of fibers.entries()) {
    for (const fewer of halves(steps)) yield { ...program, fibers: fibers.with(index, fewer) }
    for (const fewer of without(steps)) yield { ...program, fibers: fibers.with(index, fewer) }
  }
}

/** Programs whose fibers have their turns in a simpler order. */
export function* plainer<P extends Ordered>(program: P): Iterable<P> {
  const { turns } = program
  if (turns.seed !== 0) yield { ...program, turns: { seed: 0, yields: 0 } }
  if (turns.yields !== 0) yield { ...program, turns: { ...turns, yields: 0 } }
}

/** A record with one field as it is in the plainest, or without it. */
export function* fields<A extends object>(
  record: A,
  plainest: Partial<A>,
  kept: ReadonlyArray<keyof A> = []
): Iterable<A> {
  for (const key of Object.keys(record) as Array<keyof A>) {
    if (kept.includes(key) || JSON.stringify(record[key]) === JSON.stringify(plainest[key])) continue
    const { [key]: _, ...others } = record
    yield (key in plainest ? { ...record, [key]: plainest[key] } : others) as A
  }
}

export const without = <A>(list: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  list.map((_, index) => list.toSpliced(index, 1))

const halves = <A>(list: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> => {
  if (list.length < 4) return []
  const middle = list.length >> 1
  return [list.slice(0, middle), list.slice(middle)]
}

/** Without a fiber, those that are left go by new numbers. */
const withoutFiber = (fibers: Ordered["fibers"], index: number): Ordered["fibers"] =>
  fibers.toSpliced(index, 1).map((steps) =>
    steps.flatMap((step) => {
      if (step._tag !== "interrupt" || step.fiber === undefined || step.fiber < index) return [step]
      return step.fiber === index ? [] : [{ ...step, fiber: step.fiber - 1 }]
    })
  )
