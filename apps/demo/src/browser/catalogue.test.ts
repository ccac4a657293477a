import { assert, describe, it } from "@effect/vitest"
import { Catalog } from "@trackmap/cli"
import { type Description, Plan, TrackedEvent } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as chromium from "./chromium.ts"
import { found, run, says, why } from "./inspecting.ts"
import { answers, heading, isWide, narrow, open, search, site, written } from "./siteFolder.ts"

describe.skipIf(chromium.executable === undefined)(`the catalogue's site in Chromium${why}`, () => {
  it.live("shows for each event its rows as a graph, its keys, its history and what the sinks get", () =>
    Effect.gen(function* () {
      const { complaints, page } = yield* open(yield* site)
      yield* run(async () => {
        await page.getByRole("link", { name: "orderLineAdded" }).click()
        await says(heading(page), "orderLineAdded")
        const graph = page.getByRole("group", { name: "The rows of orderLineAdded" })
        await says(graph, "manufacturers")
        const keys = page.getByRole("table", { name: "Keys of Manufacturer" })
        await says(keys.getByRole("row").nth(3), "OrderLine.product.manufacturer.name")
        await says(page.getByRole("table", { name: "History" }), "it was added as string")
        await says(
          page.getByRole("table", { name: "Sinks" }).getByRole("row").filter({ hasText: "mixpanel" }),
          "Order Line Added"
        )

        await graph.getByRole("link", { name: "Manufacturer" }).click()
        await says(heading(page), "Manufacturer")
        await page
          .getByRole("group", { name: "The relations of Manufacturer" })
          .getByRole("link", { name: "Product" })
          .click()
        await says(heading(page), "Product")

        await page.getByRole("link", { name: "Sinks" }).click()
        await says(page.getByRole("row").filter({ hasText: "segment" }), "2 keys")
        await page.getByRole("link", { name: "mixpanel" }).click()
        const placed = page.getByRole("row").filter({ hasText: "orderPlaced" })
        await says(placed, "removed Buyer_name, Buyer_email")

        await page.goBack()
        await says(heading(page), "Which sinks get what")
        await page.getByRole("link", { name: "Deprecated" }).click()
        await says(page.getByRole("main"), "Nothing is deprecated.")
      })
      assert.deepStrictEqual(complaints, [])
    })
  )

  it.live("is used by keyboard alone", () =>
    Effect.gen(function* () {
      const { page } = yield* open(yield* site)
      const { keyboard } = page
      const focused = () => page.evaluate("document.activeElement.textContent")
      yield* run(async () => {
        await keyboard.press("/")
        await keyboard.type("buyer email")
        await says(answers(page), "Buyer_email")
        await keyboard.press("ArrowDown")
        assert.strictEqual(await focused(), "Buyer_email")
        await keyboard.press("ArrowUp")
        await keyboard.press("Enter")
        await says(heading(page), "Buyer_email")
        assert.strictEqual(await focused(), "Buyer_email")
        await keyboard.press("Tab")
        assert.strictEqual(await focused(), "Buyer")
        await keyboard.press("Enter")
        await says(heading(page), /^Buyer$/)
        await page.goBack()
        await says(heading(page), "Buyer_email")
      })
    })
  )

  it.live("has nothing that axe complains about, in light and dark, narrow and wide", () =>
    Effect.gen(function* () {
      const address = yield* site
      for (const [colorScheme, width] of [
        ["light", 360],
        ["light", 1600],
        ["dark", 1024]
      ] as const) {
        const { page } = yield* open(address, { colorScheme, viewport: { width, height: 900 } })
        for (const hash of [
          "",
          "#/event/orderPlaced",
          "#/entity/Product",
          "#/key/Buyer_email",
          "#/sinks",
          "#/sink/mixpanel",
          "#/search/order",
          "#/deprecated",
          "#/no/where"
        ]) {
          yield* run(async () => {
            await page.goto(address + hash)
            await heading(page).waitFor()
            assert.deepStrictEqual(await found(page), [], `${colorScheme} ${width} ${hash}`)
            assert.isAtMost(await isWide(page), 0, `${width} ${hash}`)
          })
        }
      }
    })
  )

  it.live("shows what a plan says as text, however long and in whatever direction, and never runs it", () =>
    Effect.gen(function* () {
      const names = [
        `</script><script>alert("run")</script>`,
        `<img src=x onerror="alert('shown')">`,
        `"><svg/onload=alert(1)>`,
        "javascript:alert(1)",
        "#/event/../%00 %zz",
        "\u202egnirts",
        "half \ud800",
        "half \udc00",
        "__proto__",
        "W".repeat(10_000)
      ]
      const { events } = Plan.describe(Plan.make(TrackedEvent.make("a", { properties: { a: Schema.String } })))
      const [node] = events[0]!.nodes
      const plan: Description.Plan = {
        format: 1,
        entities: names.map((name) => ({
          name,
          key: name,
          description: name,
          attributes: [],
          relations: [
            { name, entity: name, to: "one" },
            { name, entity: names[0]!, to: "many" }
          ]
        })),
        events: names.map((name) => ({
          ...events[0]!,
          name,
          description: name,
          owner: name,
          tags: [name],
          nodes: [
            { ...node!, keys: [{ ...node!.keys[0]!, key: name, description: name, examples: [name] }] },
            { ...node!, entity: name, prefix: name, path: name, keys: [] }
          ]
        }))
      }
      const address = yield* written(Catalog.site(plan, { title: names[0] }))
      const { complaints, page, requests } = yield* open(address, narrow)
      yield* run(async () => {
        assert.strictEqual(
          await page.getByRole("table", { name: "Events" }).getByRole("link").count(),
          names.length * 2
        )
        const all = page.getByRole("table", { name: "Entities" })
        for (const table of ["Events", "Entities"]) {
          for (const at of names.keys()) {
            await page.goto(`${address}#/`)
            await all.waitFor()
            const links = page
              .getByRole("table", { name: table })
              .getByRole("row")
              .nth(at + 1)
              .getByRole("link")
            const text = await links.first().textContent()
            await links.first().click()
            await all.waitFor({ state: "detached" })
            assert.strictEqual(await heading(page).textContent(), text)
            assert.isAtMost(await isWide(page), 0, text?.slice(0, 50))
          }
        }
        for (const name of names) {
          await search(page, name)
          await page.getByRole("heading", { level: 1, name: "Search" }).waitFor()
          assert.isAtMost(await isWide(page), 0)
        }
      })
      assert.deepStrictEqual([complaints, requests], [[], []])
    })
  )

  it.live("lists its events and entities without JavaScript", () =>
    Effect.gen(function* () {
      const { page } = yield* open(yield* site, { javaScriptEnabled: false })
      yield* run(async () => {
        await says(page.getByRole("listitem"), "orderPlaced: A buyer placed an order")
        await says(page.getByRole("listitem"), "Manufacturer: The firm that makes a product")
      })
    })
  )
})
