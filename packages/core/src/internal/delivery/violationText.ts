/** How messages and log lines describe violations: they name a few of many. */
import type { Tolerated, Violation } from "../value/tolerance.ts"

const most = 10
const longest = 300

export const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text)

/** The place of a violation, the same for every row: an aggregate over a thousand rows can fail a thousand times in the same way. */
export const placeOf = ({ violation }: Tolerated): string => violation.path.replaceAll(/\[\d+\]/g, "[]")

/** The violations that a message or a log line names, and the number of the others. Different places come before repetitions of one. */
export const bounded = (
  found: ReadonlyArray<Tolerated>
): { readonly named: ReadonlyArray<Tolerated>; readonly more: number } => {
  if (found.length <= most) return { named: found, more: 0 }
  const firsts = new Map<string, Tolerated>()
  for (const one of found) {
    const place = placeOf(one)
    if (!firsts.has(place)) firsts.set(place, one)
  }
  const chosen = new Set([...firsts.values()].slice(0, most))
  for (const one of found) if (chosen.size < most) chosen.add(one)
  return { named: found.filter((one) => chosen.has(one)), more: found.length - most }
}

/** A violation on one line. */
export const textOf = ({ actual, expected, path }: Violation): string =>
  `${cut(path)}: expected ${cut(expected)}, got ${cut(actual)}`
