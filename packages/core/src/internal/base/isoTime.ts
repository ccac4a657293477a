let millisecond = Number.NaN
let text = ""

/** A time in milliseconds as ISO 8601 in UTC. It keeps the last one, since many messages can have the same millisecond. */
export const of = (now: number): string => {
  if (now !== millisecond) {
    text = new Date(now).toISOString()
    millisecond = now
  }
  return text
}

/** The time of a clock, or the system's own where a clock gives none. */
export const nowOf = (clock: { readonly currentTimeMillisUnsafe: () => number }): number => {
  const now = clock.currentTimeMillisUnsafe()
  return Number.isFinite(now) && Math.abs(now) <= latest ? now : Date.now()
}

/** The latest time that a Date can hold (ECMA-262, "Time Values and Time Range"). */
const latest = 8.64e15
