import { randomUUID } from "node:crypto"
import { EventSink, type Message, type Plan, type Receipt, type SendError } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { Pool } from "pg"
import { afterAll, inject } from "vitest"
import "../../../compat/src/postgres/setup.ts"

const server = inject("postgres")

/** Why there is no PostgreSQL here, if there is none. */
export const unavailable = "unavailable" in server ? server.unavailable : undefined

/** The address of the server that all tests share. */
export const address = "unavailable" in server ? "" : server.address
export const url = Redacted.make(address)

/** A pool of the tests of a file. */
export const pool = new Pool({ connectionString: address, max: 10 })

afterAll(() => pool.end())

/** Runs a statement, and returns its rows. */
export const query = async (sql: string, values: ReadonlyArray<unknown> = []): Promise<ReadonlyArray<any>> =>
  (await pool.query(sql, [...values])).rows

const prefix = `t${randomUUID().slice(0, 8)}`
let schemas = 0

/** A schema that no other test has. */
export const nextSchema = (): string => `${prefix}_${++schemas}`

/** Delivers messages through a sink, and returns what each receipt says. */
export const deliver = async (
  sink: EventSink.EventSink<SendError.Misconfigured>,
  messages: ReadonlyArray<Message.Message>,
  plan?: Plan.Plan
): Promise<ReadonlyArray<Receipt.Outcome>> => {
  const receipts = await Effect.runPromise(
    Effect.scoped(EventSink.deliver(sink, messages, { plan })).pipe(Effect.provide(Logger.layer([])))
  )
  return receipts.map(({ outcome }) => outcome)
}

/** Why a sink does not open. */
export const refusal = async (sink: EventSink.EventSink<SendError.Misconfigured>, plan?: Plan.Plan): Promise<string> =>
  Effect.runPromise(
    Effect.flip(Effect.scoped(EventSink.deliver(sink, [], { plan }))).pipe(
      Effect.map(({ reason }) => reason.replace(/^postgres: /, ""))
    )
  )
