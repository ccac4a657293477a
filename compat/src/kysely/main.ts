import { DatabaseSync } from "node:sqlite"
import { EventSink, Message, Receipt, Tracking } from "@trackmap/node"
import { Kysely, PostgresDialect } from "kysely"
import { Pool } from "pg"
import { sqliteDialect } from "./sqlite.ts"
import { type Database, trackingOf } from "./tracking.ts"

// Changes the quantity of an order line in the database at a path or an address, and prints the event.

const [address = ":memory:", id, qty] = process.argv.slice(2)
const dialect = address.startsWith("postgres:")
  ? new PostgresDialect({ pool: new Pool({ connectionString: address }) })
  : sqliteDialect(new DatabaseSync(address))
const db = new Kysely<Database>({ dialect })

const { OrderLineUpdated, plan, within } = trackingOf(db)
const printed = EventSink.make({
  name: "printed",
  send: async (batch) => {
    process.stdout.write(batch.map((message) => `${Message.toJson(message)}\n`).join(""))
    return batch.map(() => Receipt.delivered)
  }
})
const tracking = Tracking.make({ plan, sinks: printed })

await db.transaction().execute(async (tx) => {
  const orderLine = await tx
    .updateTable("orderLines")
    .set({ qty: Number(qty) })
    .where("id", "=", Number(id))
    .returningAll()
    .executeTakeFirstOrThrow()
  const properties = { action: "orderLineUpdated" } as const
  await within(tx, () => tracking.track(OrderLineUpdated, { orderLine, properties }))
})

await tracking.close()
await db.destroy()
