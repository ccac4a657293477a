import { needsEffect } from "./needsEffect.ts"

/** An asynchronous answer, and its question: the walk that can wait for it asks the same next. */
let kept: { readonly f: unknown; readonly row: unknown; readonly answer: unknown } | undefined

/** Knowledge of whether the resolvers and computed attributes of an entity are asynchronous. */
export class Answers {
  /** Whether one is known to return an Effect or a promise. */
  later: boolean

  constructor(later: boolean) {
    this.later = later
  }

  /** Keeps an asynchronous answer for the walk that can wait for it, so that no function is called twice. */
  keep(f: unknown, row: unknown, answer: unknown): typeof needsEffect {
    this.later = true
    kept = { f, row, answer }
    return needsEffect
  }

  /** Calls a function for a row, unless its answer was kept. */
  ask(f: (row: any) => unknown, row: unknown): unknown {
    if (kept === undefined || kept.f !== f || kept.row !== row) return f(row)
    const { answer } = kept
    kept = undefined
    return answer
  }
}

/** Forgets an answer that nobody waits for. */
export const forget = (): void => {
  kept = undefined
}
