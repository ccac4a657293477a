/** An item of a list, which only its list changes. */
export class Item<A> {
  readonly value: A
  previous: Item<A> | undefined = undefined
  next: Item<A> | undefined = undefined
  isListed = true

  constructor(value: A) {
    this.value = value
  }
}

/**
 * A list from which any item can be removed in constant time. Removing the first item of an array or a `Set` takes longer the more
 * there are, and V8 shrinks a `Set` each time that it loses its only item.
 */
export class LinkedList<A> implements Iterable<A> {
  length = 0
  #first: Item<A> | undefined
  #last: Item<A> | undefined

  get first(): Item<A> | undefined {
    return this.#first
  }

  /** Adds an item at the end. */
  add(value: A): Item<A> {
    const item = new Item(value)
    item.previous = this.#last
    if (this.#last === undefined) this.#first = item
    else this.#last.next = item
    this.#last = item
    this.length++
    return item
  }

  /** Removes an item. Returns whether it was still in the list. */
  remove(item: Item<A>): boolean {
    if (!item.isListed) return false
    item.isListed = false
    const { next, previous } = item
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    this.length--
    return true
  }

  *[Symbol.iterator](): Iterator<A> {
    for (let item = this.#first; item !== undefined; item = item.next) yield item.value
  }
}
