import type { Envelope } from "@trackmap/core"
import { OutboxStore } from "@trackmap/outbox"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as SqlClient from "effect/sql/SqlClient"
import { Random } from "../internal/random.ts"
import type { Burst } from "./protocol.ts"

/** A change's message has the change's id. */
const envelopeOf = (id: string, round: number, writer: number): Envelope.Envelope => ({
  format: 1,
  message: {
    type: "track",
    event: "changed",
    properties: { change: id, round, writer },
    userId: `u-${writer}`,
    messageId: id,
    timestamp: new Date().toISOString()
  },
  purposes: [],
  consent: "all",
  personal: [],
  violations: []
})

/** Makes a change, and inserts its message. */
export const change = Effect.fnUntraced(function* (id: string, round: number, writer: number) {
  const sql = yield* SqlClient.SqlClient
  const store = yield* OutboxStore.OutboxStore
  yield* sql`INSERT INTO change ${sql.insert({ id, round })}`
  yield* store.insert([OutboxStore.entry(envelopeOf(id, round, writer))])
})

class RolledBack {
  readonly _tag = "RolledBack"
}

/** Writers that make changes and insert their messages, in transactions of random lengths, of which some roll back, in whole or to a savepoint. */
export const write = Effect.fnUntraced(function* ({ round, seed, writers }: Burst) {
  const sql = yield* SqlClient.SqlClient
  const store = yield* OutboxStore.OutboxStore
  let transactions = 0
  const writer = Effect.fnUntraced(function* (number: number) {
    const random = new Random(seed * 1_000 + number)
    const count = 2 + random.below(5)
    for (let n = 0; n < count; n++) {
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
      const ended = yield* Effect.exit(sql.withTransaction(transaction))
      // The database may have ended the connection. Whether the transaction committed is for the run to find out.
      if (Exit.isSuccess(ended) || fails) transactions++
      if (random.below(2) === 0) yield* store.wake
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
