import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, assert, describe, it } from "vitest"
import { z } from "zod"
import type { RowError } from "./index.ts"

const packages = join(import.meta.dirname, "../..")
const effect = dirname(createRequire(import.meta.url).resolve("effect/package.json"))
// Beside the package, so that what Effect needs is found.
const folder = mkdtempSync(join(import.meta.dirname, "../.copies-"))
afterAll(() => rmSync(folder, { recursive: true }))

type Face = typeof import("./index.ts")

/** Loads a second copy of the packages, as another dependency may bring it: other files, and so other classes. */
const copy = async (name: string, ownEffect: boolean): Promise<Face> => {
  const modules = join(folder, name, "node_modules")
  for (const part of ["core/package.json", "core/dist", "node/package.json", "node/dist"]) {
    cpSync(join(packages, part), join(modules, "@trackmap", part), { recursive: true })
  }
  if (ownEffect) {
    mkdirSync(join(modules, "effect"))
    for (const part of ["package.json", "dist"]) {
      cpSync(join(effect, part), join(modules, "effect", part), {
        recursive: true,
        filter: (path) => !/\.(map|d\.ts)$/.test(path)
      })
    }
  } else symlinkSync(effect, join(modules, "effect"))
  return import(/* @vite-ignore */ pathToFileURL(join(modules, "@trackmap/node/dist/index.js")).href)
}

describe.each([
  ["that share Effect", false],
  ["of which one has an Effect of its own", true]
])("two copies of the package in one process, %s", (_, ownEffect) => {
  it("track each other's events into each other's sinks, by each other's actors, and know each other's errors", async () => {
    const a = await copy(`a${ownEffect}`, false)
    const b = await copy(`b${ownEffect}`, ownEffect)
    assert.notStrictEqual(a.Entity.make, b.Entity.make)

    const products = a.Loader.byKey({
      load: async (ids: ReadonlyArray<number>) => ids.map((id) => ({ id })),
      keyOf: (row) => row.id
    })
    const Product = b.Entity.make("Product", { key: "id", attributes: { id: z.int() } })
    const OrderLine = a.Entity.make("OrderLine", { key: "id", attributes: { id: z.int(), qty: z.int() } }).pipe(
      b.Entity.one(
        "product",
        Product,
        a.Loader.at(products, (line: { readonly productId: number }) => line.productId)
      ),
      b.Entity.computed("double", z.int(), async (line: { readonly qty: number }) => line.qty * 2)
    )
    const event = { entities: { orderLine: OrderLine }, properties: { action: z.literal("update") } } as const
    const Updated = a.TrackedEvent.make("updated", event)
    const Strict = a.TrackedEvent.make("strict", { ...event, validation: "fail" })
    const received: Array<unknown> = []
    let failing = true
    const sink = a.EventSink.make({
      name: "memory",
      send: async (batch) => {
        if (failing && batch.length > 1) throw new a.SendError.TooLarge({ reason: "two" })
        failing = false
        received.push(...batch)
        return batch.map(() => a.Receipt.delivered)
      }
    }).pipe(b.EventSink.retried())
    const plan = a.Plan.make(Updated, Strict)
    const tracking = b.Tracking.make({ plan, sinks: sink, flushAtExit: false, log: () => {} })

    const orderLine = { id: 1001, qty: 3, productId: 123 }
    const properties = { action: "update" } as const
    const tracked = await a.Actor.run({ userId: "u-1" }, () => tracking.track(Updated, { orderLine, properties }))
    assert.deepStrictEqual(tracked.message.properties, {
      action: "update",
      OrderLine_id: 1001,
      OrderLine_qty: 3,
      OrderLine_double: 6,
      Product_id: 123
    })
    assert.strictEqual(tracked.message.userId, "u-1")

    const wrong = { ...orderLine, id: "1001" as never }
    const { message } = await tracking.track(Updated, { orderLine: wrong, properties })
    assert.deepStrictEqual(message.context?.["violations"], [
      { path: "OrderLine.id", expected: "an integer that its zod schema accepts", actual: "a string of length 4" }
    ])
    const error = await tracking.track(Strict, { orderLine: wrong, properties }).then(
      () => assert.fail("it does not reject"),
      (error: unknown) => error as RowError.InvalidRow
    )
    assert.strictEqual(error._tag, "InvalidRow")
    assert.strictEqual(error.path, "OrderLine.id")

    await tracking.close()
    assert.deepStrictEqual(received, [tracked.message, message])
  })

  it("leave the process together: neither takes the other for a listener of the service's", async () => {
    const before = process.listenerCount("SIGTERM")
    const faces = [await copy(`c${ownEffect}`, false), await copy(`d${ownEffect}`, ownEffect)]
    const trackings = faces.map(({ EventSink, Receipt, Tracking }) =>
      Tracking.make({
        sinks: EventSink.make({ name: "all", send: async (batch) => batch.map(() => Receipt.delivered) })
      })
    )
    assert.strictEqual(process.listenerCount("SIGTERM"), before + 1)
    await Promise.all(trackings.map(({ close }) => close()))
    assert.strictEqual(process.listenerCount("SIGTERM"), before)
  })
})
