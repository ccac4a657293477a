/** The codes of the sixteen digits. */
const digits = Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0))

/** The codes of the last id. A text of codes is flat in memory: with one that is joined or cut, JSON.stringify of a message takes V8 three times as long. */
const codes = Array.from("00000000-0000-7000-8000-000000000000", (char) => char.charCodeAt(0))

/** Where the sequence begins in an id, and each of the random parts. */
const places = [15, 20, 24, 27, 30, 33]
/** Where the variant is, with two random bits. */
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

/** Writes a time, which all ids of a millisecond begin with. */
const begin = (millis: number): void => {
  const time = millis.toString(16).padStart(12, "0")
  for (let i = 0; i < 12; i++) codes[i < 8 ? i : i + 1] = time.charCodeAt(i)
}

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

/** The next id in the same millisecond, or in the next one if that is full. */
const count = (): void => {
  if (++sequence <= 0xfff) return
  begin(++last)
  sequence = 0
}
