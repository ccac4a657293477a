/**
 * A warehouse in PostgreSQL: a table for each event of the plan, with a typed column for each of its keys.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import type * as SendError from "@trackmap/core/SendError"
import * as Checked from "@trackmap/core/Options"
import type * as Erasure from "@trackmap/warehouse/Erasure"
import type * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Observed from "@trackmap/warehouse/Observed"
import * as Effect from "effect/Effect"
import { dialect } from "./internal/dialect.ts"
import * as erase from "./internal/erase.ts"
import { checkNames, type Connection, names, type Options, type Pool, type PoolClient } from "./internal/options.ts"
import { open, reasonAgainst } from "./internal/send.ts"
import type { PostgresError } from "./PostgresError.ts"

export { type Connection, type Options, type Pool, type PoolClient }

/** What `forget` has deleted. */
export type Forgotten = Erasure.Forgotten

/**
 * A sink that writes messages to PostgreSQL 14 or later. Each event of the plan, and each other call, has a table with a column for each key; `misfits`
 * has what does not fit the plan, and the view `events` all tracked events, pages and screens. The tables follow the plan: new keys become columns, and
 * nothing is dropped. Each message is stored once, even after a crash or a retry, and with several instances. The README documents the tables.
 *
 * A batch is one transaction. It includes `EventSink.retried({ limit: "1 hour" })`: while PostgreSQL does not respond, messages wait for an hour.
 *
 * Opening fails with `Misconfigured` if an option is invalid, if names of tables or columns collide, if PostgreSQL refuses the login, if the role lacks
 * the right to make a change that the plan needs, or if a column has another type; the error lists every table and column, with the remedy. If
 * PostgreSQL does not respond, the sink opens, and makes the tables with the first batch.
 *
 * @example
 * ```ts
 * import { Plan, TrackedEvent, Tracker } from "@trackmap/core"
 * import { Postgres } from "@trackmap/postgres"
 * import * as Redacted from "effect/Redacted"
 * import * as Schema from "effect/Schema"
 *
 * const SignedIn = TrackedEvent.make("signedIn", { properties: { method: Schema.Literals(["password", "link"]) } })
 * const url = Redacted.make("postgres://tracking:password@db.example:5432/warehouse?sslmode=require")
 *
 * export const layer = Tracker.layer(Postgres.sink({ url }), { plan: Plan.make(SignedIn) })
 * ```
 */
export const sink = (given: Options): EventSink.EventSink<SendError.Misconfigured> => {
  const options = checkNames(given)
  const { name = "postgres" } = options
  const observed = Observed.make(dialect, options, (tables) => open(options, name, tables))
  return EventSink.make({
    name,
    limits: { messages: 10_000, bytes: 32_000_000 },
    open: observed.open,
    records: (message) => (reasonAgainst(message) === undefined ? observed.records(message) : [])
  }).pipe(
    EventSink.batched({ age: "1 second" }),
    EventSink.buffered({ capacity: 50_000 }),
    EventSink.retried({ limit: "1 hour" })
  )
}

/**
 * A sink configured by the environment: `POSTGRES_URL`, and optionally `POSTGRES_SCHEMA`.
 *
 * @example
 * ```ts
 * import { EventSink, type Message } from "@trackmap/core"
 * import { Postgres } from "@trackmap/postgres"
 * import * as Effect from "effect/Effect"
 *
 * export const send = (messages: ReadonlyArray<Message.Message>) =>
 *   Effect.flatMap(Postgres.config, (sink) => EventSink.deliver(sink, messages))
 * ```
 */
export const config: Effect.Effect<EventSink.EventSink<SendError.Misconfigured>, Config.ConfigError> = Effect.flatMap(
  // Effect's Config is loaded when this runs.
  Effect.promise(() => import("./internal/settings.ts")),
  ({ settings }) => Effect.map(settings, sink)
)

/**
 * Deletes the rows that are older than an age, by the message's time, from all tables of the sink, and returns how many. Run it once a day. Each table is
 * a transaction of its own. The sink can write at the same time. The `timeout` is for one table. Default: 1 hour.
 *
 * Fails with `PostgresError`.
 *
 * @example
 * ```ts
 * import { Postgres } from "@trackmap/postgres"
 * import * as Config from "effect/Config"
 * import * as Effect from "effect/Effect"
 *
 * export const retention = Effect.flatMap(Config.Redacted("POSTGRES_URL"), (url) => Postgres.prune({ url, olderThan: "400 days" }))
 * ```
 */
export const prune = (
  options: Connection & { readonly olderThan: Duration.Input }
): Effect.Effect<number, PostgresError> => {
  const { olderThan, ...connection } = Checked.check<typeof options>("Postgres.prune", options, {
    ...names,
    olderThan: true
  })
  return erase.prune(connection, olderThan)
}

/**
 * Deletes all rows of a user or of an anonymous id from all tables, with the misfits of their messages, in one transaction. Messages that still wait in a
 * tracker or an outbox arrive later: forget the user again then. The `timeout` is 1 hour by default.
 *
 * Rows from before a sign-in have an anonymous id only. The result lists the anonymous ids that the user's rows had, so that you can decide whether to
 * forget these, too; several people may share a device.
 *
 * Fails with `PostgresError`.
 *
 * @example
 * ```ts
 * import { Postgres } from "@trackmap/postgres"
 * import * as Effect from "effect/Effect"
 *
 * export const forget = (connection: Postgres.Connection, userId: string) =>
 *   Effect.flatMap(Postgres.forget({ ...connection, userId }), ({ anonymousIds }) =>
 *     Effect.forEach(anonymousIds, (anonymousId) => Postgres.forget({ ...connection, anonymousId }))
 *   )
 * ```
 */
export const forget = (
  options: Connection & ({ readonly userId: string } | { readonly anonymousId: string })
): Effect.Effect<Forgotten, PostgresError> => {
  const { anonymousId, userId, ...connection } = Checked.check<Connection & Erasure.Person>(
    "Postgres.forget",
    options,
    {
      ...names,
      userId: true,
      anonymousId: true
    }
  )
  return erase.forget(connection, { userId, anonymousId })
}
