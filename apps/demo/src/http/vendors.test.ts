import { assert, describe, it } from "@effect/vitest"
import { type Receipt, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { vendorShop, visitor } from "./testShop.ts"

/** The figures of a vendor on the page. */
const figuresOf = (text: string, vendor: string): Readonly<Record<string, number>> => {
  const section = text.slice(text.indexOf(`id="vendor-${vendor}"`)).split("</section>")[0]!
  return Object.fromEntries(
    [...section.matchAll(/<dt>(\w+)<\/dt>\s*<dd>([\d,]+)<\/dd>/g)].map(([, name, value]) => [name, Number(value)])
  )
}

/** Repeats an effect until a condition holds. */
const until = <A, E, R>(effect: Effect.Effect<A, E, R>, holds: (value: A) => boolean) =>
  Effect.repeat(effect, { until: holds, schedule: Schedule.spaced("20 millis") })

const line = "/orders/1201/lines/4001/quantity"

describe("a vendor's switch", () => {
  it.live("has it fail, which its receipts alone say, and work again", () =>
    Effect.gen(function* () {
      const receipts: Array<Receipt.Receipt> = []
      yield* Effect.forkScoped(
        Stream.runForEach(yield* Effect.map(Tracker.Tracker, (tracker) => tracker.receipts), (receipt) =>
          Effect.sync(() => receipts.push(receipt))
        )
      )
      const { get, post } = yield* visitor()
      const figures = (vendor: string) => Effect.map(get("/vendors"), ({ text }) => figuresOf(text, vendor))
      const told = (sink: string) => receipts.filter((receipt) => receipt.sink === sink)

      yield* post(line, { qty: "4" })
      yield* until(figures("segment"), ({ Delivered }) => Delivered === 1)

      const { headers, status } = yield* post("/vendors/segment", { state: "failing" })
      assert.deepStrictEqual([status, headers["location"]], [303, "/vendors"])
      assert.include((yield* get("/vendors")).text, "Repair Segment")
      yield* post(line, { qty: "5" })
      yield* until(figures("mixpanel"), ({ Delivered }) => Delivered === 2)
      yield* until(figures("segment"), ({ Waiting }) => Waiting === 1)
      yield* until(figures("segment"), ({ Expired }) => Expired === 1)
      const [, expired] = told("segment")
      assert.strictEqual(expired!.outcome._tag, "Expired")
      assert.isAbove(expired!.attempts, 1)

      yield* post(line, { qty: "6" })
      yield* until(figures("mixpanel"), ({ Delivered }) => Delivered === 3)
      yield* post("/vendors/segment", { state: "working" })
      yield* until(figures("segment"), ({ Delivered }) => Delivered === 2)
      assert.deepStrictEqual(
        told("segment").map(({ outcome }) => outcome._tag),
        ["Delivered", "Expired", "Delivered"]
      )
      assert.deepStrictEqual(
        told("mixpanel").map(({ attempts, outcome }) => [outcome._tag, attempts]),
        [
          ["Delivered", 1],
          ["Delivered", 1],
          ["Delivered", 1]
        ]
      )
    }).pipe(Effect.scoped, Effect.provide(vendorShop()))
  )

  it.live("takes nothing but its two states, and knows no other vendor", () =>
    Effect.gen(function* () {
      const { post } = yield* visitor()
      assert.strictEqual((yield* post("/vendors/segment", { state: "broken" })).status, 400)
      assert.strictEqual((yield* post("/vendors/segment")).status, 400)
      assert.strictEqual((yield* post("/vendors/amplitude", { state: "failing" })).status, 404)
    }).pipe(Effect.provide(vendorShop()))
  )

  it.live("is not there for the vendor itself", () =>
    Effect.gen(function* () {
      const { get, post } = yield* visitor()
      assert.notInclude((yield* get("/vendors")).text, "Break Segment")
      assert.strictEqual((yield* post("/vendors/segment", { state: "failing" })).status, 409)
    }).pipe(Effect.provide(vendorShop({ SEGMENT_WRITE_KEY: "k", SEGMENT_ENDPOINT: "http://127.0.0.1:9" })))
  )
})
