import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Entity, Pii, Plan, TrackedEvent } from "@trackmap/core"
import { Inspector } from "@trackmap/inspector"
import { InMemory } from "@trackmap/testing"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { Locator, Page } from "playwright-core"
import { eventTable, warehouseOf } from "../../../../fixtures/warehouse/inMemory.ts"
import { listening } from "../http/testShop.ts"
import * as chromium from "./chromium.ts"
import { found, openInspector, run, says, visit, why } from "./inspecting.ts"

const hostile = {
  event: `"><img src=x onerror="alert('event')">`,
  key: `Key_${"k".repeat(90)}`,
  column: `<b onclick='alert(1)'>"column" \u202enmuloc</b>${"c".repeat(100)}`,
  values: [
    `=HYPERLINK("http://evil.example","x")`,
    "مصنع البط",
    `<svg/onload=alert(2)>`,
    "W".repeat(300),
    `say "hi", and\nbye`
  ]
}

const Manufacturer = Entity.make("Manufacturer", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })
const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int } }).pipe(
  Entity.one(
    "manufacturer",
    Manufacturer,
    ({ maker }: { readonly maker: { readonly id: number; readonly name: string } }) => maker
  )
)
const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } }).pipe(
  Entity.one("product", Product, ({ product }: { readonly product: Entity.Row<typeof Product> }) => product)
)
const plan = Plan.make(
  TrackedEvent.make("orderLineUpdated", { entities: { orderLine: OrderLine } }),
  TrackedEvent.make("signedUp", { properties: { email: Pii.personal(Schema.String), city: Schema.String } }),
  TrackedEvent.make(hostile.event, { properties: { [hostile.key]: Schema.String } })
)

const rows = [
  ["2026-11-01T10:00:00.000Z", "Mario Bros", 2],
  ["2026-11-01T23:30:00.000Z", "Mario Bros", 3],
  ["2026-11-03T12:00:00.000Z", "Wario", 4]
].map(([timestamp, maker, qty]) => ({
  timestamp: timestamp!,
  Manufacturer_name: maker!,
  OrderLine_qty: qty!,
  user_id: "ada"
}))

