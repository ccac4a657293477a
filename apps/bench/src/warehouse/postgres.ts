/** What the sink for PostgreSQL costs, compared to a bare `INSERT … SELECT FROM unnest` of the same rows. */
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { EventSink } from "@trackmap/core"
import { Postgres } from "@trackmap/postgres"
import * as Effect from "effect/Effect"
import { Pool } from "pg"
import { competeFreshly, type Contestant, type Contestants } from "../Contest.ts"
import { address, withServer } from "../outbox/postgres.ts"
import { compare, type Measured } from "../Report.ts"
import { messages, plan } from "./messages.ts"

const batch = 10_000
const events = 100_000

/** A tick of the clock in /proc, in nanoseconds (`getconf CLK_TCK` is 100 on Linux). */
const tick = 10_000_000

/** The CPU time of another process, user and system, in nanoseconds (proc(5), "/proc/pid/stat"). */
const cpuOf = async (pid: number): Promise<number> => {
  const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ").at(-1)!.split(" ")
  return (Number(fields[11]) + Number(fields[12])) * tick
}

/** A contestant that writes batches through one connection. `prepare` makes what the bare insert has at hand, and is not measured. */
const contestant = <Batch>(
  schema: string,
  prepare: (from: number, to: number) => ReadonlyArray<Batch>,
  write: (pool: Pool, schema: string, batches: ReadonlyArray<Batch>) => Promise<void>
): Contestant => {
  const pool = new Pool({ connectionString: address(), max: 1 })
  const table = `${schema}.order_line_updated`
  const opened = Effect.runPromise(Effect.scoped(EventSink.deliver(Postgres.sink({ pool, schema }), [], { plan })))
  const clear = () => pool.query(`TRUNCATE ${table}`)
  return {
    result: async () => {
      await opened
      await clear()
      await write(pool, schema, prepare(0, 1_000))
      const { rows } = await pool.query(`SELECT to_jsonb(t) - 'loaded_at' AS row FROM ${table} t ORDER BY message_id`)
      return rows
    },
    warmUp: async () => {
      await clear()
      await write(pool, schema, prepare(0, 3 * batch))
      await clear()
    },
    sample: async () => {
      const prepared = prepare(0, events)
      const { rows } = await pool.query("SELECT pg_backend_pid() AS pid")
      globalThis.gc!()
      const [server, start] = [await cpuOf(rows[0].pid), process.cpuUsage()]
      await write(pool, schema, prepared)
      const { system, user } = process.cpuUsage(start)
      const client = (user + system) * 1_000
      const both = client + (await cpuOf(rows[0].pid)) - server
      const { rows: found } = await pool.query(`SELECT count(*)::int AS count FROM ${table}`)
      if (found[0].count !== events) throw new Error(`${found[0].count} of ${events} rows arrived`)
      return { client: client / events, both: both / events }
    }
  }
}

const columns = [
  ["message_id", "text"],
  ["timestamp", "timestamptz"],
  ["user_id", "text"],
  ["anonymous_id", "text"],
  ["group_id", "text"],
  ["context", "jsonb"],
  ["loaded_at", "timestamptz"]
] as const
const types = { string: "text", boolean: "boolean" }

/** The lists of the columns, as a program has them that does nothing but insert. */
const listsOf = (from: number, to: number): ReadonlyArray<{ readonly sql: string; readonly values: Array<unknown> }> =>
  Array.from({ length: Math.ceil((to - from) / batch) }, (_, at) => {
    const some = messages(from + at * batch, Math.min(to, from + (at + 1) * batch))
    const loaded = new Date().toISOString()
    const own = Object.entries(some[0]!.properties).map(([key, value]) => ({
      name: `"${key}"`,
      type: types[typeof value as "string"] ?? (/price|total/.test(key) ? "float8" : "bigint"),
      values: some.map(({ properties }) => properties[key])
    }))
    const lists = [
      some.map(({ messageId }) => messageId),
      some.map(({ timestamp }) => timestamp),
      some.map(({ userId }) => userId),
      some.map(({ anonymousId }) => anonymousId),
      some.map(({ context }) => context!["groupId"]),
      some.map(({ context }) => JSON.stringify(context)),
      some.map(() => loaded)
    ]
    const all = [...columns.map(([name, type], at) => ({ name, type, values: lists[at] })), ...own]
    const casts = all.map(({ type }, at) => `$${at + 1}::${type}[]`).join(", ")
    return {
      sql: `(${all.map(({ name }) => name).join(", ")}) SELECT * FROM unnest(${casts}) ON CONFLICT DO NOTHING`,
      values: all.map(({ values }) => values)
    }
  })

export const contestants: Contestants = {
  sink: () =>
    contestant(
      "sink",
      (from, to) => [messages(from, to)],
      async (pool, schema, batches) => {
        for (const all of batches) {
          const delivered = EventSink.deliver(Postgres.sink({ pool, schema }), all, { plan })
          const receipts = await Effect.runPromise(Effect.scoped(delivered))
          if (receipts.some(({ outcome }) => outcome._tag !== "Delivered")) throw new Error("not all were delivered")
        }
      }
    ),
  bare: () =>
    contestant("bare", listsOf, async (pool, schema, batches) => {
      for (const { sql, values } of batches) {
        await pool.query("BEGIN")
        await pool.query(`INSERT INTO ${schema}.order_line_updated ${sql}`, values)
        await pool.query("COMMIT")
      }
    })
}

export const postgres = (): Promise<ReadonlyArray<Measured>> =>
  withServer(async (url) => {
    const samples = await competeFreshly(fileURLToPath(import.meta.url), ["sink", "bare"], {
      rounds: 3,
      env: { BENCH_POSTGRES: url }
    })
    const row = (what: "client" | "both", name: string, target: number | null): Measured =>
      compare(
        { name, unit: "ns CPU per row", baseline: "INSERT … SELECT FROM unnest", target },
        samples("sink", what),
        samples("bare", what)
      )
    return [
      row("both", "sink for PostgreSQL, client and server", 1.3),
      row("client", "sink for PostgreSQL, client alone", null)
    ]
  })
