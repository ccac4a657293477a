/** A name without its case and its separators. */
export const folded = (name: string): string => name.toLowerCase().replaceAll(/[ _-]/g, "")

/** How many letters of one text must be added, left out, replaced or swapped to get another (optimal string alignment). */
const distance = (a: string, b: string): number => {
  let [before, row]: [Array<number>, Array<number>] = [[], Array.from({ length: b.length + 1 }, (_, column) => column)]
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const swapped = i > 0 && j > 0 && a[i] === b[j - 1] && a[i - 1] === b[j] ? before[j - 1]! + 1 : Infinity
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (a[i] === b[j] ? 0 : 1), swapped))
    }
    ;[before, row] = [row, next]
  }
  return row[b.length]!
}

/** The name that a misspelt name probably means, if any. */
export const nearest = (given: string, names: ReadonlyArray<string>): string | undefined => {
  const one = folded(given.slice(0, 64))
  const [first] = names
    .map((name) => ({ name, far: distance(one, folded(name)) }))
    .filter(({ far, name }) => far <= Math.max(1, Math.floor(name.length / 3)))
    .toSorted((a, b) => a.far - b.far)
  return first?.name
}
