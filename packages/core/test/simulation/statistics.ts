import type { Outcome } from "../../src/Receipt.ts"
import type { History } from "./history.ts"
import { closed, full, reasonOf, unanswered, withdrawn } from "./view.ts"

/** How often the states were reached that a simulation is for. */
export type Statistics = Record<string, number>

/** What one history adds. */
export const of = (history: History): Statistics => {
  const { calls, close, flushes, jumps, program, receipts, sent, turns } = history
  const outcome = (tag: Outcome["_tag"], reason?: string): number =>
    receipts.filter(
      ({ receipt }) => receipt.outcome._tag === tag && (reason === undefined || reasonOf(receipt.outcome) === reason)
    ).length
  const interrupted = calls.filter((call) => call.interrupted && call.messageId === undefined)
  return {
    programs: 1,
    turns,
    "messages tracked": calls.length,
    "tracks interrupted": interrupted.length,
    "tracks that waited": calls.filter(({ began, ended }) => ended !== undefined && ended.at > began.at).length,
    "tracks during a close": calls.filter(
      ({ began }) => began.turn > close.began.turn && began.turn < (close.ended?.turn ?? 0)
    ).length,
    "tracks after a close": calls.filter(({ began }) => began.turn > (close.ended?.turn ?? 0)).length,
    flushes: flushes.length,
    "flushes at their limit": flushes.filter(({ flushed }) => flushed !== undefined && flushed.left > 0).length,
    "clock jumps": jumps,
    "batches sent": sent.length,
    "batches to dead letters": sent.filter(({ role }) => role === "deadLetter").length,
    "batches to orElse": sent.filter(({ role }) => role === "orElse").length,
    "batches failed": sent.filter(({ result }) => result?._tag === "failed" || result?._tag === "broke").length,
    "batches cut off": sent.filter(({ result }) => result === undefined || result._tag === "interrupted").length,
    "receipts delivered": outcome("Delivered"),
    "receipts rejected": outcome("Rejected"),
    "receipts expired": outcome("Expired"),
    "receipts expired at a close": outcome("Expired", unanswered),
    "receipts dropped, buffer full": outcome("Dropped", full),
    "receipts dropped, no room in time": receipts.filter(({ receipt }) =>
      reasonOf(receipt.outcome).startsWith("the buffer was full for")
    ).length,
    "receipts dropped, closed": outcome("Dropped", closed),
    "receipts dropped, interrupted": outcome("Dropped", withdrawn),
    "receipts skipped": outcome("Skipped"),
    "closes at the deadline":
      close.ended !== undefined && close.ended.at - close.began.at >= program.tracker.closeWithin ? 1 : 0,
    "simulated seconds": Math.round(history.elapsed / 1_000)
  }
}

export const add = (to: Statistics, more: Statistics): void => {
  for (const [name, count] of Object.entries(more)) to[name] = (to[name] ?? 0) + count
}
