interface Entry<out V> {
  readonly place: number
  readonly value: V
}

/**
 * An immutable map that keeps the order of its entries. A map shares its memory with the maps that are made from it, so that a map of n
 * entries, made one by one, costs n entries, and not n maps.
 */
export class SharedMap<V> implements Iterable<readonly [key: string, value: V]> {
  readonly size: number
  /** In order of their places. Those from `size` on belong to maps that were made from this one. */
  readonly #entries: Map<string, Entry<V>>

  private constructor(entries: Map<string, Entry<V>>, size: number) {
    this.#entries = entries
    this.size = size
  }

  static from<V>(entries: Iterable<readonly [key: string, value: V]>): SharedMap<V> {
    const known = new Map<string, Entry<V>>()
    for (const [key, value] of entries) known.set(key, { place: known.get(key)?.place ?? known.size, value })
    return new SharedMap(known, known.size)
  }

  has(key: string): boolean {
    const entry = this.#entries.get(key)
    return entry !== undefined && entry.place < this.size
  }

  /** The map with another entry. Its key must be new. */
  with(key: string, value: V): SharedMap<V> {
    const { size } = this
    if (this.#entries.size > size) return SharedMap.from(this).with(key, value)
    this.#entries.set(key, { place: size, value })
    return new SharedMap(this.#entries, size + 1)
  }

  *[Symbol.iterator](): IterableIterator<readonly [key: string, value: V]> {
    for (const [key, { place, value }] of this.#entries) {
      if (place === this.size) return
      yield [key, value]
    }
  }
}
