/** The scales of the charts. */

/** The end of an axis: the next number that is 1, 2 or 5 times a power of ten, at least 1. */
export const ceiling = (value: number): number => {
  if (!(value > 1)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [1, 2, 5, 10].find((step) => value <= step * power) ?? 10
  return step * power
}

/** A linear scale from a domain to a range. */
export const linear =
  (from: readonly [number, number], to: readonly [number, number]) =>
  (value: number): number =>
    from[1] === from[0] ? to[0] : to[0] + ((value - from[0]) / (from[1] - from[0])) * (to[1] - to[0])
