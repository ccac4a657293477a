/** The character codes of the sixteen digits. */
const digits = Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0))

/**
 * The character codes of the last id. A string made from codes is flat in memory: `JSON.stringify` leaves V8's fast path for an object with a
 * concatenated or sliced one.
 */
const codes = Array.from("00000000-0000-7000-8000-000000000000", (char) => char.charCodeAt(0))

/** The positions in an id of the sequence and of each random part. */
const places = [15, 20, 24, 27, 30, 33]
/** The position of the variant, with two random bits. */
const variant = 19

/** Writes twelve bits as three digits. */
const put = (at: number, bits: number): void => {
  for (let i = 0; i < 3; i++) codes[at + i] = digits[(bits >>> (8 - 4 * i)) & 15]!
}

/** Sixteen random bits for the sequence, and five times sixteen for the rest of an id. */
const size = 6
const pool = new Uint16Array(256 * size)
let used = pool.length
let last = -1
let sequence = 0

/** Draws random bits for many ids at once: one draw per id would cost more than the rest of tracking. */
const draw = (): number => {
  if (used === pool.length) {
    crypto.getRandomValues(pool)
    used = 0
  }
  return (used += size) - size
}

/** Writes a time, with which all ids of its millisecond begin. */
const begin = (millis: number): void => {
  const time = millis.toString(16).padStart(12, "0")
  for (let i = 0; i < 12; i++) codes[i < 8 ? i : i + 1] = time.charCodeAt(i)
}

/** The latest time that fits into an id's 48 bits. */
const latest = 2 ** 48 - 1

/** How far the clock can go back, in milliseconds, before ids follow it. Beyond that it was wrong before, and later ids would have future times. */
const tolerated = 24 * 60 * 60 * 1_000

/** The time for an id, in whole milliseconds since 1970. Uses the system's clock if the given one returns no valid time. */
const timeOf = (now: number): number => {
  if (!Number.isFinite(now) || now > latest) return Date.now()
  return now < 0 ? 0 : Math.floor(now)
}

/**
 * A UUIDv7 (RFC 9562, section 5.7), greater than every earlier one unless the clock went back by more than a day: within a millisecond, and
 * while the clock stops or goes back, the twelve bits of `rand_a` count up from a random start (section 6.2, method 1).
 */
export const next = (now: number): string => {
  const at = draw()
  // Most ids have the same millisecond as the previous one.
  if (now !== last) follow(timeOf(now), at)
  else count()
  pool[at] = sequence
  for (let word = 0; word < size; word++) put(places[word]!, pool[at + word]!)
  codes[variant] = digits[8 | (pool[at + 1]! >>> 14)]!
  return String.fromCharCode(...codes)
}

const follow = (now: number, at: number): void => {
  if (now <= last && last - now <= tolerated) return count()
  last = now
  begin(now)
  sequence = pool[at]! & 0x7ff
}

/** Counts up within the millisecond, or moves to the next one if it is full. */
const count = (): void => {
  if (++sequence <= 0xfff) return
  begin(++last)
  sequence = 0
}
