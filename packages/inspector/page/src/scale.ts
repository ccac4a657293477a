/** The scales of the charts. */

/** The end of an axis: the next number that is 1, 2 or 5 times a power of ten, at least 1. */
export const ceiling = (value: number): number => {
  if (!(value > 1)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [1, 2, 5, 10].find((step) => value <= step * power) ?? 10
  return step * power
}

/** The next round number, for any positive number. */
const step = (value: number): number => {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 1.5, 2, 3, 4, 5, 6, 8].find((step) => value <= step * power) ?? 10) * power
}

/** The ends of an axis for some values: it contains zero. */
export const ends = (values: ReadonlyArray<number | undefined>): readonly [bottom: number, top: number] => {
  let low = 0
  let high = 0
  for (const value of values) {
    if (value === undefined) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (low === 0 && high === 0) return [0, 1]
  return [low < 0 ? -step(-low) : 0, high > 0 ? step(high) : 0]
}

/** A linear scale from a domain to a range. */
export const linear =
  (from: readonly [number, number], to: readonly [number, number]) =>
  (value: number): number =>
    from[1] === from[0] ? to[0] : to[0] + ((value - from[0]) / (from[1] - from[0])) * (to[1] - to[0])
