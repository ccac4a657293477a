import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TestConsole from "effect/testing/TestConsole"
import * as Wholesale from "../Wholesale.ts"
import { count, table } from "./count.ts"
import { crashes } from "./crashes.ts"
import * as ShopProcess from "./ShopProcess.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "trackmap-durable-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const post = ({ url }: ShopProcess.ShopProcess, path: string, fields: Record<string, string>) =>
  Effect.promise(() =>
    fetch(`${url}${path}`, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" })
  )

/** Waits until a vendor's section of the page has a figure. */
const until = ({ url }: ShopProcess.ShopProcess, vendor: string, figure: string, value: number) =>
  Effect.promise(async () => {
    const page = await (await fetch(`${url}/vendors`)).text()
    const section = page.slice(page.indexOf(`id="vendor-${vendor}"`)).split("</section>")[0]!
    return new RegExp(`<dt>${figure}</dt>\\s*<dd>${value}</dd>`).test(section)
  }).pipe(Effect.repeat({ until: (shown) => shown, schedule: Schedule.spaced("50 millis") }))

describe("a shop that keeps its events in its database", () => {
  it.live("sends after its next start what a vendor did not have when it was killed", () =>
    Effect.gen(function* () {
      const database = join(yield* folder, "shop.db")
      const killed = yield* ShopProcess.start(database)
      assert.include(killed.printed, `Try \`kill -9 ${killed.pid}\`, and start the shop again.`)
      yield* post(killed, "/vendors/segment", { state: "failing" })
      yield* post(killed, "/orders/1201/lines/4001/quantity", { qty: "5" })
      yield* until(killed, "mixpanel", "Delivered", 1)
      yield* until(killed, "segment", "Waiting", 1)
      const page = yield* Effect.promise(async () => (await fetch(`${killed.url}/vendors`)).text())
      assert.include(page, "messages until it works again")
      yield* killed.end("SIGKILL")

      const next = yield* ShopProcess.start(database)
      assert.include(next.printed, "Events of the last run are still to be sent to segment.")
      assert.notInclude(next.printed, "to mixpanel")
      yield* until(next, "segment", "Delivered", 1)
      yield* until(next, "segment", "Waiting", 0)
      yield* next.end("SIGTERM")
    }).pipe(Effect.scoped)
  )

  it.live("has lost none, and invented none, after two kills in the middle of its work", () =>
    Effect.gen(function* () {
      yield* crashes()
      const lines = (yield* TestConsole.logLines).map(String)
      assert.strictEqual(lines.at(-1), "Every line has its event at both vendors, and every event its line.")
      const [, segment, mixpanel] = lines
        .at(-2)!
        .trim()
        .split("\n")
        .map((line) => line.trim().split(/ {2,}/))
      for (const [, , events, , missing, surplus] of [segment!, mixpanel!]) {
        assert.isAbove(Number(events), 0)
        assert.deepStrictEqual([missing, surplus], ["0", "0"])
      }
    }).pipe(Effect.provide(TestConsole.layer))
  )

  it.live("refuses a file that is no database, with a remedy", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Wholesale.layerIn(import.meta.filename))))
      assert.strictEqual(
        error.message,
        `${import.meta.filename} cannot be the shop's database: Error: file is not a database. Choose another file with --database.`
      )
    })
  )
})

describe("the count of a vendor's events", () => {
  it("tells a record that came again from an event that is missing or surplus", () => {
    const arrived = [
      { id: "a", line: 1 },
      { id: "a", line: 1 },
      { id: "b", line: 2 },
      { id: "c", line: 2 },
      { id: "d", line: 9 }
    ]
    const counted = count("Segment", new Set([1, 2, 3]), arrived)
    assert.deepStrictEqual(counted, { vendor: "Segment", records: 5, events: 4, repeated: 1, missing: 1, surplus: 2 })
    assert.strictEqual(
      table([counted]),
      "vendor   records  events  sent again  missing  surplus\nSegment        5       4           1        1        2"
    )
  })
})
