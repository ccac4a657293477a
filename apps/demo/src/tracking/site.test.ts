/** The question that the catalogue is for. Its other tests in a browser are slow. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as chromium from "../browser/chromium.ts"
import { run, says, why } from "../browser/inspecting.ts"
import { answers, heading, isWide, narrow, open, search, site } from "../browser/siteFolder.ts"

describe.skipIf(chromium.executable === undefined)(`the catalogue's site${why}`, () => {
  it.live("tells which events have the manufacturer's name, since when, and from which row", () =>
    Effect.gen(function* () {
      const address = yield* site
      for (const options of [undefined, narrow]) {
        const { complaints, page, requests } = yield* open(address, options)
        yield* run(async () => {
          for (const question of ["manufacturer name", "which event has the manufacturer's name?"]) {
            await search(page, question)
            const first = answers(page).first()
            await says(first, "Manufacturer_name")
            await says(first, "in 5 events")
            const [lines, products] = [first.getByRole("listitem").nth(0), first.getByRole("listitem").nth(1)]
            await says(lines, "from OrderLine.product.manufacturer.name, row looked up by the loader manufacturers")
            await says(lines, "orderLineAdded, orderLineUpdated, orderLineRemoved, all since 2026-02-10")
            await says(products, "from Product.manufacturer.name, row looked up by the loader manufacturers")
            await says(products, "productRepriced, productRenamed, all since 2026-01-10 or before")
          }
          await answers(page).first().getByRole("link", { name: "Manufacturer_name" }).click()
          await says(heading(page), "Manufacturer_name")
          const row = page.getByRole("table", { name: "Events" }).getByRole("row").filter({ hasText: "orderLineAdded" })
          await says(row, "2026-02-10")
          assert.isAtMost(await isWide(page), 0)
        })
        assert.deepStrictEqual([complaints, requests], [[], []])
      }
    })
  )
})
