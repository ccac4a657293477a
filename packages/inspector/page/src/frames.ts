/** Batches work per frame. */

/** Collects items and passes them on once per frame, or at once if too many would pile up. */
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
    // A hidden page has no frames.
    if (items.length >= most || document.visibilityState === "hidden") return hand()
    if (asked) return
    asked = true
    requestAnimationFrame(hand)
  }
}
