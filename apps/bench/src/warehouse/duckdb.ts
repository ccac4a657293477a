/**
 * What the sinks for DuckDB and Parquet cost, compared to a bare staged appender (chunks, a temporary table, an anti-join by id) and to a bare COPY of
 * the same rows.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as duckdb from "@duckdb/node-api"
import { EventSink, type Message } from "@trackmap/core"
import { DuckDB, Parquet } from "@trackmap/duckdb"
import * as Effect from "effect/Effect"
import { competeFreshly, type Contestant, type Contestants } from "../Contest.ts"
import { compare, type Measured } from "../Report.ts"
import { messages, plan } from "./messages.ts"

const batch = 10_000

/** How many events there are, and how many of them a sink gets at once. */
interface Amount {
  readonly events: number
  readonly part: number
}
/** Many at once, since the sinks open anew for each part. */
const forCpu: Amount = { events: 200_000, part: 100_000 }
/** Few at once, since the messages themselves take memory. */
const forMemory: Amount = { events: 1_000_000, part: batch }

type Write = (path: string, some: ReadonlyArray<Message.Track>) => Promise<void>

/** What is in a file, or in the files of a folder. */
const counted = async (path: string): Promise<ReadonlyArray<unknown>> => {
  const from = path.endsWith(".duckdb")
    ? "order_line_updated"
    : `read_parquet('${path}/order_line_updated/*/*.parquet', hive_partitioning = false)`
  const instance = await duckdb.DuckDBInstance.create(path.endsWith(".duckdb") ? path : ":memory:")
  const connection = await instance.connect()
  const sums = `count(*), count(DISTINCT message_id), sum("OrderLine_qty"), max("timestamp")::VARCHAR, min(CAST(context AS VARCHAR))`
  const rows = await (await connection.run(`SELECT ${sums} FROM ${from}`)).getRowsJson()
  connection.closeSync()
  instance.closeSync()
  return rows[0]!
}

const amount = ({ events }: Amount): string => `${events.toLocaleString("en-US")} events`

const contestant = (name: string, write: Write, { events, part }: Amount = forCpu): Contestant => {
  const folder = mkdtempSync(join(tmpdir(), "bench-duckdb-"))
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  let files = 0
  const next = () => join(folder, `${++files}${name}`)
  return {
    result: async () => {
      const path = next()
      await write(path, messages(0, batch))
      return counted(path)
    },
    warmUp: async () => write(next(), messages(0, 5 * batch)),
    sample: async () => {
      const path = next()
      let spent = 0
      for (let from = 0; from < events; from += part) {
        const some = messages(from, from + part)
        globalThis.gc!()
        const start = process.cpuUsage()
        await write(path, some)
        const { system, user } = process.cpuUsage(start)
        spent += user + system
      }
      const [rows] = await counted(path)
      if (Number(rows) !== events) throw new Error(`${String(rows)} of ${events} rows arrived`)
      return { cpu: (spent * 1_000) / events, memory: process.resourceUsage().maxRSS * 1_024 }
    }
  }
}

const through =
  (sinkOf: (path: string) => EventSink.EventSink<any>): Write =>
  async (path, some) => {
    const receipts = await Effect.runPromise(Effect.scoped(EventSink.deliver(sinkOf(path), some, { plan })))
    if (receipts.some(({ outcome }) => outcome._tag !== "Delivered")) throw new Error("not all were delivered")
  }

interface Column {
  readonly name: string
  readonly type: string
  readonly value: (message: Message.Track, now: bigint) => unknown
}
const zoned = (micros: bigint) => new duckdb.DuckDBTimestampTZValue(micros)
const typeOf = (key: string, value: unknown): string =>
  typeof value === "string"
    ? "VARCHAR"
    : typeof value === "boolean"
      ? "BOOLEAN"
      : /price|total/.test(key)
        ? "DOUBLE"
        : "BIGINT"
const columns: ReadonlyArray<Column> = [
  { name: "message_id", type: "VARCHAR", value: ({ messageId }) => messageId },
  { name: "timestamp", type: "TIMESTAMPTZ", value: ({ timestamp }) => zoned(BigInt(Date.parse(timestamp)) * 1_000n) },
  { name: "user_id", type: "VARCHAR", value: ({ userId }) => userId },
  { name: "anonymous_id", type: "VARCHAR", value: ({ anonymousId }) => anonymousId },
  { name: "group_id", type: "VARCHAR", value: ({ context }) => context!["groupId"] },
  { name: "context", type: "JSON", value: ({ context }) => JSON.stringify(context) },
  { name: "integrations", type: "JSON", value: () => null },
  { name: "loaded_at", type: "TIMESTAMPTZ", value: (_, now) => zoned(now) },
  ...Object.entries(messages(0, 1)[0]!.properties).map(([name, sample]): Column => {
    const type = typeOf(name, sample)
    const value =
      type === "BIGINT"
        ? ({ properties }: Message.Track) => BigInt(properties[name] as number)
        : ({ properties }: Message.Track) => properties[name]
    return { name, type, value }
  })
]
const definition = columns.map(({ name, type }) => `"${name}" ${type}`).join(", ")
const staging = columns.map(({ name, type }) => `"${name}" ${type === "JSON" ? "VARCHAR" : type}`).join(", ")
const types = columns.map(({ type }) => duckdb[(type === "JSON" ? "VARCHAR" : type) as "VARCHAR"])

