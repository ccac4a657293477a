/** A time zone's offset to UTC, until the instant at which the next one begins. Both are in milliseconds. */
export interface Offset {
  readonly offset: number
  readonly until?: number
}

type OffsetAt = (at: number) => number

/** How the offset of a time zone is read, or undefined if there is no such zone. */
export const offsetsOf = (zone: string): OffsetAt | undefined => {
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric"
    })
    return (at) => {
      const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
      const { day, hour, minute, month, second, year } = parts
      return Date.UTC(year!, month! - 1, day, hour, minute, second) - Math.floor(at / 1_000) * 1_000
    }
  } catch {
    return undefined
  }
}

/** No zone changes its offset twice within this time. */
const step = 3 * 86_400_000

/** The first whole second of a change between two instants. */
const changeIn = (offsetAt: OffsetAt, from: number, to: number): number => {
  const before = offsetAt(from)
  let [low, high] = [from, to]
  while (high - low > 1_000) {
    const middle = low + Math.floor((high - low) / 2_000) * 1_000
    if (offsetAt(middle) === before) low = middle
    else high = middle
  }
  return high
}

/** The offsets of a time zone between two instants, or undefined if they are too many for a query. */
export const offsetsIn = (offsetAt: OffsetAt, from: number, to: number): ReadonlyArray<Offset> | undefined => {
  const offsets: Array<Offset> = []
  let at = Math.floor(from / 1_000) * 1_000
  let offset = offsetAt(at)
  while (at <= to) {
    const next = at + step
    if (offsetAt(next) === offset) {
      at = next
      continue
    }
    const until = changeIn(offsetAt, at, next)
    offsets.push({ offset, until })
    if (offsets.length > 100) return undefined
    at = until
    offset = offsetAt(at)
  }
  return [...offsets, { offset }]
}
