import * as Effect from "effect/Effect"
import { OutboxError } from "../../OutboxError.ts"

/** Ends a fiber that waits for a receipt inside the transaction that has to commit first. */
export const refuse: Effect.Effect<never> = Effect.suspend(() =>
  Effect.die(
    new OutboxError({
      operation: "receipts",
      reason: "the receipt of a message comes after its transaction has committed, and this code is still in it",
      remedy: "await the receipts after the transaction",
      transient: false
    })
  )
)