/** Appends a batch to the temporary table. */
const stage = async (connection: duckdb.DuckDBConnection, some: ReadonlyArray<Message.Track>): Promise<void> => {
  await connection.run(`CREATE OR REPLACE TEMP TABLE staged (${staging})`)
  const appender = await connection.createAppender("staged", "main", "temp")
  const now = BigInt(Date.now()) * 1_000n
  for (let from = 0; from < some.length; from += 2_048) {
    const rows = some.slice(from, from + 2_048)
    const chunk = duckdb.DuckDBDataChunk.create(types, rows.length)
    for (const [at, { value }] of columns.entries()) {
      chunk.setColumnValues(at, rows.map((row) => value(row, now)) as Array<duckdb.DuckDBValue>)
    }
    appender.appendDataChunk(chunk)
  }
  appender.flushSync()
  appender.closeSync()
}

const bounds = { threads: "2", memory_limit: "256MB" }
const batches = (some: ReadonlyArray<Message.Track>): ReadonlyArray<ReadonlyArray<Message.Track>> =>
  Array.from({ length: Math.ceil(some.length / batch) }, (_, at) => some.slice(at * batch, (at + 1) * batch))

const inFile = async (path: string, some: ReadonlyArray<ReadonlyArray<Message.Track>>): Promise<void> => {
  const instance = await duckdb.DuckDBInstance.create(path, bounds)
  const connection = await instance.connect()
  await connection.run(`CREATE TABLE IF NOT EXISTS order_line_updated (${definition})`)
  for (const rows of some) {
    await connection.run("BEGIN")
    await stage(connection, rows)
    await connection.run(
      `INSERT INTO order_line_updated SELECT * FROM staged s WHERE NOT EXISTS (
         SELECT 1 FROM order_line_updated o WHERE o.message_id = s.message_id
         AND o."timestamp" BETWEEN '${rows[0]!.timestamp}' AND '${rows.at(-1)!.timestamp}')`
    )
    await connection.run("COMMIT")
  }
  connection.closeSync()
  instance.closeSync()
}

let copies = 0
const copied: Write = async (path, some) => {
  const instance = await duckdb.DuckDBInstance.create(":memory:", bounds)
  const connection = await instance.connect()
  const { mkdir } = await import("node:fs/promises")
  await mkdir(`${path}/order_line_updated/day`, { recursive: true })
  for (const rows of batches(some)) {
    await stage(connection, rows)
    const file = `${path}/order_line_updated/day/${++copies}.parquet`
    await connection.run(
      `COPY (SELECT * REPLACE (context::JSON AS context, integrations::JSON AS integrations) FROM staged) TO '${file}' (FORMAT parquet, COMPRESSION zstd)`
    )
  }
  connection.closeSync()
  instance.closeSync()
}

const kept = through((file) => DuckDB.sink({ file, keepOpen: true }))
const bareKept: Write = (path, some) => inFile(path, batches(some))

export const contestants: Contestants = {
  kept: () => contestant(".duckdb", kept),
  bareKept: () => contestant(".duckdb", bareKept),
  million: () => contestant(".duckdb", kept, forMemory),
  bareMillion: () => contestant(".duckdb", bareKept, forMemory),
  closed: () =>
    contestant(
      ".duckdb",
      through((file) => DuckDB.sink({ file }))
    ),
  bareClosed: () =>
    contestant(".duckdb", async (path, some) => {
      for (const rows of batches(some)) await inFile(path, [rows])
    }),
  parquet: () =>
    contestant(
      "",
      through((directory) => Parquet.sink({ directory }))
    ),
  bareCopy: () => contestant("", copied)
}

export const duckDB = async (): Promise<ReadonlyArray<Measured>> => {
  const file = fileURLToPath(import.meta.url)
  const names = ["kept", "bareKept", "closed", "bareClosed", "parquet", "bareCopy"] as const
  const cpu = await competeFreshly(file, names, { rounds: 3, env: {} })
  const row = (name: string, baseline: string, sink: (typeof names)[number], bare: (typeof names)[number]): Measured =>
    compare(
      { name: `${name}, ${amount(forCpu)}`, unit: "ns CPU per row", baseline, target: 1.3 },
      cpu(sink, "cpu"),
      cpu(bare, "cpu")
    )
  const memory = await competeFreshly(file, ["million", "bareMillion"], { rounds: 1, env: {} })
  const label = { name: `memory of the sink for DuckDB, ${amount(forMemory)}`, unit: "bytes" }
  return [
    row("sink for DuckDB, kept open", "staged appender", "kept", "bareKept"),
    row("sink for DuckDB, by batch", "staged appender", "closed", "bareClosed"),
    row("sink for Parquet", "COPY", "parquet", "bareCopy"),
    compare({ ...label, baseline: "500 MB", target: 1 }, memory("million", "memory"), [500_000_000]),
    compare(
      { ...label, baseline: "staged appender", target: null },
      memory("million", "memory"),
      memory("bareMillion", "memory")
    )
  ]
}
