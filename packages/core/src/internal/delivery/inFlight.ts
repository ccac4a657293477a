import type { Receipt } from "../../Receipt.ts"
import type { Attempted } from "../sink/model.ts"
import type { PendingMessage } from "./pendingMessage.ts"

/** Messages that wait for their receipts together, whether or not they came from the buffer. */
export interface InFlight {
  readonly messages: ReadonlyArray<PendingMessage>
  /** Whether they came from the buffer, where they take up room until their receipts are recorded. */
  readonly buffered: boolean
  /** The outcomes so far, by index. */
  readonly sent: Array<Attempted>
  /** Their receipts, once their outcomes are known. */
  receipts: ReadonlyArray<Receipt> | undefined
}
