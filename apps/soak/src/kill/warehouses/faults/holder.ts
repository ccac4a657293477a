/** A process that opens a DuckDB file as a person's program does, runs SQL on it, and holds it until it is told to close it. */
import { setTimeout as sleep } from "node:timers/promises"
import { DuckDBInstance } from "@duckdb/node-api"

/** What it is started with. */
export interface Order {
  readonly file: string
  readonly sql: string
}

/** A service may have the file open just now. */
const open = async (file: string): Promise<DuckDBInstance> => {
  for (;;) {
    try {
      return await DuckDBInstance.create(file)
    } catch (error) {
      if (!String(error).includes("lock")) throw error
      await sleep(1)
    }
  }
}

const hold = async ({ file, sql }: Order): Promise<void> => {
  const instance = await open(file)
  const connection = await instance.connect()
  await connection.run(sql)
  process.once("message", () => {
    connection.closeSync()
    instance.closeSync()
    process.disconnect()
  })
  process.send!("open")
}

process.once("message", (order: Order) => void hold(order))
