import { Receipt, type Tracker } from "@trackmap/core"
import * as assert from "../suite/assert.ts"

/** What has become of some messages that were tracked. */
export interface Settled {
  readonly tracked: ReadonlyArray<Tracker.Tracked>
  /** The receipts of the sink under test. */
  readonly receipts: ReadonlyArray<Receipt.Receipt>
  /** The ids that the server has kept, and those that the dead-letter sink has. */
  readonly arrived: ReadonlyArray<string>
  readonly letters: ReadonlyArray<string>
  /** Whether the tracker is closed. */
  readonly closed: boolean
}

/**
 * The laws: as many receipts as messages, and each its own; what is said to be delivered has arrived, and what is said to be
 * dropped has not; what is lost says why, and is with the dead letters.
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
  // After the tracker is closed a message still has its receipt, and no sink is there any more to take the letter.
  const isLate = ({ outcome }: Receipt.Receipt) => closed && outcome._tag === "Dropped"
  wrong(
    (receipt) => Receipt.isLost(receipt.outcome) && !kept.has(receipt.messageId) && !isLate(receipt),
    "Lost messages are not with the dead letters"
  )
  wrong(
    (receipt) => !Receipt.isLost(receipt.outcome) && kept.has(receipt.messageId),
    "Messages are with the dead letters that are not lost"
  )
}
