/** A list in which equal values are once. */
export class Interned<A> {
  readonly #places = new Map<string, number>()
  readonly values: Array<A> = []

  /** The place of a value. */
  placeOf(value: A): number {
    const text = JSON.stringify(value)
    const known = this.#places.get(text)
    if (known !== undefined) return known
    this.#places.set(text, this.values.length)
    return this.values.push(value) - 1
  }
}
