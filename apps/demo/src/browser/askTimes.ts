/**
 * How long Explore takes over a million events, from the choice on the page to the chart: "quantity by manufacturer by day". Prints the times in
 * milliseconds: cold, where the file is opened for each question, and warm, where the service keeps it open.
 *
 *     npm run ask
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import { EventSink, Tracker } from "@trackmap/core"
import { DuckDB } from "@trackmap/duckdb"
import { Inspector } from "@trackmap/inspector"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Page } from "playwright-core"
import { Vendors } from "../http/routes.ts"
import * as server from "../http/server.ts"
import { listening, wholesale } from "../http/testShop.ts"
import { plan } from "../tracking/plan.ts"
import { openInspector, visit } from "./inspecting.ts"

const events = 1_000_000

/** Fills the table of updated order lines, for thirty days and fifty manufacturers. */
const fill = (file: string) =>
  Effect.gen(function* () {
    yield* Effect.scoped(EventSink.deliver(DuckDB.sink({ file }), [], { plan }))
    yield* Effect.promise(async () => {
      const instance = await DuckDBInstance.create(file, { threads: "2" })
      const connection = await instance.connect()
      await connection.run(`INSERT INTO order_line_updated (message_id, "timestamp", user_id, loaded_at, "OrderLine_id", "OrderLine_qty", "Product_id", "Product_name", "Manufacturer_id", "Manufacturer_name")
        SELECT uuid()::VARCHAR, now() - to_seconds(i * 2.5), 'user-' || i % 5000, now(), i, i % 20, i % 500, 'Product ' || i % 500, i % 50, 'Manufacturer ' || i % 50
        FROM range(${events}) r(i)`)
      connection.closeSync()
      instance.closeSync()
    })
  })

const shop = (file: string, keepOpen: boolean) =>
  server.layer.pipe(
    Layer.provide(Inspector.layer({ plan, warehouse: DuckDB.explorer({ file }) })),
    Layer.provideMerge(listening),
    Layer.provideMerge(Layer.succeed(Vendors, { vendors: [], metrics: Effect.succeed([]) })),
    Layer.provideMerge(Tracker.layer(DuckDB.sink({ file, keepOpen }), { plan })),
    Layer.provideMerge(wholesale)
  )

/** Chooses on the page, and returns the milliseconds until the chart of the answer is drawn. */
const choose = async (page: Page, label: string, option: { readonly label: string } | string): Promise<number> => {
  const answered = page.waitForResponse((response) => response.url().endsWith("/warehouse/ask"))
  const start = performance.now()
  await page.getByRole("combobox", { name: label, exact: true }).selectOption(option)
  await (await answered).finished()
  // The page draws in the frame after the answer.
  await page.evaluate("new Promise((resume) => requestAnimationFrame(() => setTimeout(resume)))")
  return Math.round(performance.now() - start)
}

const times = (file: string, keepOpen: boolean) =>
  Effect.gen(function* () {
    const { address, inspecting: page } = yield* visit()
    return yield* Effect.promise(async () => {
      await openInspector(page, address)
      await page.getByRole("tab", { name: "Explore" }).click()
      await choose(page, "Event", "order_line_updated")
      await choose(page, "Measure", { label: "Sum of OrderLine · qty" })
      await choose(page, "Group by", { label: "Manufacturer · name" })
      const byDay = [await choose(page, "Over time", { label: "By day" })]
      for (let round = 0; round < 4; round++) {
        await choose(page, "Over time", { label: "By hour" })
        byDay.push(await choose(page, "Over time", { label: "By day" }))
      }
      return byDay
    })
  }).pipe(Effect.scoped, Effect.provide(shop(file, keepOpen)))

const program = Effect.gen(function* () {
  const folder = mkdtempSync(join(tmpdir(), "trackmap-"))
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
  const file = join(folder, "events.duckdb")
  yield* fill(file)
  yield* Console.log(`Quantity by manufacturer by day, over ${events.toLocaleString("en")} events, in milliseconds:`)
  yield* Console.log(`opened for each question: ${(yield* times(file, false)).join(", ")}`)
  yield* Console.log(`kept open: ${(yield* times(file, true)).join(", ")}`)
})

await Effect.runPromise(Effect.scoped(program))
