/** Work that is gathered and done once per frame. */

/** Gathers items and hands them over once per frame; at once where so many have come that they would pile up. */
export const perFrame = <Item>(most: number, apply: (items: ReadonlyArray<Item>) => void): ((item: Item) => void) => {
  let items: Array<Item> = []
  let asked = false
  const hand = () => {
    asked = false
    const all = items
    items = []
    if (all.length > 0) apply(all)
  }
  return (item) => {
    items.push(item)
    // A page that is not seen has no frames.
    if (items.length >= most || document.visibilityState === "hidden") return hand()
    if (asked) return
    asked = true
    requestAnimationFrame(hand)
  }
}
