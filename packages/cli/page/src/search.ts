/** The search: ranked answers from all parts of the plan. */
import { isNear, wordsOf } from "./words.ts"

export type What = "key" | "event" | "entity" | "call" | "gone"

/** Something that can be found. */
export interface Entry {
  readonly what: What
  /** Its name, which counts most. */
  readonly name: string
  /** Names around it, such as its entity and its loader. */
  readonly near: ReadonlyArray<string>
  /** Owners and tags. */
  readonly labels: ReadonlyArray<string>
  readonly text: string
  /** Names of what it is part of, which count least. */
  readonly far: ReadonlyArray<string>
  /** What it is that a question can ask for. */
  readonly traits: ReadonlySet<Trait>
  readonly isDeprecated: boolean
}

/** What a question asks for without naming it. */
export type Trait = "person" | "time" | "count"

/** Words of a question that say nothing about the answer. */
const empty = new Set(
  wordsOf(
    "which what where a an the of in on at by for from to with and or is are was were be has have had do does did it its there that this these those we i me my our can could contain carry carries hold holds see show find get gets got about any all"
  )
)

/** Words that say what kind of answer is meant, unless the plan has them as names. */
const kinds: ReadonlyMap<string, What> = new Map([
  ["event", "event"],
  ["entity", "entity"],
  ["key", "key"],
  ["field", "key"],
  ["column", "key"],
  ["property", "key"],
  ["attribute", "key"]
])

const traits: ReadonlyMap<string, Trait> = new Map([
  ["who", "person"],
  ["whom", "person"],
  ["whose", "person"],
  ["when", "time"],
  ["many", "count"],
  ["much", "count"]
])

const silent = new Set(["how", "owner", "tag", "loader", "table", "row", "since"])

const weights = { name: 10, near: 4, labels: 6, text: 2, far: 0.5 } as const

interface Term {
  readonly word: string
  readonly isNeeded: boolean
  readonly kind: What | undefined
  readonly trait: Trait | undefined
}

const termOf = (word: string): Term => {
  const [kind, trait] = [kinds.get(word), traits.get(word)]
  return { word, kind, trait, isNeeded: kind === undefined && trait === undefined && !silent.has(word) }
}

/** An answer, with its place in the list of entries. */
export interface Found {
  readonly at: number
  readonly score: number
}

export class Search {
  readonly #entries: ReadonlyArray<Entry>
  /** The weight of each word in each entry. */
  readonly #places = new Map<string, Map<number, number>>()
  readonly #lengths: ReadonlyArray<number>

  constructor(entries: ReadonlyArray<Entry>) {
    this.#entries = entries
    this.#lengths = entries.map((entry, at) => {
      const own = wordsOf(entry.name)
      for (const word of own) this.#add(word, at, weights.name)
      for (const part of ["near", "labels", "far"] as const) {
        for (const text of entry[part]) for (const word of wordsOf(text)) this.#add(word, at, weights[part])
      }
      for (const word of wordsOf(entry.text)) this.#add(word, at, weights.text)
      return own.length
    })
  }

  #add(word: string, at: number, weight: number): void {
    const known = this.#places.get(word)
    if (known === undefined) this.#places.set(word, new Map([[at, weight]]))
    else known.set(at, Math.max(known.get(at) ?? 0, weight))
  }

  /** The weight of a word in each entry that has it, or one like it. */
  #matches(word: string): ReadonlyMap<number, number> {
    const found = new Map<number, number>()
    const take = (places: ReadonlyMap<number, number>, share: number): void => {
      for (const [at, weight] of places) found.set(at, Math.max(found.get(at) ?? 0, weight * share))
    }
    const exact = this.#places.get(word)
    if (exact !== undefined) take(exact, 1)
    const inside: Array<ReadonlyMap<number, number>> = []
    const near: Array<ReadonlyMap<number, number>> = []
    for (const [known, places] of this.#places) {
      if (known === word) continue
      if (known.startsWith(word)) take(places, 0.6)
      else if (found.size === 0 && word.length > 2 && known.includes(word)) inside.push(places)
      else if (found.size === 0 && word.length > 3 && isNear(known, word)) near.push(places)
    }
    if (found.size === 0) for (const places of near) take(places, 0.5)
    if (found.size === 0) for (const places of inside) take(places, 0.4)
    return found
  }

  /** The best answers to a question, the best first. */
  find(question: string, most = 50): ReadonlyArray<Found> {
    const all = [...new Set(wordsOf(question))]
    const said = all.filter((word) => !empty.has(word))
    const terms = (said.length === 0 ? all : said).map(termOf)
    // A plan can have an entity that is called Event.
    const needed = terms.some(({ isNeeded }) => isNeeded) ? terms.filter(({ isNeeded }) => isNeeded) : terms
    const scores = new Map<number, number>()
    const counts = new Map<number, number>()
    for (const { word } of needed) {
      for (const [at, weight] of this.#matches(word)) {
        scores.set(at, (scores.get(at) ?? 0) + weight)
        counts.set(at, (counts.get(at) ?? 0) + 1)
      }
    }
    // "All events" asks for nothing else.
    const kind = needed === terms ? terms.find((term) => term.kind !== undefined)?.kind : undefined
    if (kind !== undefined && counts.size === 0) {
      for (const [at, { what }] of this.#entries.entries()) if (what === kind) counts.set(at, 1)
    }
    const fullest = Math.max(0, ...counts.values())
    const asked = question.trim().toLowerCase()
    const found: Array<Found> = []
    for (const [at, count] of counts) {
      if (count < fullest) continue
      found.push({ at, score: this.#score(at, scores.get(at) ?? 0, terms, asked) })
    }
    return found.sort((a, b) => b.score - a.score || a.at - b.at).slice(0, most)
  }

  #score(at: number, sum: number, terms: ReadonlyArray<Term>, asked: string): number {
    const entry = this.#entries[at]!
    // Of two names that have the words, the shorter says less else.
    let score = sum - this.#lengths[at]! * 0.3
    if (entry.name.toLowerCase() === asked) score += 50
    for (const { kind, trait } of terms) {
      if (kind === entry.what) score += 1.5
      if (trait !== undefined && entry.traits.has(trait)) score = (score + 4) * 2.5
    }
    if (entry.what === "gone") score *= 0.3
    return entry.isDeprecated ? score * 0.7 : score
  }
}
