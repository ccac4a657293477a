/** Numbers that a seed decides. */
export interface Random {
  /** From 0 to 1. */
  readonly next: () => number
  /** A whole number from `least` to `most`. */
  readonly between: (least: number, most: number) => number
  /** Whether something with this chance happens. */
  readonly chance: (chance: number) => boolean
  readonly pick: <A>(choices: readonly [A, ...ReadonlyArray<A>]) => A
  /** One of some choices, each as often as its weight says. */
  readonly weighted: <A>(choices: ReadonlyArray<readonly [weight: number, choice: A]>) => A
}

/** Mulberry32, whose state is first spread: seeds that follow one another have nothing in common. */
export const make = (seed: number): Random => {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(Math.floor(seed / 0x100000000), 0xc2b2ae35)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000
  }
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  return {
    next,
    between,
    chance: (chance) => next() < chance,
    pick: (choices) => choices[between(0, choices.length - 1)]!,
    weighted: (choices) => {
      let at = next() * choices.reduce((sum, [weight]) => sum + weight, 0)
      for (const [weight, choice] of choices) if ((at -= weight) < 0) return choice
      return choices[0]![1]
    }
  }
}
