/** Requests that do not wait for responses to earlier ones, like people's. */
import { setTimeout as sleep } from "node:timers/promises"

/** A generator of numbers from 0 to 1 (mulberry32), so that each turn can repeat the arrivals of another. */
const random = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), seed | 1)
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

/** The times in milliseconds at which requests arrive: independently of each other, with an average rate per second (a Poisson process). */
export const arrivals = (rate: number, seconds: number, seed: number): ReadonlyArray<number> => {
  const next = random(seed)
  const times: Array<number> = []
  for (let at = 0; ; times.push(at)) {
    at -= (Math.log(1 - next()) / rate) * 1_000
    if (at >= seconds * 1_000) return times
  }
}

/**
 * Sends a request at each arrival, and returns the milliseconds from each arrival to its response. Timers add up to a millisecond to each.
 * Waiting more exactly would occupy a core.
 */
export const openLoop = async (
  arrivals: ReadonlyArray<number>,
  send: () => Promise<void>
): Promise<ReadonlyArray<number>> => {
  const start = performance.now()
  const answered: Array<Promise<number>> = []
  for (const arrival of arrivals) {
    const left = start + arrival - performance.now()
    if (left > 0) await sleep(left)
    answered.push(send().then(() => performance.now() - start - arrival))
  }
  return Promise.all(answered)
}
