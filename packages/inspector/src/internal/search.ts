/** A span of a text that parts cover: the start, the index after the end, and the length of the longest part. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly longest: number
}

/** A state of the search: the characters that can follow, and the fallback if none does. */
interface State {
  readonly next: Map<number, State>
  /** The state of this one's longest suffix that is also the start of a part. */
  back: State | undefined
  /** The length of the longest part that ends here, or 0. */
  length: number
}

const state = (): State => ({ next: new Map(), back: undefined, length: 0 })

/** The states of all parts together (Aho and Corasick, "Efficient string matching", 1975). */
const statesOf = (parts: ReadonlyArray<string>): State => {
  const start = state()
  for (const part of parts) {
    let at = start
    for (let index = 0; index < part.length; index++) {
      const character = part.charCodeAt(index)
      let next = at.next.get(character)
      if (next === undefined) at.next.set(character, (next = state()))
      at = next
    }
    at.length = part.length
  }
  const queue = [start]
  for (const from of queue) {
    for (const [character, to] of from.next) {
      const back = from === start ? start : follow(from.back!, character)
      to.back = back
      to.length = Math.max(to.length, back.length)
      queue.push(to)
    }
  }
  return start
}

/** The state after one more character. Each step back undoes an earlier step forward. */
const follow = (from: State, character: number): State => {
  let at = from
  for (;;) {
    const next = at.next.get(character)
    if (next !== undefined) return next
    if (at.back === undefined) return at
    at = at.back
  }
}

/**
 * Finds every occurrence of any of the parts in a text, and returns the spans that they cover, in order and without contact. The time is
 * proportional to the length of the text, however many parts there are and however they overlap.
 */
export const make = (parts: ReadonlyArray<string>): ((text: string) => ReadonlyArray<Span>) => {
  const none = statesOf(parts.filter((part) => part !== ""))
  return (text) => {
    const found: Array<Span> = []
    let at = none
    for (let index = 0; index < text.length; index++) {
      at = follow(at, text.charCodeAt(index))
      if (at.length === 0) continue
      let start = index + 1 - at.length
      let longest = at.length
      for (let last = found.at(-1); last !== undefined && last.end >= start; last = found.at(-1)) {
        found.pop()
        start = Math.min(start, last.start)
        longest = Math.max(longest, last.longest)
      }
      found.push({ start, end: index + 1, longest })
    }
    return found
  }
}
