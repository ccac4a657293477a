import type { History, Violation } from "./history.ts"
import * as consent from "./laws/consent.ts"
import * as receipts from "./laws/receipts.ts"
import * as sending from "./laws/sending.ts"
import * as waiting from "./laws/waiting.ts"
import { View } from "./view.ts"

/** What must hold of every history. */
const laws = { ...receipts.laws, ...sending.laws, ...waiting.laws, ...consent.laws }

/** The first law that does not hold, and where. */
export const check = (history: History): Violation | undefined => {
  const [seen] = history.seen
  if (seen !== undefined) return seen
  const view = new View(history)
  for (const [law, holds] of Object.entries(laws)) {
    for (const detail of holds(view)) return { law, detail }
  }
  return undefined
}
