/** The scroll offset of a list that grows at its top, so that the visible rows stay in place. */

/** The listed events, the oldest first. The list shows the newest at its top. */
type Listed = ReadonlyArray<{ readonly seq: number }>

/** The index of the first event that is at least as new, in a list with the oldest first. */
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
 * The offset that keeps the visible rows in place. `held` is the selected event: its row stays in place if it is visible, otherwise the row at
 * the top of the view.
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
