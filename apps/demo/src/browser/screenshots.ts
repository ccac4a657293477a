import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as ChildProcess from "effect/process/ChildProcess"
import * as Stream from "effect/Stream"
import type { Page } from "playwright-core"
import * as chromium from "./chromium.ts"
import { site } from "./siteFolder.ts"

const root = join(import.meta.dirname, "../../../..")
const images = join(root, "docs/images")

const command = (...args: ReadonlyArray<string>) =>
  ChildProcess.make(process.execPath, [join(root, "apps/demo/src/main.ts"), ...args])

/** Starts the demo as a user does. Returns the address that it prints. */
const demo = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const { stdout } = yield* command("--port", "0", ...args)
  const [address] = yield* stdout.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.map((line) => /^The shop: +(\S+?)\/?$/.exec(line)?.[1]),
    Stream.filter((found) => found !== undefined),
    Stream.take(1),
    Stream.runCollect
  )
  return address!
})

/** Presses a button on a page of the shop, and waits until the shop has done what it says. */
const presser =
  (page: Page, address: string) =>
  async (path: string, button: string, before?: () => Promise<void>): Promise<void> => {
    await page.goto(address + path)
    await before?.()
    await page.getByRole("button", { name: button }).click()
    await page.getByRole("status").waitFor()
  }

/** Orders a product. */
const order = async (page: Page, address: string): Promise<void> => {
  const press = presser(page, address)
  await press("/catalogue", "Add Gold Plated Duck Tape to the order", async () => {
    await page.getByRole("searchbox", { name: "Search products by name" }).fill("Duck Tape")
    await page.getByRole("button", { name: "Search" }).click()
  })
  await press("/", "Place this order")
}

/** A person's actions in the shop, while Segment fails for a while. */
const shop = async (page: Page, address: string): Promise<void> => {
  const press = presser(page, address)
  const quantity = (qty: number) => () =>
    page.getByRole("spinbutton", { name: "Quantity of Gold Plated Duck Tape" }).fill(String(qty))
  await press("/sign-in", "Sign in as Hariet Sirena, buyer 2")
  await order(page, address)
  await press("/sign-in", "Sign in as Pauline Sirena, buyer 1")
  await press("/products/123", "Change price", () =>
    page.getByRole("spinbutton", { name: "Price in coins" }).fill("99000")
  )
  await press("/vendors", "Break Segment")
  await press("/orders/1201", "Change quantity of Gold Plated Duck Tape", quantity(4))
  await page.waitForTimeout(2_000)
  await press("/vendors", "Repair Segment")
  await press("/orders/1201", "Change quantity of Gold Plated Duck Tape", quantity(5))
  await page.waitForTimeout(3_000)
}

/** The inspector with the last event open. */
const inspect = async (page: Page, address: string): Promise<void> => {
  await page.goto(`${address}/inspector/`)
  await page
    .getByRole("listbox", { name: "Events" })
    .getByRole("option")
    .filter({ hasText: "orderLineUpdated" })
    .first()
    .click()
  await page.getByRole("region", { name: "Sink segment" }).getByText("Delivered").first().waitFor()
}

/** The actions of a buyer whose id Mixpanel does not allow. */
const refused = async (page: Page, address: string): Promise<void> => {
  await presser(page, address)("/sign-in", "Sign in as Princess Peach")
  await order(page, address)
}

/** The inspector with the outbox and a dead letter open. */
const inspectOutbox = async (page: Page, address: string): Promise<void> => {
  await page.goto(`${address}/inspector/`)
  await page.getByRole("tab", { name: "Outbox" }).click()
  const dead = page.getByRole("list", { name: "Dead letters" }).getByRole("listitem")
  await dead.getByRole("button", { name: "orderPlaced", exact: true }).click()
  await page.getByRole("group", { name: "Message" }).waitFor()
}

/** Explore with a question about the day before. */
const explore = async (page: Page, address: string): Promise<void> => {
  const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)
  const question = new URLSearchParams({
    table: "order_line_updated",
    measure: "sum:OrderLine_qty",
    by: "Manufacturer_name",
    every: "hour",
    period: "between",
    from: `${day}T07:00`,
    to: `${day}T19:00`,
    zone: "UTC"
  })
  await page.goto(`${address}/inspector/#explore?${question}`)
  await page.getByRole("table", { name: "Rows" }).getByRole("row").nth(1).waitFor()
}

/** The catalogue with the answers to a question. */
const ask = async (page: Page, address: string): Promise<void> => {
  await page.goto(address)
  await page.getByRole("searchbox").fill("Which event has the manufacturer’s name?")
  await page.getByRole("link", { name: "Manufacturer_name" }).waitFor()
}

const pictures = [
  { name: "inspector-light", colorScheme: "light", viewport: { width: 1600, height: 1000 } },
  { name: "inspector-dark", colorScheme: "dark", viewport: { width: 1600, height: 1000 } },
  { name: "inspector-narrow", colorScheme: "light", viewport: { width: 360, height: 740 } }
] as const

const program = Effect.gen(function* () {
  if (chromium.executable === undefined) {
    return yield* Effect.fail("There is no Chromium here: apt-get install chromium, or set CHROMIUM to its path.")
  }
  mkdirSync(images, { recursive: true })
  const folder = mkdtempSync(join(tmpdir(), "trackmap-"))
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
  const warehouse = join(folder, "warehouse.duckdb")
  yield* Effect.flatMap(command("day", "--warehouse", warehouse), ({ exitCode }) => exitCode)
  const address = yield* demo("--warehouse", warehouse)
  const running = yield* chromium.browser
  const buyer = yield* chromium.person(running)
  const shopping = yield* buyer.tab
  yield* Effect.promise(() => shop(shopping, address))
  for (const { name, ...options } of pictures) {
    const { tab } = yield* chromium.person(running, options)
    const page = yield* tab
    const path = join(images, `${name}.png`)
    yield* Effect.promise(() => inspect(page, address))
    yield* Effect.promise(() => page.screenshot({ path, animations: "disabled" }))
    yield* Console.log(path)
  }
  const { tab } = yield* chromium.person(running, { viewport: { width: 1280, height: 900 } })
  const page = yield* tab
  const shoot = (name: string) => {
    const path = join(images, name)
    const shot = Effect.promise(() => page.screenshot({ path, animations: "disabled" }))
    return Effect.andThen(shot, Console.log(path))
  }
  yield* Effect.promise(() => explore(page, address))
  yield* shoot("explore.png")
  yield* Effect.promise(() => page.setViewportSize({ width: 1280, height: 340 }))
  const catalogue = yield* site
  yield* Effect.promise(() => ask(page, catalogue))
  yield* shoot("catalogue.png")
  yield* Effect.promise(() => page.setViewportSize({ width: 1280, height: 900 }))
  const durable = yield* demo("--durable", "--database", join(folder, "shop.db"), "--warehouse", warehouse)
  yield* Effect.promise(() => refused(page, durable))
  yield* Effect.promise(() => inspectOutbox(page, durable))
  yield* shoot("inspector-outbox.png")
}).pipe(
  Effect.catch((error) =>
    Effect.andThen(
      Console.error(String(error)),
      Effect.sync(() => {
        process.exitCode = 1
      })
    )
  ),
  Effect.scoped,
  Effect.provide(NodeServices.layer)
)

NodeRuntime.runMain(program)
