/**
 * A warehouse in a PostgreSQL: a table for each event of the plan, with a typed column for each of its keys.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import type * as SendError from "@trackmap/core/SendError"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import { checkNames, type Connection, type Options, type Pool, type PoolClient } from "./internal/options.ts"
import { open } from "./internal/send.ts"

export { type Connection, type Options, type Pool, type PoolClient }

/**
 * A sink that writes messages to a PostgreSQL 14 or later. Each event of the plan has a table with a column for each of its keys, and so has each other
 * call; `misfits` has what does not fit the plan, and the view `events` all tracked events, pages and screens. The tables follow the plan: new keys
 * become columns, and nothing is dropped. A message is there once, also after a crash, a retry, or from several instances. The README documents the
 * tables.
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
  return EventSink.make({
    name,
    limits: { messages: 10_000, bytes: 32_000_000 },
    open: (plan) => open(options, name, plan)
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
