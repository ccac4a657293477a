/**
 * A sink for ClickHouse: a table for each event of the plan, over HTTP.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import type * as HttpTransport from "@trackmap/core/HttpTransport"
import type * as SendError from "@trackmap/core/SendError"
import * as Checked from "@trackmap/core/Options"
import type * as Erasure from "@trackmap/warehouse/Erasure"
import type * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Observed from "@trackmap/warehouse/Observed"
import * as Effect from "effect/Effect"
import type { ClickHouseError } from "./ClickHouseError.ts"
import { dialect } from "./internal/dialect.ts"
import * as erase from "./internal/erase.ts"
import { checkNames, type Connection, connectionNames, type Options } from "./internal/options.ts"
import { open } from "./internal/send.ts"

export type { Connection, Options }

/** What `forget` has deleted. */
export type Forgotten = Erasure.Forgotten

/**
 * A sink that writes messages to a ClickHouse database. Each event of the plan, and each other call, has a table with a column for each key; `misfits`
 * has what does not fit the plan, and the view `events` all tracked events, pages and screens. The tables follow the plan: new keys become columns, and
 * nothing is dropped. The README documents the tables.
 *
 * The tables are ReplacingMergeTrees: of rows with one time and one message id, ClickHouse keeps the last. Until it has merged them, read with
 * `FINAL`, as the view does. A batch that is sent again unchanged is not stored again (ClickHouse, "Deduplicating inserts on retries"). A batch is one
 * insert for each of its tables; if one fails, only its messages are sent again. The sink includes `EventSink.retried({ limit: "1 hour" })`: while
 * ClickHouse does not respond, messages wait for an hour.
 *
 * Opening fails with `Misconfigured` if an option is invalid, if names of tables or columns collide, if a column has another type than the plan
 * needs, or if ClickHouse refuses the user or a statement; the error lists every table and column, with the remedy. If ClickHouse cannot be reached,
 * the sink opens, and makes the tables with the first batch.
 *
 * These errors of sending reach the sink's combinators: `Unavailable` if ClickHouse cannot be reached, has too many parts, too little memory or the
 * like; `Refused` for rows that it cannot read; `TooLarge` for 413; `Misconfigured` for a user without the rights. Each attempt is one span,
 * `ClickHouse.send`.
 *
 * @example
 * ```ts
 * import { Plan, TrackedEvent, Tracker } from "@trackmap/core"
 * import { ClickHouse } from "@trackmap/clickhouse"
 * import * as Redacted from "effect/Redacted"
 * import * as Schema from "effect/Schema"
 *
 * const SignedIn = TrackedEvent.make("signedIn", { properties: { method: Schema.Literals(["password", "link"]) } })
 *
 * const sink = ClickHouse.sink({
 *   url: "https://clickhouse.example:8443",
 *   database: "analytics",
 *   user: "trackmap",
 *   password: Redacted.make("a password")
 * })
 * export const layer = Tracker.layer(sink, { plan: Plan.make(SignedIn) })
 * ```
 */
export const sink = (given: Options): EventSink.EventSink<SendError.Misconfigured, HttpTransport.HttpTransport> => {
  const options = checkNames(given)
  const { name = "clickhouse" } = options
  return EventSink.make({
    name,
    limits: { messages: 10_000, bytes: 10_000_000 },
    ...Observed.make(dialect, options, (tables) => open(options, name, tables))
  }).pipe(EventSink.batched({ age: "5 seconds" }), EventSink.retried({ limit: "1 hour" }))
}

/**
 * A sink configured by the environment, for `EventSink.config`: `CLICKHOUSE_URL` and, optionally, `CLICKHOUSE_DATABASE`, `CLICKHOUSE_USER` and
 * `CLICKHOUSE_PASSWORD`.
 *
 * @example
 * ```ts
 * import { EventSink, Tracker } from "@trackmap/core"
 * import { ClickHouse } from "@trackmap/clickhouse"
 *
 * export const TrackingLive = Tracker.layerEffect(EventSink.config({ clickhouse: ClickHouse.config }))
 * ```
 */
export const config: Effect.Effect<
  EventSink.EventSink<SendError.Misconfigured, HttpTransport.HttpTransport>,
  Config.ConfigError
> = Effect.flatMap(
  // Effect's Config is loaded when this runs.
  Effect.promise(() => import("./internal/settings.ts")),
  ({ settings }) => Effect.map(settings, sink)
)

/**
 * Deletes the rows that are older than an age, by the message's time, from all tables of the sink, and returns how many. Run it once a day, or let
 * ClickHouse do it with a `TTL` on each table. The sink may write meanwhile. The `timeout` is for one table. Default: 1 hour.
 *
 * The rows leave the disk soon after: ClickHouse writes the parts of the tables again without them (`ALTER TABLE ... DELETE`), on all replicas. Copies
 * of a message that ClickHouse has not merged yet count as rows.
 *
 * Fails with `ClickHouseError`. After a timeout, ClickHouse goes on with the table that it is at.
 *
 * @example
 * ```ts
 * import { ClickHouse } from "@trackmap/clickhouse"
 *
 * export const retention = (connection: ClickHouse.Connection) => ClickHouse.prune({ ...connection, olderThan: "400 days" })
 * ```
 */
export const prune = (
  options: Connection & { readonly olderThan: Duration.Input }
): Effect.Effect<number, ClickHouseError, HttpTransport.HttpTransport> => {
  const { olderThan, ...connection } = Checked.check<typeof options>("ClickHouse.prune", options, {
    ...connectionNames,
    olderThan: true
  })
  return erase.prune(connection, olderThan)
}

/**
 * Deletes all rows of a user or of an anonymous id from all tables, with the misfits of their messages, as `prune` does. Run it again after an error:
 * ClickHouse has no transaction over several tables. Messages that still wait in a tracker or an outbox arrive later: forget the user again then. The
 * `timeout` is for one table. Default: 1 hour.
 *
 * Rows from before a sign-in have an anonymous id only. The result lists the anonymous ids that the user's rows had, so that you can decide whether to
 * forget these, too; several people may share a device.
 *
 * Fails with `ClickHouseError`.
 *
 * @example
 * ```ts
 * import { ClickHouse } from "@trackmap/clickhouse"
 * import * as Effect from "effect/Effect"
 *
 * export const forget = (connection: ClickHouse.Connection, userId: string) =>
 *   Effect.flatMap(ClickHouse.forget({ ...connection, userId }), ({ anonymousIds }) =>
 *     Effect.forEach(anonymousIds, (anonymousId) => ClickHouse.forget({ ...connection, anonymousId }))
 *   )
 * ```
 */
export const forget = (
  options: Connection & ({ readonly userId: string } | { readonly anonymousId: string })
): Effect.Effect<Forgotten, ClickHouseError, HttpTransport.HttpTransport> => {
  const { anonymousId, userId, ...connection } = Checked.check<Connection & Erasure.Person>(
    "ClickHouse.forget",
    options,
    { ...connectionNames, userId: true, anonymousId: true }
  )
  return erase.forget(connection, { anonymousId, userId })
}
