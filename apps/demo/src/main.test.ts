import { execFile } from "node:child_process"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

/** What DESIGN.md starts from, value for value and in this order. */
const example = {
  action: "orderLineUpdated",
  OrderLine_id: 1001,
  OrderLine_qty: 3,
  Product_id: 123,
  Product_name: "Gold Plated Duck Tape",
  Product_price: 100000,
  Product_sku: "gquack",
  Order_id: 357,
  Order_uuid: "2500b32e-7c1b-11e2-830a-70cd60f2c980",
  Order_total: 714328,
  Manufacturer_id: 789,
  Manufacturer_uuid: "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
  Manufacturer_name: "Mario Bros Plumbing Supply",
  Manufacturer_externalID: "MBroPS"
}

const demo = (...args: ReadonlyArray<string>) =>
  Effect.callback<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resume) => {
    execFile(process.execPath, [join(import.meta.dirname, "main.ts"), ...args], (error, stdout, stderr) =>
      resume(Effect.succeed({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }))
    )
  })

describe("the demo", () => {
  it.live("prints the example's event, its keys and values in order, and how many queries it took", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* demo()
      assert.deepStrictEqual([code, stderr], [0, ""])
      const pairs = [...stdout.matchAll(/^ {2}(\w+) +(.*)$/gm)].map(([, key, value]) => [key, JSON.parse(value!)])
      assert.deepStrictEqual(pairs, Object.entries(example))
      assert.include(stdout, "14 keys, from 4 queries.")
    })
  )

  it.live("prints the event alone with --json", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* demo("--json")
      assert.deepStrictEqual([code, stderr, stdout], [0, "", `${JSON.stringify(example)}\n`])
    })
  )

  it.live("takes another line, which is the same at every start", () =>
    Effect.gen(function* () {
      const [one, again] = yield* Effect.all([demo("--line", "7", "--json"), demo("--line", "7", "--json")], {
        concurrency: 2
      })
      assert.strictEqual(one.stdout, again.stdout)
      assert.deepInclude(JSON.parse(one.stdout), { OrderLine_id: 7 })
      assert.deepStrictEqual(Object.keys(JSON.parse(one.stdout)), Object.keys(example))
    })
  )

  it.live("says of an id that is not there which ones are, with exit code 1 and nothing on standard output", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* demo("--line", "99999", "--json")
      assert.deepStrictEqual(
        [code, stdout, stderr],
        [1, "", "There is no order line 99999. Try --line with a number from 1 to 4000.\n"]
      )
    })
  )

  it.live("says what is wrong with an id that is no number, with exit code 1", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* demo("--line", "first")
      assert.strictEqual(code, 1)
      assert.include(stderr, 'Invalid value for flag --line: "first"')
    })
  )
})
