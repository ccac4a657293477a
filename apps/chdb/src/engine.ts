import { VendorServer } from "@trackmap/testing"
import * as Effect from "effect/Effect"

/** A session of chdb, which is ClickHouse's engine in this process. */
interface Session {
  readonly query: (sql: string, format: string) => string
}

// The types of chdb are there only after `npm run clickhouse` has installed it.
const chdb = (await import("chdb" as string)) as { readonly Session: new () => Session }

export const session = new chdb.Session()
/** The rows of a query. */
export const rows = (sql: string): ReadonlyArray<ReadonlyArray<unknown>> =>
  session
    .query(sql, "JSONCompactEachRow")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))

/** The version of ClickHouse. */
export const version = String(rows("SELECT version()")[0]![0])

export const user = "trackmap"
export const password = "a secret"

/** ClickHouse's statuses for the exceptions of these tests (`exceptionCodeToHTTPStatus`). */
const statuses = new Map([
  [16, 500],
  [27, 400],
  [47, 404],
  [53, 400],
  [60, 404],
  [62, 400],
  [81, 404],
  [117, 400],
  [516, 403]
])

const exception = (code: number, text: string): VendorServer.Answer => ({
  status: statuses.get(code) ?? 500,
  headers: { "content-type": "text/plain; charset=UTF-8", "x-clickhouse-exception-code": String(code) },
  body: `${text}\n`
})

/** Runs a statement, with the parameters of its request. */
const run = (sql: string, query: VendorServer.Request["query"] = {}): VendorServer.Answer => {
  try {
    for (const [name, value] of Object.entries(query)) {
      if (!name.startsWith("param_")) continue
      const literal = value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")
      session.query(`SET ${name} = '${literal}'`, "TabSeparated")
    }
    const body = session.query(sql, "TabSeparated")
    return {
      status: 200,
      headers: { "content-type": "text/plain; charset=UTF-8" },
      body: body.trim() === "" ? "" : body
    }
  } catch (error) {
    const text = (error as Error).message
    return exception(Number(/Code: (\d+)/.exec(text)?.[1] ?? 1001), text)
  }
}

const read = (request: VendorServer.Request): ReturnType<VendorServer.Vendor["read"]> => {
  const [name, secret] = VendorServer.basic(request) ?? []
  if (name !== user || secret !== password) {
    return exception(516, `Code: 516. DB::Exception: ${name}: Authentication failed. (AUTHENTICATION_FAILED)`)
  }
  const { query, text } = request
  if (!text.startsWith("INSERT")) return run(text, query)
  const messages = text
    .slice(text.indexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => ({ message_id: JSON.parse(line)[0] }))
  return { messages, commit: () => run(text) }
}

/** ClickHouse's HTTP interface in front of the engine, until the scope closes. */
export const server = VendorServer.make({ read })

/** A name as ClickHouse reads it. */
export const quote = (name: string): string => `"${name.replaceAll("\\", "\\\\").replaceAll('"', '""')}"`

let databases = 0
/** A new database, whose name needs its quotes, until the scope closes. */
export const database = Effect.acquireRelease(
  Effect.sync(() => {
    const name = `a "database" ${databases++}`
    session.query(`CREATE DATABASE ${quote(name)}`, "TabSeparated")
    return name
  }),
  (name) => Effect.sync(() => session.query(`DROP DATABASE ${quote(name)}`, "TabSeparated"))
)
