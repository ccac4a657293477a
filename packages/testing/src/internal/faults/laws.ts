import { Receipt, type Tracker } from "@trackmap/core"
import * as assert from "../suite/assert.ts"

/** The results of some tracked messages. */
export interface Settled {
  readonly tracked: ReadonlyArray<Tracker.Tracked>
  /** The receipts of the sink under test. */
  readonly receipts: ReadonlyArray<Receipt.Receipt>
  /** The ids that the server has kept, and the ids that the dead-letter sink has. */
  readonly arrived: ReadonlyArray<string>
  readonly letters: ReadonlyArray<string>
  /** Whether the tracker is closed. */
  readonly closed: boolean
}

/**
 * The laws: every message has its own receipt. Delivered messages arrived, and dropped messages did not. Every lost message has a reason, and is
 * among the dead letters.
 */
export const hold = (name: string, { arrived, closed, letters, receipts, tracked }: Settled): void => {
  assert.receipts([name], tracked, receipts)
  assert.haveArrived(receipts, arrived)
  const has = new Set(arrived)
  const kept = new Set(letters)
  const wrong = (is: (receipt: Receipt.Receipt) => boolean, headline: string): void =>
    assert.none(receipts.filter(is).map(assert.told), headline)

  wrong(
    (receipt) => receipt.outcome._tag !== "Delivered" && assert.reasonOf(receipt) === "",
    "Receipts that are not Delivered have no reason"
  )
  wrong(({ messageId, outcome }) => outcome._tag === "Dropped" && has.has(messageId), "Dropped messages arrived")
  // After the tracker closes, a message still gets a receipt, but no sink is open to accept the dead letter.
  const isLate = ({ outcome }: Receipt.Receipt) => closed && outcome._tag === "Dropped"
  wrong(
    (receipt) => Receipt.isLost(receipt.outcome) && !kept.has(receipt.messageId) && !isLate(receipt),
    "Lost messages are missing from the dead letters"
  )
  wrong(
    (receipt) => !Receipt.isLost(receipt.outcome) && kept.has(receipt.messageId),
    "The dead letters contain messages that were not lost"
  )
}
