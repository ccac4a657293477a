/** Where a list that grows at its top has to be scrolled to, so that what a person looks at stays where it is. */

/** What is listed, by its order: the oldest first. The list shows the newest at its top. */
type Listed = ReadonlyArray<{ readonly seq: number }>

/** The index, in a list that has the oldest first, of the first that is at least as new. */
const indexOf = (listed: Listed, seq: number): number => {
  let low = 0
  let high = listed.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (listed[middle]!.seq < seq) low = middle + 1
    else high = middle
  }
  return low
}

/** The row, from the top, at which an event is listed or would be. */
export const rowOf = (listed: Listed, seq: number): number => Math.max(0, listed.length - 1 - indexOf(listed, seq))

/**
 * The offset that leaves the rows in view where they were. `held` is the event that a person has chosen: its row stays in its
 * place if it can be seen, else the row at the top of the view does.
 */
export const keptOffset = (
  before: Listed,
  after: Listed,
  offset: number,
  view: { readonly rowHeight: number; readonly height: number },
  held: number | undefined
): number => {
  if (before.length === 0 || after.length === 0) return 0
  const { height, rowHeight } = view
  const top = Math.min(before.length - 1, Math.max(0, Math.floor(offset / rowHeight)))
  let row = top
  if (held !== undefined) {
    const heldRow = rowOf(before, held)
    if ((heldRow + 1) * rowHeight > offset && heldRow * rowHeight < offset + height) row = heldRow
  }
  const seq = before[before.length - 1 - row]!.seq
  const moved = rowOf(after, seq) - row
  const most = Math.max(0, after.length * rowHeight - height)
  return Math.min(most, Math.max(0, offset + moved * rowHeight))
}
