import * as Checked from "@trackmap/core/Options"
import { Misconfigured } from "@trackmap/core/SendError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

/** A connection of a pool of `pg`. */
export interface PoolClient {
  readonly query: (query: {
    readonly text: string
    readonly values: Array<unknown>
  }) => PromiseLike<{ readonly rows: Array<any> }>
  readonly release: (destroy?: boolean) => void
  readonly on: (event: "error", listener: (error: Error) => void) => unknown
  readonly removeListener: (event: "error", listener: (error: Error) => void) => unknown
}

/** What the sink needs of a pool. `Pool` of `pg` is one. */
export interface Pool {
  readonly connect: () => Promise<PoolClient>
}

/** Which PostgreSQL, and where in it. Pass either `url` or `pool`. */
export interface Connection {
  /** The address, such as `postgres://role:password@host:5432/database?sslmode=require`. */
  readonly url?: Redacted.Redacted<string> | undefined
  /** A pool of `pg` that you have already. The sink uses one connection of it at a time, and does not end the pool. */
  readonly pool?: Pool | undefined
  /** The schema with the tables. The sink creates it if it is missing. Default: `"trackmap_events"`. */
  readonly schema?: string | undefined
  /** The time limit of a transaction, with the wait for a connection. A number is milliseconds. Default: 1 minute. */
  readonly timeout?: Duration.Input | undefined
}

/** The options of the sink. */
export interface Options extends Connection {
  /** The names of events' tables, by event. Default: the event's name in snake_case. */
  readonly tables?: Readonly<Record<string, string>> | undefined
  /** The names of columns, by key. Default: the key. */
  readonly columns?: Readonly<Record<string, string>> | undefined
  /** The sink's name in receipts and logs. Default: `"postgres"`. */
  readonly name?: string | undefined
}

/** The names of a connection's options. */
export const names = { url: true, pool: true, schema: true, timeout: true } as const

/** Checks the names of the options. */
export const checkNames = (options: Options): Options =>
  Checked.check<Options>("Postgres.sink", options, { ...names, tables: true, columns: true, name: true })

/** The checked options of a connection. */
export interface Settings {
  readonly from: { readonly url: Redacted.Redacted<string> } | { readonly pool: Pool }
  readonly schema: string
  readonly timeout: Duration.Duration
}

const modes = new Set(["disable", "allow", "prefer", "require", "verify-ca", "verify-full"])

/** Why an address is invalid, or undefined. It quotes nothing of the address, which contains a password. */
const wrongUrl = (url: unknown): string | undefined => {
  if (!Redacted.isRedacted(url)) return "the url is not Redacted: pass Redacted.make(url), which keeps it out of logs"
  const value = Redacted.value(url)
  if (typeof value !== "string" || value === "") return "the url is empty"
  if (!/^postgres(ql)?:/.test(value) || !URL.canParse(value))
    return "the url is not an address such as postgres://role:password@host:5432/database"
  const mode = new URL(value).searchParams.get("sslmode")
  return mode === null || modes.has(mode)
    ? undefined
    : `the url has an unknown sslmode: pass one of ${[...modes].join(", ")}`
}

const isPool = (pool: unknown): pool is Pool =>
  typeof pool === "object" && pool !== null && "connect" in pool && typeof pool.connect === "function"

/** The schema with the tables, if none is given. */
export const defaultSchema = "trackmap_events"

/** Why a name is no schema's, or undefined. */
export const wrongSchema = (schema: string): string | undefined => {
  if (typeof schema !== "string" || schema === "" || schema.includes("\0") || Buffer.byteLength(schema) > 63)
    return "schema must be a name of at most 63 bytes"
  return schema.startsWith("pg_") ? "schema begins with pg_, which PostgreSQL keeps for itself" : undefined
}

const wrongIn = ({ pool, schema, timeout, url }: Connection): string | undefined => {
  if ((url === undefined) === (pool === undefined)) return "pass either url or pool"
  if (pool !== undefined && !isPool(pool)) return "pool must be a Pool of pg"
  const wrong = schema === undefined ? undefined : wrongSchema(schema)
  if (wrong !== undefined) return wrong
  const limit = timeout === undefined ? undefined : Option.getOrUndefined(Duration.fromInput(timeout))
  if (timeout !== undefined && !(limit !== undefined && Duration.toMillis(limit) > 0))
    return 'timeout must be a duration, such as "1 minute" or a number of milliseconds'
  return pool === undefined ? wrongUrl(url) : undefined
}

/** Checks the values of the options. */
export const check = (options: Connection): Effect.Effect<Settings, Misconfigured> => {
  const reason = wrongIn(options)
  if (reason !== undefined) return Effect.fail(new Misconfigured({ reason }))
  const { pool, schema = defaultSchema, timeout = "1 minute", url } = options
  return Effect.succeed({
    from: pool === undefined ? { url: url! } : { pool },
    schema,
    timeout: Duration.fromInputUnsafe(timeout)
  })
}
