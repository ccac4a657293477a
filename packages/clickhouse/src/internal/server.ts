import * as HttpSink from "@trackmap/core/HttpSink"
import * as HttpTransport from "@trackmap/core/HttpTransport"
import { Misconfigured, Unavailable } from "@trackmap/core/SendError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type Fault, faultOf, textOf } from "./exception.ts"
import { headersOf, type Options, secretOf } from "./options.ts"
import { escapedValue, type Place } from "./sql.ts"

/** Runs statements. */
export interface Statements {
  /** Runs a query, and returns its rows. */
  readonly rows: (
    sql: string
  ) => Effect.Effect<ReadonlyArray<ReadonlyArray<string>>, Unavailable | Misconfigured, HttpTransport.HttpTransport>
  /** Runs a statement without rows. */
  readonly run: (sql: string) => Effect.Effect<void, Unavailable | Misconfigured, HttpTransport.HttpTransport>
}

/** A server of ClickHouse. */
export interface Server extends Statements {
  readonly place: Place
  /** Runs statements whose parameter has a value, within the time limit of the options. No error contains it. */
  readonly withValue: (value: string) => Effect.Effect<Statements, Misconfigured>
  /** Inserts rows: the beginning of the statement, and the lines. */
  readonly insert: (body: HttpSink.Body) => Effect.Effect<void, Fault, HttpTransport.HttpTransport>
}

const unclear = (status: number) =>
  new Unavailable({ reason: `the sink cannot interpret the response (status ${status})` })

const parsed = (line: string): ReadonlyArray<string> | undefined => {
  try {
    const row: unknown = JSON.parse(line)
    return Array.isArray(row) ? row : undefined
  } catch {
    return undefined
  }
}

/** Checks the options, and connects to nothing. ClickHouse answers only when a statement has ended. */
export const make = Effect.fnUntraced(function* (
  name: string,
  options: Options
): Effect.fn.Return<Server, Misconfigured> {
  const { cluster, database = "default", gzip, timeout = "30 seconds", url } = options
  const headers = yield* headersOf(options)
  const responseBytes = 64_000_000
  const to = { url, headers, query: { wait_end_of_query: "1" } }
  const inserting = yield* HttpSink.endpoint(name, { ...to, gzip, timeout })
  // Widening a column rewrites it, which takes its time in a large table.
  const defining = yield* HttpSink.endpoint(name, { ...to, timeout: "10 minutes", responseBytes })
  const secret = secretOf(options)

  const statements = (endpoint: HttpSink.Endpoint, hasValue: boolean): Statements => {
    const query = Effect.fnUntraced(function* (sql: string) {
      const response = yield* Effect.mapError(endpoint.post(sql), HttpTransport.toSendError)
      const fault = faultOf(response, yield* Clock.currentTimeMillis)
      if (fault === undefined) return response
      const { error } = fault
      if (error._tag === "Unavailable") return yield* error
      const text = hasValue ? "" : textOf(response)
      const reason = text === "" || (secret !== "" && text.includes(secret)) ? error.reason : `${error.reason}: ${text}`
      return yield* new Misconfigured({ reason })
    })
    return {
      run: (sql) => Effect.asVoid(query(sql)),
      rows: (sql) =>
        Effect.flatMap(query(sql), ({ status, text }) => {
          const rows = text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [parsed(line)]))
          return rows.every((row) => row !== undefined) ? Effect.succeed(rows) : Effect.fail(unclear(status))
        })
    }
  }

  return {
    ...statements(defining, false),
    place: { database, cluster },
    withValue: (value) =>
      Effect.map(
        HttpSink.endpoint(name, {
          ...to,
          query: { ...to.query, param_value: escapedValue(value) },
          timeout,
          responseBytes
        }),
        (endpoint) => statements(endpoint, true)
      ),
    insert: Effect.fnUntraced(function* (body) {
      const response = yield* Effect.mapError(inserting.post(body), (failure): Fault => ({
        error: HttpTransport.toSendError(failure),
        changed: false
      }))
      const fault = faultOf(response, yield* Clock.currentTimeMillis)
      if (fault !== undefined) return yield* Effect.fail(fault)
      // An insert has no rows to return.
      if (response.text.trim() !== "") return yield* Effect.fail({ error: unclear(response.status), changed: false })
    })
  }
})
