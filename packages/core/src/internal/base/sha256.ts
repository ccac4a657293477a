// WebCrypto answers with promises, and so does Effect's Digest. A message must be hashed, in its place, when the call returns, and at exit there is
// no later. So this computes SHA-256 itself (FIPS 180-4); its tests compare it with Node's.
import * as Hex from "effect/encoding/Hex"

const primes = (count: number): ReadonlyArray<number> => {
  const found: Array<number> = []
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n)
  return found
}

/** The first 32 bits of the fractional part. */
const fraction = (root: number): number => ((root - Math.floor(root)) * 0x1_0000_0000) | 0

export const initial = Int32Array.from(primes(8), (prime) => fraction(Math.sqrt(prime)))
const constants = Int32Array.from(primes(64), (prime) => fraction(Math.cbrt(prime)))

export const blockBytes = 64
const schedule = new Int32Array(64)

/** Adds the block of 64 bytes at an offset to a state. */
export const compress = (state: Int32Array, bytes: Uint8Array, offset: number): void => {
  const w = schedule
  for (let i = 0, at = offset; i < 16; i++, at += 4) {
    w[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  }
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!
    const y = w[i - 2]!
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0
  }
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  let e = state[4]!
  let f = state[5]!
  let g = state[6]!
  let h = state[7]!
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + constants[i]! + w[i]!) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  state[0] = (state[0]! + a) | 0
  state[1] = (state[1]! + b) | 0
  state[2] = (state[2]! + c) | 0
  state[3] = (state[3]! + d) | 0
  state[4] = (state[4]! + e) | 0
  state[5] = (state[5]! + f) | 0
  state[6] = (state[6]! + g) | 0
  state[7] = (state[7]! + h) | 0
}

/** Adds the last bytes to a state that has had `before` bytes, a number of whole blocks. */
export const finish = (state: Int32Array, bytes: Uint8Array, before: number): void => {
  let at = 0
  for (; at + blockBytes <= bytes.length; at += blockBytes) compress(state, bytes, at)
  const rest = bytes.length - at
  const padded = new Uint8Array(rest < 56 ? blockBytes : 2 * blockBytes)
  padded.set(bytes.subarray(at))
  padded[rest] = 0x80
  const length = before + bytes.length
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(length / 0x2000_0000))
  view.setUint32(padded.length - 4, (length << 3) >>> 0)
  for (let block = 0; block < padded.length; block += blockBytes) compress(state, padded, block)
}

export const bytesOf = (state: Int32Array): Uint8Array => {
  const bytes = new Uint8Array(32)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < 8; i++) view.setInt32(4 * i, state[i]!)
  return bytes
}

export const encoder = new TextEncoder()

export const digest = (bytes: Uint8Array): Uint8Array => {
  const state = initial.slice()
  finish(state, bytes, 0)
  return bytesOf(state)
}

/** The SHA-256 of a text, or its first bytes, in hexadecimal. */
export const sha256 = (text: string, bytes?: number): string =>
  Hex.encode(digest(encoder.encode(text)).subarray(0, bytes))
