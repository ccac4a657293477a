import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DuckDBInstance, type Json } from "@duckdb/node-api"
import * as Effect from "effect/Effect"
import { Parquet } from "../src/index.ts"

export type JsonRow = Readonly<Record<string, Json>>

/** A folder that is removed with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "trackmap-duckdb-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Runs SQL on a file that this process has open, or nobody. */
export const query = (file: string, sql: string): Effect.Effect<ReadonlyArray<JsonRow>> =>
  Effect.promise(async () => {
    const instance = await DuckDBInstance.fromCache(file, { threads: "2", memory_limit: "256MB", ...external })
    const connection = await instance.connect()
    try {
      return await (await connection.run(sql)).getRowObjectsJson()
    } finally {
      connection.closeSync()
      instance.closeSync()
    }
  })

let reading: Promise<DuckDBInstance> | undefined

/** The rows of a query over the views of a directory. */
export const queryFiles = (directory: string, sql: string): Effect.Effect<ReadonlyArray<JsonRow>> =>
  Effect.flatMap(Effect.orDie(Parquet.views({ directory })), (views) =>
    Effect.promise(async () => {
      reading ??= DuckDBInstance.create(":memory:", { threads: "1" })
      const connection = await (await reading).connect()
      try {
        if (views.trim() !== "") await connection.run(views)
        return await (await connection.run(sql)).getRowObjectsJson()
      } finally {
        connection.closeSync()
      }
    })
  )

/** DuckDB refuses a second opening in one process with other options. */
const external = {
  enable_external_access: "false",
  autoload_known_extensions: "false",
  autoinstall_known_extensions: "false",
  allow_community_extensions: "false"
}

/** Keeps a file open in this process, which makes it cheap to open again. */
export const keepOpen = async (file: string): Promise<() => void> => {
  const instance = await DuckDBInstance.fromCache(file, { threads: "2", memory_limit: "256MB", ...external })
  return () => instance.closeSync()
}

const program = `
const { DuckDBInstance } = require(${JSON.stringify(import.meta.resolve("@duckdb/node-api").replace("file://", ""))})
DuckDBInstance.create(process.argv[1], JSON.parse(process.argv[2])).then(
  async (instance) => {
    const connection = await instance.connect()
    console.log("open")
    process.stdin.on("data", () => { connection.closeSync(); instance.closeSync(); console.log("closed") })
  },
  (error) => { console.log(error.message); process.exit() }
)`

/** Another process that opens the file, and holds it until `release`. `said` is "open", or its error. */
export const otherProcess = (file: string, config: object = {}) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const child = spawn(process.execPath, ["-e", program, file, JSON.stringify(config)])
      const line = () =>
        new Promise<string>((resolve) => child.stdout.once("data", (data) => resolve(String(data).trim())))
      const said = await line()
      const release = Effect.promise(() => {
        const closed = line()
        child.stdin.write("\n")
        return closed
      })
      return { child, said, release }
    }),
    ({ child }) => Effect.sync(() => child.kill())
  )
