/** Twelve bits in hexadecimal. */
const hex = Array.from({ length: 4_096 }, (_, bits) => bits.toString(16).padStart(3, "0"))
/** The variant, and the two bits after it. */
const variants = ["8", "9", "a", "b"]

/** Sixteen random bits for the sequence, and five times sixteen for the rest of an id. */
const size = 6
const pool = new Uint16Array(256 * size)
let used = pool.length
let last = -1
let sequence = 0
/** The start of all ids of a millisecond. */
let prefix = ""

/** Draws random bits for many ids at once: one draw per id would cost more than the rest of tracking. */
const draw = (): number => {
  if (used === pool.length) {
    crypto.getRandomValues(pool)
    used = 0
  }
  return (used += size) - size
}

const prefixOf = (millis: number): string => {
  const time = millis.toString(16).padStart(12, "0")
  return `${time.slice(0, 8)}-${time.slice(8)}-7`
}

const digits = (at: number): string => hex[pool[at]! & 0xfff]!

/** The latest time that an id has room for, in 48 bits. */
const latest = 2 ** 48 - 1

/** How far a clock can go back, in milliseconds, before ids follow it. It was wrong before, and ids of the future would not sort. */
const tolerated = 24 * 60 * 60 * 1_000

/** The time for an id: a whole number since 1970. If the clock returns no valid time, the system's clock does. */
const timeOf = (now: number): number => {
  if (!Number.isFinite(now) || now > latest) return Date.now()
  return now < 0 ? 0 : Math.floor(now)
}

/**
 * A UUIDv7 (RFC 9562, section 5.7), later than every one before it unless the clock went back by more than a day: within a millisecond, and
 * while the clock stands still or goes back, the twelve bits of `rand_a` count up from a random start (section 6.2, method 1).
 */
export const next = (now: number): string => {
  const at = draw()
  // Most ids have the millisecond of the one before.
  if (now !== last) follow(timeOf(now), at)
  else count()
  const node = digits(at + 2) + digits(at + 3) + digits(at + 4) + digits(at + 5)
  return `${prefix}${hex[sequence]}-${variants[pool[at + 1]! >>> 14]}${digits(at + 1)}-${node}`
}

const follow = (now: number, at: number): void => {
  if (now <= last && last - now <= tolerated) return count()
  last = now
  prefix = prefixOf(now)
  sequence = pool[at]! & 0x7ff
}

/** The next id in the same millisecond, or in the next one if that is full. */
const count = (): void => {
  if (++sequence <= 0xfff) return
  prefix = prefixOf(++last)
  sequence = 0
}
