/** How violations are told: a message and a log line name a few of many. */
import type { Tolerated, Violation } from "../value/tolerance.ts"

const most = 10
const longest = 300

export const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text)

/** The place of a violation in every row: an aggregate over a thousand rows can be wrong a thousand times in one way. */
export const placeOf = ({ violation }: Tolerated): string => violation.path.replaceAll(/\[\d+\]/g, "[]")

/** As many violations as a message and a log line name, at least one of each place before others of the same, and the number of the rest. */
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
