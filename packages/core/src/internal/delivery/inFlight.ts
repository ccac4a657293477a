import type { Receipt } from "../../Receipt.ts"
import type { Attempted } from "../sink/model.ts"
import type { PendingMessage } from "./pendingMessage.ts"

/** Messages that have left the buffer, or never were in it, and wait for their receipts together. */
export interface InFlight {
  readonly messages: ReadonlyArray<PendingMessage>
  /** Whether they came out of the buffer: they take room there until their receipts are recorded. */
  readonly buffered: boolean
  /** The outcomes so far, by index. */
  readonly sent: Array<Attempted>
  /** Their receipts, once their outcomes are known. */
  receipts: ReadonlyArray<Receipt> | undefined
}
