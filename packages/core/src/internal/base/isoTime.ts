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
