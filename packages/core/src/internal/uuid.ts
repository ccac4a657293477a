const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))
const pool = new Uint8Array(16 * 256)
let used = pool.length
let last = 0
let sequence = 0

/** Ten random bytes at a time, from one draw for many ids: a draw for each id costs more than all else that tracking does. */
const draw = (): number => {
  if (used + 10 > pool.length) {
    crypto.getRandomValues(pool)
    used = 0
  }
  return (used += 10) - 10
}

/**
 * A UUIDv7 (RFC 9562, section 5.7), later than every one before it: within a millisecond, and while the clock stands or goes
 * back, the twelve bits of `rand_a` count up from a random start (section 6.2, method 1).
 */
export const next = (now: number): string => {
  const at = draw()
  if (now > last) {
    last = now
    sequence = ((pool[at]! << 8) | pool[at + 1]!) & 0x7ff
  } else if (++sequence > 0xfff) {
    last++
    sequence = 0
  }
  const high = Math.floor(last / 0x100000000)
  const low = last >>> 0
  return `${hex[(high >>> 8) & 0xff]}${hex[high & 0xff]}${hex[low >>> 24]}${hex[(low >>> 16) & 0xff]}-${hex[(low >>> 8) & 0xff]}${hex[low & 0xff]}-${hex[0x70 | (sequence >>> 8)]}${hex[sequence & 0xff]}-${hex[0x80 | (pool[at + 2]! & 0x3f)]}${hex[pool[at + 3]!]}-${hex[pool[at + 4]!]}${hex[pool[at + 5]!]}${hex[pool[at + 6]!]}${hex[pool[at + 7]!]}${hex[pool[at + 8]!]}${hex[pool[at + 9]!]}`
}
