/** The keyboard's cursor in the list. */
import { effect, signal } from "@preact/signals"
import type { EventSummary } from "../../src/internal/protocol.ts"
import { rowOf } from "./anchor.ts"
import { open, opened } from "./opened.ts"
import { rows, summaryOf } from "./state.ts"
import { tab } from "./tab.ts"

/** The event at the cursor. */
export const cursor = signal<{ readonly messageId: string; readonly seq: number } | undefined>(undefined)
/** Whether the list stays at its top, where new events appear. */
export const following = signal(true)
/** Grows when the event at the cursor has to be brought into view. */
export const revealed = signal(0)

/** The event in a row, counted from the top. */
export const inRow = (row: number): EventSummary | undefined => rows.peek()[rows.peek().length - 1 - row]

const at = (summary: EventSummary) => {
  cursor.value = { messageId: summary.messageId, seq: summary.seq }
  following.value = false
}

/** The row of the cursor, or undefined if its event is not listed. */
export const cursorRow = (): number | undefined => {
  const now = cursor.value
  if (now === undefined) return undefined
  const row = rowOf(rows.value, now.seq)
  return inRow(row)?.messageId === now.messageId ? row : undefined
}

/** Goes to a row. If an event is open, opens the event of that row instead. */
export const moveTo = (row: number): void => {
  const summary = inRow(Math.max(0, Math.min(row, rows.peek().length - 1)))
  if (summary === undefined) return
  at(summary)
  revealed.value++
  if (opened.peek() !== undefined) open(summary.messageId)
}

/** Goes some rows down or, with a negative number, up. */
export const moveBy = (by: number): void => {
  const now = cursor.peek()
  if (now === undefined) return moveTo(by > 0 ? 0 : rows.peek().length - 1)
  const row = rowOf(rows.peek(), now.seq)
  const isThere = inRow(row)?.messageId === now.messageId
  // If the event at the cursor is no longer listed, the next one down is already in its row.
  moveTo(isThere || by < 0 ? row + by : row)
}

/** Opens an event, and goes to it. */
export const choose = (summary: EventSummary): void => {
  at(summary)
  open(summary.messageId)
  tab.value = "events"
}

/** The keyboard continues from an event that was opened by its address. */
export const keepCursor = (): void => {
  effect(() => {
    const id = opened.value?.messageId
    if (id === undefined || cursor.peek() !== undefined) return
    const summary = summaryOf(id)
    if (summary !== undefined) {
      at(summary)
      revealed.value++
    }
  })
}
