import * as Effect from "effect/Effect"
import type { Tolerated } from "../value/tolerance.ts"
import { bounded, placeOf, textOf } from "./violationText.ts"

const interval = 60_000
/** Beyond this many places, violations are counted only by event. */
const mostPlaces = 1_000
/** How many places the last line names. */
const mostInLine = 5

/** The log's state for one place of an event. */
interface Place {
  readonly name: string
  loggedAt: number
  /** Violations since the last line, not logged yet. */
  hidden: number
}

/** Logs violations, at most once a minute for each place of an event. The next line includes the number of those it skipped. */
export class ViolationLog {
  readonly #events = new Map<string, Map<string, Place>>()
  #places = 0

  /** Returns the line that is due, if any. */
  add(event: string, found: ReadonlyArray<Tolerated>, now: number): Effect.Effect<void> | undefined {
    const due = new Map<Place, number>()
    const told: Array<Tolerated> = []
    for (const one of found) {
      const place = this.#placeOf(event, placeOf(one))
      if (due.has(place)) told.push(one)
      else if (Math.abs(now - place.loggedAt) < interval) place.hidden++
      else {
        due.set(place, place.hidden)
        place.loggedAt = now
        place.hidden = 0
        told.push(one)
      }
    }
    if (told.length === 0) return undefined
    const { more, named } = bounded(told)
    const hidden = [...due.values()].reduce((sum, count) => sum + count, 0)
    const line = named.map(({ violation }) => textOf(violation)).join("; ")
    return Effect.logWarning(
      `${event}: ${line}${more > 0 ? `; and ${more} more` : ""}${hidden > 0 ? ` (and ${hidden} more before)` : ""}`
    )
  }

  /** The lines that count the violations not logged yet. */
  flush(): Effect.Effect<void> {
    const lines = [...this.#events].flatMap(([event, places]) => {
      const hidden = [...places.values()].filter((place) => place.hidden > 0).sort((a, b) => b.hidden - a.hidden)
      if (hidden.length === 0) return []
      const sum = hidden.reduce((all, place) => all + place.hidden, 0)
      const named = hidden.slice(0, mostInLine).map((place) => `${place.hidden} of ${place.name}`)
      for (const place of hidden) place.hidden = 0
      return [`${event}: ${sum} more violations like those before: ${named.join(", ")}`]
    })
    return Effect.forEach(lines, (line) => Effect.logWarning(line), { discard: true })
  }

  #placeOf(event: string, name: string): Place {
    let places = this.#events.get(event)
    if (places === undefined) this.#events.set(event, (places = new Map()))
    const known = places.get(name)
    if (known !== undefined) return known
    if (this.#places >= mostPlaces) return places.get("") ?? this.#addTo(places, "", "other paths")
    return this.#addTo(places, name, name)
  }

  #addTo(places: Map<string, Place>, key: string, name: string): Place {
    const place = { name, loggedAt: Number.NEGATIVE_INFINITY, hidden: 0 }
    places.set(key, place)
    this.#places++
    return place
  }
}
