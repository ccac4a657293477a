import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import { OutboxError } from "../OutboxError.ts"
import type { Tables } from "./tables.ts"

export const notStarted = (sink: string, operation = "claim"): OutboxError =>
  new OutboxError({
    operation,
    reason: `the sink ${JSON.stringify(sink)} has not started`,
    remedy: "call OutboxStore's start with its name, once",
    transient: false
  })

const isKnown = ({ sink, sql }: Tables, name: string): Effect.Effect<boolean, SqlError> =>
  Effect.map(sql`SELECT name FROM ${sink} WHERE name = ${name}`.withoutTransform, (rows) => rows.length > 0)

/** Fails if a sink has not started: nobody would claim what is made due for it. */
export const requireStarted = (
  tables: Tables,
  name: string,
  operation: string
): Effect.Effect<void, SqlError | OutboxError> =>
  Effect.flatMap(isKnown(tables, name), (is) => (is ? Effect.void : Effect.fail(notStarted(name, operation))))

/** Whether there is a sink to rename. Fails if its new name is a sink's. */
export const canRename = (tables: Tables, from: string, to: string): Effect.Effect<boolean, SqlError | OutboxError> =>
  Effect.gen(function* () {
    if (!(yield* isKnown(tables, from))) return false
    if (!(yield* isKnown(tables, to))) return true
    return yield* new OutboxError({
      operation: "rename",
      reason: `the outbox has a sink ${JSON.stringify(to)} already`,
      remedy: "choose another name, or remove that sink first",
      transient: false
    })
  })