/** A service with a warehouse in memory, and what it was asked. */
const service = () => {
  const { asked, warehouse } = warehouseOf(
    eventTable(
      "order_line_updated",
      { OrderLine_id: "integer", OrderLine_qty: "integer", Manufacturer_name: "string" },
      rows
    ),
    eventTable("signed_up", { email: "string", city: "string" }, [{ email: "ada@example.com", city: "London" }]),
    eventTable(
      "hostile",
      { [hostile.key]: "string" },
      hostile.values.map((value, n) => ({ timestamp: `2026-11-0${n + 1}T00:00:00.000Z`, [hostile.key]: value })),
      hostile.event
    )
  )
  const select: Inspector.Warehouse["select"] = (sql, options) => {
    if (sql === "SELECT slowly") return Effect.never
    if (sql !== "SELECT hostile") return warehouse.select(sql, options)
    const columns = [{ name: hostile.column, kind: "string" as const }]
    return Effect.succeed({ sql, columns, rows: hostile.values.map((value) => [value]), truncated: true, ms: 2 })
  }
  const layer = HttpRouter.serve(Inspector.routes(), { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provide(Inspector.layer({ plan, warehouse: { ...warehouse, select } })),
    Layer.provideMerge(listening),
    Layer.provideMerge(InMemory.layer({ plan }))
  )
  return { asked, layer }
}

const pick = (page: Page, label: string): Locator => page.getByRole("combobox", { name: label, exact: true })
const table = (page: Page): Locator => page.getByRole("table", { name: "Rows" })

/** The text of the rows, without the header. */
const textOf = async (page: Page): Promise<ReadonlyArray<string>> =>
  (await table(page).getByRole("row").allInnerTexts()).slice(1).map((row) => row.replaceAll(/\s+/g, " ").trim())

const openExplore = async (page: Page, address: string): Promise<void> => {
  await openInspector(page, address)
  await page.getByRole("tab", { name: "Explore" }).click()
  await pick(page, "Event").waitFor()
}

/** Quantity by manufacturer by day. */
const askInFour = async (page: Page): Promise<void> => {
  await pick(page, "Event").selectOption({ label: "orderLineUpdated (3)" })
  await pick(page, "Measure").selectOption({ label: "Sum of OrderLine · qty" })
  await pick(page, "Group by").selectOption({ label: "Manufacturer · name" })
  await pick(page, "Over time").selectOption({ label: "By day" })
  await page.getByRole("slider").waitFor()
}

const isNoWider = async (page: Page): Promise<void> => {
  const wider = await page.evaluate(
    "Math.max(...[document.documentElement, ...document.querySelectorAll('.scroll')].map((one) => one.scrollWidth - one.clientWidth))"
  )
  assert.isAtMost(wider as number, 0)
}

describe.skipIf(chromium.executable === undefined)(`Explore in Chromium${why}`, () => {
  it.live(
    "answers quantity by manufacturer by day after four choices, in a chart, a table and SQL, and keeps it in the address",
    () => {
      const { asked, layer } = service()
      return Effect.gen(function* () {
        const { address, complaints, context, inspecting: page } = yield* visit({ timezoneId: "Europe/Berlin" })
        yield* run(async () => {
          await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: address })
          await openExplore(page, address)
          await askInFour(page)
          const berlin = ["2026-11-01 Mario Bros 2", "2026-11-02 Mario Bros 3", "2026-11-03 Wario 4"]
          await says(table(page), "Day (Europe/Berlin)")
          assert.deepStrictEqual(await textOf(page), berlin)
          assert.deepInclude(asked.at(-1), { groupBy: ["Manufacturer_name"], every: "day", timeZone: "Europe/Berlin" })
          await page.reload()
          await says(table(page), "Wario")
          assert.deepStrictEqual(await textOf(page), berlin)
          await pick(page, "Time zone").selectOption("UTC")
          await says(table(page), "5")
          assert.deepStrictEqual(await textOf(page), ["2026-11-01 Mario Bros 5", "2026-11-03 Wario 4"])
          assert.match(page.url(), /zone=UTC/)

          await page.getByText("The SQL that was run").click()
          await page.getByRole("button", { name: "Copy the SQL" }).click()
          await says(page.getByRole("status", { name: "Done" }), "SQL copied")
          assert.strictEqual(
            await page.evaluate("navigator.clipboard.readText()"),
            `SELECT sum FROM "order_line_updated"`
          )

          await page.getByRole("button", { name: "Add a filter" }).click()
          await pick(page, "Filter 1: key").selectOption({ label: "Manufacturer · name" })
          await pick(page, "Filter 1: comparison").selectOption({ label: "contains" })
          await page.getByRole("textbox", { name: "Filter 1: value" }).fill("wario")
          await page.keyboard.press("Enter")
          await table(page).getByText("Mario Bros").waitFor({ state: "detached" })
          assert.deepStrictEqual(await textOf(page), ["2026-11-03 Wario 4"])
          await page.getByRole("button", { name: "Remove filter 1" }).click()
          await says(table(page), "Mario Bros")
          await page.getByRole("tab", { name: "Event", exact: true }).click()
          assert.notMatch(page.url(), /explore/)
        })
        assert.deepStrictEqual(complaints, [])
      }).pipe(Effect.scoped, Effect.provide(layer))
    }
  )

  it.live(
    "shows hostile names and values as text on a narrow screen, and saves them as CSV that no spreadsheet runs",
    () =>
      Effect.gen(function* () {
        const { address, complaints, inspecting: page } = yield* visit({ viewport: { width: 360, height: 740 } })
        yield* run(async () => {
          await openExplore(page, address)
          await pick(page, "Event").selectOption({ label: `${hostile.event} (5)` })
          await pick(page, "Group by").selectOption(hostile.key)
          await says(table(page), hostile.values[2]!)
          await isNoWider(page)
          await pick(page, "Over time").selectOption({ label: "By day" })
          await says(page.getByRole("list", { name: "Totals" }), hostile.values[1]!)
          await page.getByRole("button", { name: "Add a filter" }).click()
          await isNoWider(page)
          const [download] = await Promise.all([
            page.waitForEvent("download"),
            page.getByRole("button", { name: "Save as CSV" }).click()
          ])
          const saved = readFileSync(await download.path(), "utf8")
          assert.match(download.suggestedFilename(), /^[\w-]+\.csv$/)
          assert.include(saved, `T00:00:00Z,"'=HYPERLINK(""http://evil.example"",""x"")",1\r\n`)
          assert.include(saved, `"say ""hi"", and\nbye"`)
          await page.getByRole("button", { name: "SQL", exact: true }).click()
          await page.getByRole("textbox", { name: /One SELECT/ }).fill("SELECT hostile")
          await page.getByRole("button", { name: "Run" }).click()
          await says(table(page).getByRole("columnheader"), hostile.column)
          await says(page.getByText("There are more rows"), "the first 5 rows")
          await isNoWider(page)
        })
        assert.deepStrictEqual(complaints, [])
      }).pipe(Effect.scoped, Effect.provide(service().layer))
  )

  it.live("offers no personal key, and no statement can read one", () =>
    Effect.gen(function* () {
      const { address, inspecting: page } = yield* visit()
      yield* run(async () => {
        await openExplore(page, address)
        await pick(page, "Event").selectOption({ label: "signedUp (1)" })
        await pick(page, "Group by").selectOption({ label: "Properties · city" })
        await says(table(page), "London")
        assert.notInclude(await page.getByRole("main").innerHTML(), "email")
        await page.getByRole("button", { name: "SQL", exact: true }).click()
        await page.getByRole("textbox", { name: /One SELECT/ }).fill(`SELECT * FROM "signed_up"`)
        await page.getByRole("button", { name: "Run" }).click()
        await says(table(page).getByRole("columnheader"), "message_id")
        await says(table(page), "London")
        assert.notMatch(await page.content(), /email|ada@/)
      })
    }).pipe(Effect.scoped, Effect.provide(service().layer))
  )

  it.live(
    "is used by keyboard alone: a question, the chart's days, the order of rows, and a statement that is stopped",
    () =>
      Effect.gen(function* () {
        const { address, inspecting: page } = yield* visit({ viewport: { width: 1024, height: 900 } })
        const { keyboard } = page
        yield* run(async () => {
          await openInspector(page, address)
          await page.getByRole("tab", { name: "Event", exact: true }).focus()
          await keyboard.press("ArrowRight")
          await pick(page, "Event").focus()
          await keyboard.type("orderLine")
          await pick(page, "Measure").waitFor()
          await keyboard.press("Tab")
          await keyboard.type("Sum")
          await keyboard.press("ArrowDown")
          await keyboard.press("Tab")
          await keyboard.type("Manu")
          await keyboard.press("Tab")
          await keyboard.press("Tab")
          await keyboard.press("ArrowDown")
          await keyboard.press("ArrowDown")
          const chart = page.getByRole("slider", { name: /Sum of OrderLine · qty/ })
          await chart.focus()
          await keyboard.press("Home")
          assert.include(await chart.getAttribute("aria-valuetext"), "2026-11-01: Mario Bros 5")
          await keyboard.press("ArrowRight")
          assert.include(await chart.getAttribute("aria-valuetext"), "2026-11-02: Mario Bros 0, Wario 0")
          const header = table(page).getByRole("columnheader", { name: "Manufacturer · name" })
          await header.getByRole("button").focus()
          await keyboard.press("Enter")
          await keyboard.press("Enter")
          assert.strictEqual(await header.getAttribute("aria-sort"), "descending")
          assert.match((await textOf(page))[0]!, /Wario/)

          await page.getByRole("button", { name: "SQL", exact: true }).press("Enter")
          await page.getByRole("textbox", { name: /One SELECT/ }).focus()
          await keyboard.press("Control+A")
          await keyboard.type("DROP TABLE events")
          await keyboard.press("Control+Enter")
          await says(page.getByRole("alert"), "no statement that only reads: DROP TABLE events")
          await keyboard.press("Control+A")
          await keyboard.type("SELECT slowly")
          await keyboard.press("Control+Enter")
          await page.getByRole("button", { name: "Stop" }).press("Enter")
          await page.getByRole("group", { name: "Answer" }).and(page.locator(":focus")).waitFor()
          assert.strictEqual(await page.getByRole("button", { name: "Stop" }).count(), 0)
        })
      }).pipe(Effect.scoped, Effect.provide(service().layer))
  )

  it.live("has nothing that axe complains about, in light and dark, narrow and wide", () =>
    Effect.gen(function* () {
      const { address, running } = yield* visit()
      for (const [colorScheme, width] of [
        ["light", 360],
        ["light", 1600],
        ["dark", 1024]
      ] as const) {
        const { tab } = yield* chromium.person(running, { colorScheme, viewport: { width, height: 900 } })
        const page = yield* tab
        yield* run(async () => {
          const where = `${colorScheme} ${width}`
          await openExplore(page, address)
          await askInFour(page)
          await page.getByRole("button", { name: "Add a filter" }).click()
          await page.getByText("The SQL that was run").click()
          assert.deepStrictEqual(await found(page), [], `${where}, lines`)
          if (width === 1600) return
          await page.getByRole("button", { name: "SQL", exact: true }).click()
          await page.getByText("3 tables").click()
          assert.deepStrictEqual(await found(page), [], `${where}, SQL`)
        })
      }
    }).pipe(Effect.scoped, Effect.provide(service().layer))
  )
})
