/** Twelve bits in hexadecimal. */
const hex = Array.from({ length: 4_096 }, (_, bits) => bits.toString(16).padStart(3, "0"))
/** The variant, and the two bits after it. */
const variants = ["8", "9", "a", "b"]

/** Sixteen random bits for the sequence, and five times sixteen for the rest of an id. */
const size = 6
const pool = new Uint16Array(256 * size)
let used = pool.length
let last = 0
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

/**
 * A UUIDv7 (RFC 9562, section 5.7), later than every one before it: within a millisecond, and while the clock stands or goes
 * back, the twelve bits of `rand_a` count up from a random start (section 6.2, method 1).
 */
export const next = (now: number): string => {
  const at = draw()
  if (now > last) {
    last = now
    prefix = prefixOf(now)
    sequence = pool[at]! & 0x7ff
  } else if (++sequence > 0xfff) {
    prefix = prefixOf(++last)
    sequence = 0
  }
  const node = digits(at + 2) + digits(at + 3) + digits(at + 4) + digits(at + 5)
  return `${prefix}${hex[sequence]}-${variants[pool[at + 1]! >>> 14]}${digits(at + 1)}-${node}`
}
