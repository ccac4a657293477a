import type { Statistics } from "../../../core/test/simulation/statistics.ts"
import type { History } from "./history.ts"
import { isLost } from "@trackmap/core/Receipt"

/** How often the states were reached that a simulation is for. */
export const of = (history: History): Statistics => {
  const { calls, claims, letters, logged, operated, orders, processes, program, receipts, restarts, sent, turns } =
    history
  const operations = (tag: string): number => operated.filter(({ _tag }) => _tag === tag).length
  const outcome = (tag: string): number => receipts.filter(({ receipt }) => receipt.outcome._tag === tag).length
  const stored = (tag: string): number => calls.filter(({ receipt }) => receipt?.outcome._tag === tag).length
  const takes = sent.flatMap(({ sink, taken }) => taken.map((id) => `${sink} ${id}`))
  return {
    programs: 1,
    "programs on SQLite": program.database === "sqlite" ? 1 : 0,
    turns,
    "messages tracked": calls.length,
    "messages stored": logged.length,
    "changes committed": orders.size,
    "changes rolled back": calls.filter(({ inTransaction, number }) => inTransaction && !orders.has(number)).length,
    "receipts of the service: stored": stored("Delivered"),
    "receipts of the service: rolled back": stored("Skipped"),
    "receipts of the service: lost": calls.filter(({ receipt }) => receipt !== undefined && isLost(receipt.outcome))
      .length,
    "services started": restarts.service,
    "services killed": processes.filter(({ isDead, name }) => isDead && name.startsWith("service")).length,
    "relays started": restarts.relays,
    "relays killed": processes.filter(({ isDead, name }) => isDead && name.startsWith("relay")).length,
    "relays stopped": processes.filter(({ stopping }) => stopping).length,
    "processes put to sleep": processes.filter(({ slept }) => slept).length,
    "operations of the database failed": history.faults,
    claims: claims.length,
    "claims completed": claims.filter(({ completed }) => completed !== undefined).length,
    "claims given back": claims.filter(({ released }) => released !== undefined).length,
    "claims taken over": claims.filter(({ claim }) => claim.attempt > 1).length,
    "claims of parked messages": claims.filter(({ claim }) => claim.source === "parked").length,
    "batches sent": sent.length,
    "batches cut off": sent.filter(({ told }) => told === undefined).length,
    "messages sent again": takes.length - new Set(takes).size,
    "receipts delivered": outcome("Delivered"),
    "receipts rejected": outcome("Rejected"),
    "receipts skipped": outcome("Skipped"),
    "dead letters": letters.length,
    replays: operations("replay"),
    erasures: operations("erase"),
    sweeps: operations("sweep"),
    "sinks removed": operations("remove"),
    "sinks renamed": operations("rename"),
    "simulated seconds": Math.round(history.elapsed / 1_000)
  }
}
