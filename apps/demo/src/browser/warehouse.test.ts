import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Tracker } from "@trackmap/core"
import { DuckDB } from "@trackmap/duckdb"
import { Inspector } from "@trackmap/inspector"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Vendors } from "../http/routes.ts"
import * as server from "../http/server.ts"
import { listening, wholesale } from "../http/testShop.ts"
import { plan } from "../tracking/plan.ts"
import * as chromium from "./chromium.ts"
import { changeQuantity, openInspector, run, says, visit, why } from "./inspecting.ts"

/** A shop that keeps its events in a DuckDB file. */
const shop = Layer.unwrap(
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "trackmap-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
    ),
    (folder) => {
      const file = join(folder, "events.duckdb")
      return server.layer.pipe(
        Layer.provide(Inspector.layer({ plan, warehouse: DuckDB.explorer({ file }) })),
        Layer.provideMerge(listening),
        Layer.provideMerge(Layer.succeed(Vendors, { vendors: [], metrics: Effect.succeed([]) })),
        Layer.provideMerge(Tracker.layer(DuckDB.sink({ file, keepOpen: true }), { plan })),
        Layer.provideMerge(wholesale)
      )
    }
  )
)

describe.skipIf(chromium.executable === undefined)(`Explore over a DuckDB file, in Chromium${why}`, () => {
  it.live("shows the quantity by manufacturer of orders that were just changed, and no personal key", () =>
    Effect.gen(function* () {
      const { address, complaints, inspecting: page, shopping } = yield* visit()
      const pick = (label: string) => page.getByRole("combobox", { name: label, exact: true })
      const rows = page.getByRole("table", { name: "Rows" })
      const select = async (sql: string) => {
        await page.getByRole("textbox", { name: /One SELECT/ }).fill(sql)
        await page.getByRole("button", { name: "Run" }).click()
      }
      yield* run(async () => {
        await changeQuantity(shopping, address, 5)
        await changeQuantity(shopping, address, 7)
        await shopping.getByRole("button", { name: "Place this order" }).click()
        await says(shopping.getByRole("status"), "placed")
      })
      yield* Tracker.flush
      yield* run(async () => {
        await openInspector(page, address)
        await page.getByRole("tab", { name: "Explore" }).click()
        await pick("Event").selectOption("order_line_updated")
        await pick("Measure").selectOption({ label: "Sum of OrderLine · qty" })
        await pick("Group by").selectOption({ label: "Manufacturer · name" })
        await says(rows, "Mario Bros Plumbing Supply")
        await says(rows, "12")
        await pick("Over time").selectOption({ label: "By day" })
        await page.getByRole("slider").waitFor()
        assert.include(await page.getByRole("slider").getAttribute("aria-valuetext"), "Mario Bros Plumbing Supply 12")
        await page.getByText("The SQL that was run").click()
        await page.getByRole("button", { name: "Edit the SQL" }).click()
        await page.getByRole("button", { name: "Run" }).click()
        await says(rows, "Mario Bros Plumbing Supply")

        await select(`SELECT * FROM "order_placed"`)
        await says(rows.getByRole("columnheader"), "Order_status")
        assert.notMatch(await page.content(), /Buyer_email|buyer1@retail\.example/)
      })
      assert.deepStrictEqual(complaints, [])
      yield* run(async () => {
        const problem = page.getByRole("alert")
        for (const [sql, says_] of [
          [`SELECT "Buyer_email" FROM "order_placed"`, "Buyer_email"],
          [`DROP TABLE "order_placed"`, "SELECT"],
          [`SELECT * FROM read_csv('/etc/passwd')`, ""]
        ] as const) {
          await select(sql)
          await says(problem, says_)
          assert.notMatch(await page.content(), /buyer1@retail\.example|root:x/)
        }
      })
    }).pipe(Effect.scoped, Effect.provide(shop))
  )
})
