import { EventSink, Message, Receipt, Tracking } from "@trackmap/node"
import { eq } from "drizzle-orm"
import { drizzle } from "drizzle-orm/node-postgres"
import { Pool } from "pg"
import { orderLines, trackingOf } from "./tracking.ts"

// Changes the quantity of an order line in the database at an address, and prints the event.

const [address, id, qty] = process.argv.slice(2)
const pool = new Pool({ connectionString: address })
const db = drizzle({ client: pool })

const { OrderLineUpdated, plan, within } = trackingOf(db)
const printed = EventSink.make({
  name: "printed",
  send: async (batch) => {
    process.stdout.write(batch.map((message) => `${Message.toJson(message)}\n`).join(""))
    return batch.map(() => Receipt.delivered)
  }
})
const tracking = Tracking.make({ plan, sinks: printed })

await db.transaction(async (tx) => {
  const [orderLine] = await tx
    .update(orderLines)
    .set({ qty: Number(qty) })
    .where(eq(orderLines.id, Number(id)))
    .returning()
  if (orderLine === undefined) throw new Error(`there is no order line ${id}`)
  const properties = { action: "orderLineUpdated" } as const
  await within(tx, () => tracking.track(OrderLineUpdated, { orderLine, properties }))
})

await tracking.close()
await pool.end()
