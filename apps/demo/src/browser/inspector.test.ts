import { assert, describe, it } from "@effect/vitest"
import { EventSink, Receipt, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import type { Locator, Page } from "playwright-core"
import { durableShop, vendorShop } from "../http/testShop.ts"
import * as chromium from "./chromium.ts"
import { changeQuantity, found, openInspector, run, says, visit, why } from "./inspecting.ts"

const options = (page: Page): Locator => page.getByRole("listbox", { name: "Events" }).getByRole("option")
const opened = (page: Page): Locator => page.getByRole("article")
const sink = (page: Page, name: string): Locator => opened(page).getByRole("region", { name: `Sink ${name}` })

interface Visit {
  readonly address: string
  readonly shopping: Page
  readonly inspecting: Page
}

/** Changes a quantity while a vendor fails, and opens the event in the inspector. */
const changeWhileFailing = async (vendor: string, { address, inspecting, shopping }: Visit): Promise<void> => {
  await openInspector(inspecting, address)
  await shopping.goto(`${address}/vendors`)
  await shopping.getByRole("button", { name: `Break ${vendor}` }).click()
  await changeQuantity(shopping, address, 9)
  await options(inspecting).filter({ hasText: "orderLineUpdated" }).first().click()
}

/** A shop with an outbox. Its sink refuses events, and quotes what the buyer typed, until it is mended. */
const refusingShop = () => {
  const vendor = { accepts: false, received: Array<string>() }
  const segment = EventSink.make({
    name: "segment",
    send: (batch) =>
      Effect.sync(() => {
        if (!vendor.accepts) return batch.all(Receipt.rejected("unknown address: buyer1@retail.example"))
        vendor.received.push(...batch.map((message) => (message.type === "track" ? message.event : message.type)))
        return batch.all(Receipt.delivered)
      })
  })
  return { vendor, shop: durableShop(segment) }
}

/** Changes a quantity and places the order. */
const loseTwo = async ({ address, shopping }: Pick<Visit, "address" | "shopping">): Promise<void> => {
  await changeQuantity(shopping, address, 5)
  await shopping.getByRole("button", { name: "Place this order" }).click()
  await says(shopping.getByRole("status"), "placed")
}

/** Opens the outbox in the inspector. Returns its dead letters, once both are there. */
const openOutbox = async ({ address, inspecting }: Pick<Visit, "address" | "inspecting">): Promise<Locator> => {
  await openInspector(inspecting, address)
  const outbox = inspecting.getByRole("tab", { name: "Outbox" })
  if (((await inspecting.evaluate("innerWidth")) as number) < 1_400) await outbox.click()
  const dead = inspecting.getByRole("list", { name: "Dead letters" }).getByRole("listitem")
  await says(dead.nth(1), "orderLineUpdated")
  return dead
}

/** The limit for the rows in the page: those in view, and some around them. */
const drawn = 100

describe.skipIf(chromium.executable === undefined)(`the inspector in Chromium${why}`, () => {
  it.live("shows how an event came to be: its rows and relations, each key's origin, and what each sink sent", () =>
    Effect.gen(function* () {
      const { address, complaints, inspecting, shopping } = yield* visit()
      yield* run(async () => {
        await openInspector(inspecting, address)
        await changeQuantity(shopping, address, 7)
        await options(inspecting).filter({ hasText: "orderLineUpdated" }).first().click()
        await says(opened(inspecting).getByRole("heading", { level: 2 }), "orderLineUpdated")

        const graph = opened(inspecting).getByRole("list", { name: "Entity graph" })
        for (const [entity, origin] of [
          ["OrderLine", "row"],
          ["Product", "products"],
          ["Manufacturer", "manufacturers"],
          ["Order", "orders"]
        ] as const) {
          await says(graph.getByRole("button", { name: new RegExp(`^(resolved )?${entity}\\b`, "i") }), origin)
        }

        const keys = opened(inspecting).getByRole("table", { name: "Keys" })
        for (const [key, value, from] of [
          ["OrderLine_qty", "7", "OrderLine.qty"],
          ["OrderLine_qty_before", "3", "OrderLine"],
          ["Product_name", "Gold Plated Duck Tape", "Product.name"],
          ["Manufacturer_externalID", "MBroPS", "Manufacturer.externalID"],
          ["Order_uuid", "-", "Order.uuid"]
        ] as const) {
          const row = keys
            .getByRole("row")
            .filter({ has: inspecting.getByRole("rowheader", { name: key, exact: true }) })
          await says(row, value)
          await says(row, from)
        }

        for (const [name, request, key] of [
          ["segment", "POST /v1/batch", `"Product_name": "Gold Plated Duck Tape"`],
          ["mixpanel", "POST /import", `"Product Name": "Gold Plated Duck Tape"`]
        ] as const) {
          await says(sink(inspecting, name), "Delivered")
          await says(sink(inspecting, name), request)
          await says(sink(inspecting, name), key)
        }
      })
      assert.deepStrictEqual(complaints, [])
    }).pipe(Effect.scoped, Effect.provide(vendorShop()))
  )

  it.live("opens the event that the shop's link leads to", () =>
    Effect.gen(function* () {
      const { address, shopping } = yield* visit()
      yield* run(async () => {
        await changeQuantity(shopping, address, 8)
        const [popup] = await Promise.all([
          shopping.waitForEvent("popup", { timeout: 2_000 }).catch(() => shopping),
          shopping.getByRole("link", { name: "See it in the inspector" }).click()
        ])
        await says(opened(popup).getByRole("heading", { level: 2 }), "orderLineUpdated")
        await says(opened(popup).getByRole("table", { name: "Keys" }), "OrderLine_qty")
      })
    }).pipe(Effect.scoped, Effect.provide(vendorShop()))
  )

  it.live("says that a vendor fails and each attempt, while the other delivers, and that it has recovered", () =>
    Effect.gen(function* () {
      const visited = yield* visit()
      const { address, inspecting, shopping } = visited
      yield* run(async () => {
        await changeWhileFailing("Segment", visited)
        await says(sink(inspecting, "mixpanel"), "Delivered")
        await says(sink(inspecting, "segment"), "Retrying")
        await says(sink(inspecting, "segment"), "status 503")

        await shopping.goto(`${address}/vendors`)
        await shopping.getByRole("button", { name: "Repair Segment" }).click()
        await says(sink(inspecting, "segment"), "Delivered")
        await sink(inspecting, "segment").getByRole("listitem").nth(1).waitFor()
      })
    }).pipe(Effect.scoped, Effect.provide(vendorShop()))
  )

  it.live("says that an event expired where its vendor did not recover in time", () =>
    Effect.gen(function* () {
      const visited = yield* visit()
      const { inspecting } = visited
      yield* run(async () => {
        await changeWhileFailing("Mixpanel", visited)
        await says(sink(inspecting, "mixpanel"), "Expired")
        await says(sink(inspecting, "segment"), "Delivered")
        await inspecting.getByRole("combobox", { name: "Filter by outcome" }).selectOption("expired")
        await says(options(inspecting), "orderLineUpdated")
      })
    }).pipe(Effect.scoped, Effect.provide(vendorShop()))
  )

  it.live("shows what people typed as text, however long, and never runs it", () =>
    Effect.gen(function* () {
      const { address, complaints, inspecting, shopping } = yield* visit({ viewport: { width: 360, height: 740 } })
      const names = [
        `<img src=x onerror="alert('shown')">`,
        `</script><script>alert("run")</script>`,
        "W".repeat(200),
        `"><svg/onload=alert(1)>`
      ]
      yield* run(async () => {
        await openInspector(inspecting, address)
        for (const [index, name] of names.entries()) {
          await shopping.goto(`${address}/products/123`)
          await shopping.getByRole("textbox", { name: "Name" }).fill(name)
          await shopping.getByRole("button", { name: "Rename" }).click()
          await says(shopping.getByRole("status"), "Product renamed.")
          const renamed = options(inspecting).filter({ hasText: "productRenamed" })
          await renamed.nth(index).waitFor()
          await renamed.first().click()
          await says(opened(inspecting).getByRole("table", { name: "Keys" }), JSON.stringify(name).slice(1, 100))
          const wide = await inspecting.evaluate("document.documentElement.scrollWidth - window.innerWidth")
          assert.isAtMost(wide as number, 0)
          await inspecting.getByRole("button", { name: "Back to the list" }).click()
        }
      })
      assert.deepStrictEqual(complaints, [])
    }).pipe(Effect.scoped, Effect.provide(vendorShop()))
  )

  it.live("never has personal data in its page", () =>
    Effect.gen(function* () {
      const { address, inspecting, shopping } = yield* visit()
      yield* run(async () => {
        await openInspector(inspecting, address)
        await changeQuantity(shopping, address, 3)
        await shopping.goto(`${address}/orders/1201`)
        await shopping.getByRole("button", { name: "Place this order" }).click()
        await options(inspecting).filter({ hasText: "orderPlaced" }).first().click()
        const email = opened(inspecting).getByRole("row").filter({ hasText: "Buyer_email" })
        await says(email, "•••")
        await says(sink(inspecting, "segment"), "Delivered")
        assert.notMatch(await inspecting.content(), /buyer1@retail\.example|Pauline Sirena/)
      })
    }).pipe(Effect.scoped, Effect.provide(vendorShop()))
  )

  it.live("loses and repeats nothing with two tabs, a reload in the middle and a tab that is closed", () =>
    Effect.gen(function* () {
      const { address, inspecting, tab } = yield* visit()
      const second = yield* tab
      const third = yield* tab
      const events = (page: Page) => page.getByText(/^\d+ events?$/).first()
      const track = (count: number) =>
        Effect.forEach(Array.from({ length: count }), () => Tracker.page("Home"), { discard: true })
      yield* run(async () => {
        for (const page of [inspecting, second, third]) await openInspector(page, address)
      })
      yield* track(30)
      yield* run(async () => {
        await says(events(inspecting), "30 events")
        await third.close()
        await second.reload()
      })
      yield* track(40)
      yield* run(async () => {
        for (const page of [inspecting, second]) {
          await says(events(page), "70 events")
          await says(page.getByText("tracked"), "70")
        }
      })
    }).pipe(Effect.scoped, Effect.provide(vendorShop()))
  )

  it.live("goes through a thousand events a second, and draws no more rows than can be seen", () =>
    Effect.gen(function* () {
      const { address, complaints, inspecting } = yield* visit()
      yield* run(() => openInspector(inspecting, address))
      for (let second = 0; second < 3; second++) {
        for (let part = 0; part < 10; part++) {
          yield* Effect.forEach(Array.from({ length: 100 }), (_, n) => Tracker.page(`Page-${second}-${part}-${n}`), {
            discard: true
          })
          yield* Effect.sleep(100)
        }
      }
      yield* run(async () => {
        await says(inspecting.getByText("tracked"), "3,000")
        await says(inspecting.getByText(/^[\d,]+ events$/).first(), "2,000 events")
        await says(options(inspecting), "Page-2-9-99")
        assert.isBelow(await options(inspecting).count(), drawn)
        await inspecting.getByRole("searchbox", { name: "Search events" }).fill("page-1-5-5")
        await says(inspecting.getByText(/ of 2,000 events$/), "11 of 2,000")
      })
      assert.deepStrictEqual(complaints, [])
    }).pipe(Effect.scoped, Effect.provide(vendorShop()))
  )

  it.live("is used by keyboard alone: moves, opens, closes, searches, pauses and clears", () =>
    Effect.gen(function* () {
      const { address, inspecting } = yield* visit()
      yield* run(() => openInspector(inspecting, address))
      for (const name of ["First", "Second", "Third"]) yield* Tracker.page(name)
      const { keyboard } = inspecting
      const heading = opened(inspecting).getByRole("heading", { level: 2 })
      yield* run(async () => {
        await says(options(inspecting), "First")
        await keyboard.press("j")
        await keyboard.press("j")
        await keyboard.press("Enter")
        await says(heading, "Second")
        await keyboard.press("Escape")
        await heading.waitFor({ state: "detached" })
        await keyboard.press("/")
        await keyboard.type("fir")
        await options(inspecting).filter({ hasText: "Second" }).waitFor({ state: "detached" })
        await says(options(inspecting), "First")
        await keyboard.press("Escape")
        await says(options(inspecting), "Third")
        await keyboard.press("Escape")
        await keyboard.press("p")
        await inspecting.getByRole("button", { name: "Resume" }).waitFor()
      })
      yield* Tracker.page("Fourth")
      yield* run(async () => {
        await says(inspecting.getByText("1 new event"), "1 new event")
        assert.strictEqual(await options(inspecting).filter({ hasText: "Fourth" }).count(), 0)
        await keyboard.press("p")
        await says(options(inspecting), "Fourth")
        await inspecting.getByRole("button", { name: "Clear", exact: true }).click()
        await says(inspecting.getByText("No events yet."), "No events yet.")
      })
    }).pipe(Effect.scoped, Effect.provide(vendorShop()))
  )

  it.live("copies the opened event as JSON", () =>
    Effect.gen(function* () {
      const { address, context, inspecting } = yield* visit()
      yield* run(() => context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: address }))
      yield* run(() => openInspector(inspecting, address))
      const { messageId } = yield* Tracker.page("Home", { properties: { path: "/" } })
      yield* run(async () => {
        await options(inspecting).first().click()
        await says(opened(inspecting).getByRole("table", { name: "Keys" }), "path")
        await inspecting.getByRole("button", { name: "Copy as JSON" }).click()
        await says(inspecting.getByRole("status", { name: "Done" }), /copied/i)
        const copied = JSON.parse((await inspecting.evaluate("navigator.clipboard.readText()")) as string) as {
          readonly message: { readonly messageId: string }
        }
        assert.strictEqual(copied.message.messageId, messageId)
      })
    }).pipe(Effect.scoped, Effect.provide(vendorShop()))
  )

  it.live("lists the outbox's dead letters, shows one without personal data, and sends it again", () => {
    const { shop, vendor } = refusingShop()
    return Effect.gen(function* () {
      const visited = yield* visit({ viewport: { width: 360, height: 740 } })
      const { complaints, inspecting } = visited
      yield* run(async () => {
        await loseTwo(visited)
        const dead = await openOutbox(visited)
        await says(inspecting.getByRole("tab"), "Outbox (2)")
        const placed = dead.filter({ hasText: "orderPlaced" })
        await says(placed, "rejected")
        await says(placed, "segment")
        await placed.getByRole("button", { name: "orderPlaced", exact: true }).click()
        const message = placed.getByRole("group", { name: "Message" })
        await says(message, `"Buyer_email": "•••"`)
        await says(message, `"Order_status": "placed"`)
        assert.notMatch(await placed.innerHTML(), /buyer1@retail\.example|Pauline Sirena/)
        const wide = await inspecting.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert.isAtMost(wide as number, 0)

        const sent = inspecting.getByRole("status", { name: "Sent again" })
        await placed.getByRole("button", { name: "Send again orderPlaced to segment" }).click()
        await says(sent, "orderPlaced is a dead letter of segment again.")
        await says(placed, "2 attempts")

        vendor.accepts = true
        await placed.getByRole("button", { name: "Send again orderPlaced to segment" }).click()
        await says(sent, "1 dead letter is due again.")
        await placed.waitFor({ state: "detached" })
        await says(inspecting.getByRole("tab"), "Outbox (1)")
        await says(dead, "orderLineUpdated")
        while (vendor.received.length === 0) await inspecting.waitForTimeout(10)
        assert.deepStrictEqual(vendor.received, ["orderPlaced"])

        await inspecting.getByRole("tab", { name: "Events" }).click()
        await options(inspecting).filter({ hasText: "orderPlaced" }).first().click()
        await says(sink(inspecting, "outbox"), "Delivered")
        await says(sink(inspecting, "segment"), "Delivered")
        await sink(inspecting, "segment").getByRole("listitem").nth(2).waitFor()
      })
      assert.deepStrictEqual(complaints, [])
    }).pipe(Effect.scoped, Effect.provide(shop))
  })

  it.live("sends all dead letters of an event again, by keyboard alone, and asks before", () => {
    const { shop, vendor } = refusingShop()
    return Effect.gen(function* () {
      const visited = yield* visit()
      const { inspecting } = visited
      const { keyboard } = inspecting
      yield* run(async () => {
        await loseTwo(visited)
        const dead = await openOutbox(visited)
        vendor.accepts = true
        const event = inspecting.getByRole("combobox", { name: "Dead letters of an event" })
        await event.focus()
        await event.selectOption("orderPlaced")
        await dead.filter({ hasText: "orderLineUpdated" }).waitFor({ state: "detached" })
        const all = inspecting.getByRole("button", { name: "Send all again" })
        await keyboard.press("Tab")
        await keyboard.press("Enter")
        const dialog = inspecting.getByRole("dialog", { name: "Send all of them again?" })
        await says(dialog, "All dead letters of orderPlaced")
        await keyboard.press("Escape")
        await dialog.waitFor({ state: "hidden" })
        assert.deepStrictEqual(vendor.received, [])
        await all.press("Enter")
        await keyboard.press("Tab")
        await keyboard.press("Enter")
        await says(inspecting.getByRole("status", { name: "Sent again" }), "1 dead letter is due again.")
        await says(inspecting.getByText("There are no such dead letters."), "no such")
        await event.selectOption("")
        await says(dead, "orderLineUpdated")
        assert.strictEqual(await dead.count(), 1)
        while (vendor.received.length === 0) await inspecting.waitForTimeout(10)
      })
      assert.deepStrictEqual(vendor.received, ["orderPlaced"])
    }).pipe(Effect.scoped, Effect.provide(shop))
  })

  it.live("has an outbox with nothing that axe complains about, in light and dark, narrow and wide", () => {
    const { shop } = refusingShop()
    return Effect.gen(function* () {
      const { address, running, shopping } = yield* visit()
      yield* run(() => loseTwo({ address, shopping }))
      for (const [colorScheme, width] of [
        ["light", 360],
        ["light", 1600],
        ["dark", 1024]
      ] as const) {
        const { tab } = yield* chromium.person(running, { colorScheme, viewport: { width, height: 900 } })
        const inspecting = yield* tab
        yield* run(async () => {
          const dead = await openOutbox({ address, inspecting })
          await dead.first().getByRole("button").first().click()
          await inspecting.getByRole("group", { name: "Message" }).waitFor()
          assert.deepStrictEqual(await found(inspecting), [], `${colorScheme} ${width}`)
        })
      }
    }).pipe(Effect.scoped, Effect.provide(shop))
  })

  it.live("has nothing that axe complains about, in light and dark, narrow and wide", () =>
    Effect.gen(function* () {
      const { address, running, shopping } = yield* visit()
      yield* run(async () => {
        await changeQuantity(shopping, address, 4)
        await shopping.getByRole("button", { name: "Place this order" }).click()
      })
      // Colours do not depend on the width.
      for (const [colorScheme, width] of [
        ["light", 360],
        ["light", 1024],
        ["light", 1600],
        ["dark", 1024]
      ] as const) {
        const { tab } = yield* chromium.person(running, { colorScheme, viewport: { width, height: 900 } })
        const page = yield* tab
        yield* run(async () => {
          const where = `${colorScheme} ${width}`
          await openInspector(page, address)
          await options(page).first().waitFor()
          assert.deepStrictEqual(await found(page), [], `${where}, the list`)
          await options(page).filter({ hasText: "orderPlaced" }).first().click()
          await says(sink(page, "segment"), "Delivered")
          assert.deepStrictEqual(await found(page), [], `${where}, an event`)
          for (const name of width < 1600 ? ["Plan", "Health"] : []) {
            await page.getByRole("tab", { name }).click()
            assert.deepStrictEqual(await found(page), [], `${where}, ${name}`)
          }
        })
      }
    }).pipe(Effect.scoped, Effect.provide(vendorShop()))
  )
})
