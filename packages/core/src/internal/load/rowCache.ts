/** The id of a key. */
type Id = unknown

interface Entry {
  readonly group: string
  readonly id: Id
  readonly row: unknown
  /** In milliseconds since 1970. */
  readonly until: number
}

/** The rows that a loader keeps, for each group of services alone. */
export class RowCache {
  readonly #capacity: number
  readonly #timeToLive: number
  readonly #groups = new Map<string, Map<Id, Entry>>()
  /** The least recently used first. */
  readonly #used = new Set<Entry>()

  /** `timeToLive` is in milliseconds. */
  constructor(capacity: number, timeToLive: number) {
    this.#capacity = capacity
    this.#timeToLive = timeToLive
  }

  get(group: string, id: Id, now: number): unknown {
    const entry = this.#groups.get(group)?.get(id)
    if (entry === undefined) return undefined
    this.#used.delete(entry)
    if (entry.until > now) {
      this.#used.add(entry)
      return entry.row
    }
    this.#forget(entry)
    return undefined
  }

  set(group: string, id: Id, row: unknown, now: number): void {
    let rows = this.#groups.get(group)
    if (rows === undefined) this.#groups.set(group, (rows = new Map<Id, Entry>()))
    const before = rows.get(id)
    if (before !== undefined) this.#used.delete(before)
    const entry = { group, id, row, until: now + this.#timeToLive }
    rows.set(id, entry)
    this.#used.add(entry)
    if (this.#used.size > this.#capacity) for (const oldest of this.#used) return this.#forget(oldest)
  }

  /** Forgets the rows of a key in every group. */
  delete(id: Id): void {
    for (const rows of this.#groups.values()) {
      const entry = rows.get(id)
      if (entry !== undefined) this.#forget(entry)
    }
  }

  clear(): void {
    this.#groups.clear()
    this.#used.clear()
  }

  #forget(entry: Entry): void {
    this.#used.delete(entry)
    const rows = this.#groups.get(entry.group)
    if (rows?.delete(entry.id) === true && rows.size === 0) this.#groups.delete(entry.group)
  }
}

/** A number for each object, so that groups compare objects by identity and a cache retains none of them. */
const numbers = new WeakMap<WeakKey, number>()
let count = 0

const nameOf = (one: unknown): string => {
  if (typeof one === "symbol") return Symbol.keyFor(one) === undefined ? numberOf(one) : `symbol ${Symbol.keyFor(one)}`
  return (typeof one === "object" || typeof one === "function") && one !== null
    ? numberOf(one)
    : `${typeof one} ${String(one)}`
}

const numberOf = (one: WeakKey): string => {
  let number = numbers.get(one)
  if (number === undefined) numbers.set(one, (number = ++count))
  return `object ${number}`
}

/** The name of a group of services. */
export const groupName = (group: ReadonlyArray<unknown>): string => JSON.stringify(group.map(nameOf))
