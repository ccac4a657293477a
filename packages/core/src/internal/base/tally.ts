import { oneLine } from "./oneLine.ts"

/** More names than this are counted together, so that a tally stays small whatever it counts. */
const mostNames = 20

/** How often something happened, by name. */
export class Tally {
  readonly #counts = new Map<string, number>()
  #others = 0

  add(name: string): void {
    const count = this.#counts.get(name)
    if (count === undefined && this.#counts.size === mostNames) this.#others++
    else this.#counts.set(name, (count ?? 0) + 1)
  }

  /** The most frequent names with their counts, as text. A single name has no count. */
  text(separator: string, most: number): string {
    const all = [...this.#counts].sort(([, a], [, b]) => b - a)
    if (all.length === 1 && this.#others === 0) return oneLine(all[0]![0])
    const named = all.slice(0, most).map(([name, count]) => `${count} ${oneLine(name)}`)
    const rest = all.slice(most).reduce((sum, [, count]) => sum + count, this.#others)
    return [...named, ...(rest > 0 ? [`${rest} more`] : [])].join(separator)
  }

  clear(): void {
    this.#counts.clear()
    this.#others = 0
  }
}
