/** What must hold, whatever happens to processes, the database and the vendors. */

/** A law does not hold. */
export class Broken extends Error {
  override readonly name = "Broken"
}

/** A message as a vendor has it: its change, and everything that must be the same if it arrives again. */
export interface Arrived {
  readonly id: string
  readonly text: string
}

/** By vendor. */
export type Arrivals = Readonly<Record<string, ReadonlyArray<Arrived>>>

/** The messages of a vendor: those that arrived, each id once, and those that arrived again. */
export interface Counts {
  readonly arrived: number
  readonly again: number
}

/** The committed changes whose message a vendor does not have. */
export const missing = (changes: ReadonlySet<string>, arrivals: Arrivals): ReadonlyArray<string> =>
  Object.entries(arrivals).flatMap(([vendor, arrived]) => {
    const ids = new Set(arrived.map(({ id }) => id))
    return [...changes].filter((id) => !ids.has(id)).map((id) => `${vendor} ${id}`)
  })

/** Counts what arrived. Throws `Broken` if a message has no committed change, or if two messages have one id. */
export const counted = (changes: ReadonlySet<string>, arrivals: Arrivals): Readonly<Record<string, Counts>> => {
  const counts: Record<string, Counts> = {}
  for (const [vendor, arrived] of Object.entries(arrivals)) {
    const texts = new Map<string, string>()
    for (const { id, text } of arrived) {
      if (!changes.has(id)) throw new Broken(`${vendor} has ${id}, whose change was rolled back`)
      if ((texts.get(id) ?? text) !== text) throw new Broken(`${vendor} has two messages with the id ${id}`)
      if (!text.includes(JSON.stringify(id))) throw new Broken(`${vendor} has ${id} with another change: ${text}`)
      texts.set(id, text)
    }
    counts[vendor] = { arrived: texts.size, again: arrived.length - texts.size }
  }
  return counts
}
