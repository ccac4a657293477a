let millisecond = Number.NaN
let text = ""

/** A time in milliseconds as ISO 8601 in UTC. The last one is kept: many messages are made in one millisecond. */
export const of = (now: number): string => {
  if (now !== millisecond) {
    text = new Date(now).toISOString()
    millisecond = now
  }
  return text
}
