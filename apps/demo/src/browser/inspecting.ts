/** What tests of the inspector do in its page. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import type { BrowserContextOptions, Locator, Page } from "playwright-core"
import * as chromium from "./chromium.ts"

/** What the names of the suites end with. */
export const why = chromium.executable === undefined ? ": there is no Chromium here, try apt-get install chromium" : ""

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

interface AxeResults {
  readonly violations: ReadonlyArray<{ readonly id: string; readonly nodes: ReadonlyArray<{ readonly html: string }> }>
}

/** The problems that axe finds on a page. */
export const found = async (page: Page): Promise<ReadonlyArray<string>> => {
  await page.evaluate(axe)
  const { violations } = (await page.evaluate("axe.run()")) as AxeResults
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)
}

/** Waits until an element of a page contains a text. */
export const says = (place: Locator, text: string | RegExp): Promise<void> =>
  place.filter({ hasText: text }).first().waitFor()

/** Changes the quantity of an order line in the shop. */
export const changeQuantity = async (page: Page, address: string, qty: number): Promise<void> => {
  await page.goto(`${address}/orders/1201`)
  await page.getByRole("spinbutton", { name: "Quantity of Gold Plated Duck Tape" }).fill(String(qty))
  await page.getByRole("button", { name: "Change quantity of Gold Plated Duck Tape" }).click()
  await says(page.getByRole("status"), `Quantity changed to ${qty}.`)
}

/** Opens the inspector, and waits until it is connected. */
export const openInspector = async (page: Page, address: string, hash = ""): Promise<void> => {
  await page.goto(`${address}/inspector/${hash}`)
  await says(page.getByRole("status", { name: "Connection" }), "Connected")
}

/** Two tabs of one person: the shop's and the inspector's. */
export const visit = Effect.fnUntraced(function* (options?: BrowserContextOptions) {
  const running = yield* chromium.browser
  const { complaints, context, tab } = yield* chromium.person(running, options)
  const address = HttpServer.formatAddress((yield* HttpServer.HttpServer).address)
  return { running, complaints, context, address, tab, shopping: yield* tab, inspecting: yield* tab }
})

/** Runs a promise as an Effect. */
export const run = <A>(does: () => Promise<A>) => Effect.promise(does)
