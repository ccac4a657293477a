import { Outbox } from "@trackmap/outbox"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as SqlClient from "effect/sql/SqlClient"
import { Random } from "../internal/random.ts"
import { change } from "./changes.ts"
import type { Burst } from "./protocol.ts"

/** How long writers begin transactions, in milliseconds. */
const within = 400

class RolledBack {
  readonly _tag = "RolledBack"
}

/** Writers that make changes and insert their messages, in transactions of random lengths, of which some roll back, in whole or to a savepoint. */
export const write = Effect.fnUntraced(function* ({ round, seed, writers }: Burst) {
  const sql = yield* SqlClient.SqlClient
  let transactions = 0
  const until = performance.now() + within
  const writer = Effect.fnUntraced(function* (number: number) {
    const random = new Random(seed * 1_000 + number)
    const count = 2 + random.below(5)
    for (let n = 0; n < count && performance.now() < until; n++) {
      const fails = random.below(4) === 0
      const steps = 1 + random.below(5)
      const transaction = Effect.gen(function* () {
        for (let step = 0; step < steps; step++) {
          const id = `${seed}-${round}-${number}-${n}-${step}`
          const undone = random.below(6) === 0
          const savepoint = Effect.andThen(
            change(id, round, number),
            undone ? Effect.fail(new RolledBack()) : Effect.void
          )
          yield* random.below(2) === 0 || undone
            ? Effect.exit(sql.withTransaction(savepoint))
            : change(id, round, number)
          if (random.below(3) === 0) yield* Effect.sleep(random.below(4))
        }
        if (fails) yield* Effect.fail(new RolledBack())
      })
      const together = random.below(2) === 0
      const ended = yield* Effect.exit(together ? Outbox.transaction(transaction) : sql.withTransaction(transaction))
      // The database may have ended the connection. Whether the transaction committed is for the run to find out.
      if (Exit.isSuccess(ended) || fails) transactions++
      yield* Effect.sleep(random.below(8))
    }
  })
  yield* Effect.forEach(
    Array.from({ length: writers }, (_, number) => number),
    writer,
    { concurrency: "unbounded", discard: true }
  )
  return transactions
})
