import { assert, describe, it } from "@effect/vitest"
import { DefinitionError, Pii, Plan, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { eventTable, warehouseOf } from "../../../fixtures/warehouse/inMemory.ts"
import { memory, open, served, until } from "../test/service.ts"
import { plan as wholesale } from "../test/wholesale.ts"
import type { Answered, ShownCatalog } from "./internal/protocol.ts"
import * as Inspector from "./Inspector.ts"

const json = { "content-type": "application/json" }

const post = (base: string, path: "ask" | "select", body: unknown, headers: Record<string, string> = json) =>
  fetch(`${base}api/warehouse/${path}`, { method: "POST", headers, body: JSON.stringify(body) })

const answer = async (base: string, path: "ask" | "select", body: unknown): Promise<Answered> => {
  const response = await post(base, path, body)
  if (response.status !== 200) throw new Error(await response.text())
  return (await response.json()) as Answered
}

const catalogOf = async (base: string): Promise<ShownCatalog> =>
  (await (await fetch(`${base}api/warehouse`)).json()) as ShownCatalog

const lines = eventTable(
  "order_line_updated",
  {
    OrderLine_qty: "integer",
    Manufacturer_name: "string",
    Order_uuid: "string",
    Product_price: "number",
    left_over: "string"
  },
  [
    ["2026-01-01T23:30:00.000Z", 3, "Mario Bros", "ada"],
    ["2026-01-01T12:00:00.000Z", 1, "Mario Bros", "ada"],
    ["2026-01-02T12:00:00.000Z", 4, "Wario", "bob"],
    ["2026-01-02T13:00:00.000Z", 2, "Mario Bros", null]
  ].map(([timestamp, OrderLine_qty, Manufacturer_name, user_id]) => ({
    timestamp: timestamp!,
    OrderLine_qty: OrderLine_qty!,
    Manufacturer_name: Manufacturer_name!,
    user_id: user_id!,
    anonymous_id: "anonymous"
  }))
)
const people = eventTable(
  "signed_up",
  { Buyer_id: "integer", Buyer_email: "string", Buyer_city: "string", phone: "string", note: "string" },
  [{ timestamp: "2026-01-01T00:00:00.000Z", Buyer_email: "ada@example.com", note: "hello" }]
)

const question = {
  table: "order_line_updated",
  measure: { of: "sum", key: "OrderLine_qty" },
  groupBy: ["Manufacturer_name"],
  every: "day",
  timeZone: "Europe/Berlin",
  filters: []
}

const shownOf = (catalog: ShownCatalog, table: string): ReadonlyArray<string> =>
  catalog.tables.find(({ name }) => name === table)!.columns.map(({ name }) => name)

const own = (columns: ReadonlyArray<string>): ReadonlyArray<string> => columns.slice(columns.indexOf("loaded_at") + 1)

describe("a warehouse", () => {
  it.live("is named in the stream, so that the page has its tab", () =>
    served(
      (base) =>
        Effect.gen(function* () {
          const tab = yield* open(base)
          yield* until(() => tab.said.length > 0)
          assert.deepInclude(tab.said[0]!.data, { warehouse: { name: "memory" } })
        }).pipe(Effect.scoped),
      { options: { warehouse: warehouseOf(lines).warehouse } }
    )
  )

  it.live("is none in a service that has none", () =>
    served((base) =>
      Effect.promise(async () => {
        assert.strictEqual((await fetch(`${base}api/warehouse`)).status, 404)
        assert.strictEqual((await post(base, "ask", question)).status, 404)
        assert.strictEqual((await post(base, "select", { sql: "SELECT 1" })).status, 404)
      })
    )
  )

  it("is refused when the inspector is made, if it lacks an operation", () => {
    const { warehouse } = warehouseOf()
    for (const wrong of [null, {}, { ...warehouse, name: 1 }, { ...warehouse, select: undefined }]) {
      assert.throws(
        () => Inspector.layer({ warehouse: wrong as never }),
        DefinitionError.DefinitionError,
        "name, catalog, ask and select"
      )
    }
  })
})

describe("the tables that are shown", () => {
  it.live("have the plan's keys by entity, and no key that is personal or outside the plan", () =>
    served(
      (base) =>
        Effect.promise(async () => {
          const catalog = await catalogOf(base)
          const [first, second] = catalog.tables
          assert.deepInclude(catalog, { name: "memory", isPlanned: true })
          assert.deepInclude(first, { name: "order_line_updated", event: "orderLineUpdated", rows: 4, hidden: 3 })
          assert.deepStrictEqual(first!.columns.slice(-4), [
            { name: "OrderLine_qty", kind: "integer", group: "OrderLine", label: "qty" },
            { name: "Manufacturer_name", kind: "string", group: "Manufacturer", label: "name" },
            { name: "Order_uuid", kind: "string", group: "Order", label: "uuid" },
            { name: "Product_price", kind: "number", group: "Product", label: "price" }
          ])
          assert.notInclude(shownOf(catalog, "order_line_updated"), "context")
          assert.notInclude(shownOf(catalog, "order_line_updated"), "integrations")
          assert.deepStrictEqual(own(shownOf(catalog, "signed_up")), ["Buyer_id", "Buyer_city", "note"])
          assert.deepInclude(second!.columns.at(-1), { group: "Properties", label: "note" })
        }),
      { options: { warehouse: warehouseOf(lines, people).warehouse } }
    )
  )

  it.live("are those of an event that the warehouse keeps under another name", () =>
    served(
      (base) =>
        Effect.promise(async () => {
          const { tables } = await catalogOf(base)
          assert.deepStrictEqual(
            tables.map(({ event }) => event),
            ["signedUp", "gone"]
          )
          assert.deepStrictEqual(
            tables.map(({ columns }) => own(columns.map(({ name }) => name))),
            [["Buyer_id", "Buyer_city", "note"], []]
          )
        }),
      {
        options: {
          warehouse: warehouseOf({ ...people, name: "people", event: "signedUp" }, { ...people, event: "gone" })
            .warehouse
        }
      }
    )
  )

  it.live("have the traits that the plan declares, and none that identify a person or have undeclared values", () => {
    const traits = { plan: "string", email: "string", tier: "string", First_Name: "string", traits: "json" } as const
    const properties = { name: "string", shop: "string", Buyer_email: "string", properties: "json" } as const
    const misfits = { type: "string", event: "string", key: "string", value: "string", reason: "string" } as const
    const tables = [
      eventTable("identifies", traits, []),
      eventTable("pages", properties, []),
      eventTable("misfits", misfits, []),
      eventTable("events", { type: "string", event: "string" }, []),
      eventTable("by_hand", { anything: "string" }, [])
    ]
    const plan = wholesale.pipe(
      Plan.calls({
        identify: {
          email: Schema.String,
          tier: Schema.String,
          First_Name: Schema.String,
          plan: Pii.personal(Schema.String)
        },
        page: { shop: Schema.String, Buyer_email: Schema.String }
      })
    )
    return served(
      (base) =>
        Effect.promise(async () => {
          const catalog = await catalogOf(base)
          assert.deepStrictEqual(
            tables.map(({ name }) => own(shownOf(catalog, name))),
            [["tier"], ["name", "shop"], ["type", "event", "key", "reason"], ["type", "event"], []]
          )
        }),
      { options: { plan, warehouse: warehouseOf(...tables).warehouse } }
    )
  })

  it.live("have only the columns of messages without a plan, since nobody knows what is personal", () =>
    served(
      (base) =>
        Effect.promise(async () => {
          const catalog = await catalogOf(base)
          assert.isFalse(catalog.isPlanned)
          for (const { name } of catalog.tables) assert.deepStrictEqual(own(shownOf(catalog, name)), [])
          assert.strictEqual((await post(base, "ask", question)).status, 400)
          const { groupBy: _, ...rest } = question
          const counted = await answer(base, "ask", { ...rest, measure: { of: "count" }, groupBy: [] })
          assert.deepStrictEqual(counted.rows, [
            ["2025-12-31T23:00:00.000Z", 1],
            ["2026-01-01T23:00:00.000Z", 3]
          ])
        }),
      { options: { plan: undefined, warehouse: warehouseOf(lines, people).warehouse } }
    )
  )
})

describe("a question", () => {
  it.live("is answered with rows by time and group, and the SQL", () => {
    const { asked, warehouse } = warehouseOf(lines)
    return served(
      (base) =>
        Effect.promise(async () => {
          const answered = await answer(base, "ask", question)
          assert.deepStrictEqual(asked, [{ ...question, limit: 10_000 }] as never)
          assert.deepInclude(answered, { truncated: false, sql: `SELECT sum FROM "order_line_updated"` })
          assert.deepStrictEqual(
            answered.columns.map(({ name }) => name),
            ["day", "Manufacturer_name", "sum"]
          )
          assert.deepStrictEqual(answered.rows, [
            ["2025-12-31T23:00:00.000Z", "Mario Bros", 1],
            ["2026-01-01T23:00:00.000Z", "Mario Bros", 5],
            ["2026-01-01T23:00:00.000Z", "Wario", 4]
          ])
          const filters = [
            { key: "Manufacturer_name", is: "contains", value: "mario" },
            { key: "OrderLine_qty", is: ">", value: 1 },
            { key: "Order_uuid", is: "null" }
          ]
          const { every: _, ...whole } = { ...question, groupBy: [], filters, from: "2026-01-02T00:00:00Z" }
          assert.deepStrictEqual(
            (await answer(base, "ask", { ...whole, measure: { of: "average", key: "OrderLine_qty" } })).rows,
            [[2]]
          )
          assert.deepStrictEqual((await answer(base, "ask", { ...whole, measure: { of: "users" } })).rows, [[1]])
        }),
      { options: { warehouse } }
    )
  })

  it.live(
    "that is not the page's own, or about anything that is not shown, is refused, and never reaches the warehouse",
    () => {
      const { asked, warehouse } = warehouseOf(lines, people)
      const count = { ...question, measure: { of: "count" }, groupBy: [] }
      const cases: ReadonlyArray<
        readonly [status: number, says: RegExp, body: unknown, headers?: Record<string, string>]
      > = [
        [403, /another site/, question, { ...json, origin: "http://evil.example" }],
        [403, /another site/, question, { ...json, "sec-fetch-site": "cross-site" }],
        [415, /application\/json/, question, { "content-type": "text/plain" }],
        [413, /longer than/, { ...question, table: "x".repeat(200_000) }],
        [400, /must be an object/, []],
        [400, /not a question/, {}],
        [400, /not a question/, { ...question, limit: 1e9 }],
        [400, /not a question/, { ...question, groupBy: ["a", "b", "c"] }],
        [400, /not a question/, { ...question, every: "second" }],
        [400, /time zone, such as/, { ...question, timeZone: "Mars/Olympus" }],
        [400, /time zone, such as/, { ...question, timeZone: "+02:00" }],
        [400, /ISO 8601/, { ...question, from: "yesterday" }],
        [400, /not a question/, { ...question, filters: [{ key: "OrderLine_qty", is: "like", value: "1" }] }],
        [400, /not a question/, { ...question, filters: [{ key: "OrderLine_qty", is: "=" }] }],
        [400, /no table "sqlite_master"/, { ...question, table: "sqlite_master" }],
        [400, /two different keys/, { ...question, groupBy: ["Order_uuid", "Order_uuid"] }],
        [400, /"Manufacturer_name" is not a number/, { ...question, measure: { of: "sum", key: "Manufacturer_name" } }],
        [400, /no key "left_over"/, { ...question, groupBy: ["left_over"] }],
        [400, /no key "context"/, { ...question, groupBy: ["context"] }],
        [400, /or the key is personal/, { ...count, table: "signed_up", groupBy: ["Buyer_email"] }],
        [400, /no key "phone"/, { ...count, table: "signed_up", filters: [{ key: "phone", is: "=", value: "1" }] }],
        [400, /no key "__proto__"/, { ...question, groupBy: ["__proto__"] }]
      ]
      return served(
        (base) =>
          Effect.promise(async () => {
            for (const [status, says, body, headers] of cases) {
              const response = await post(base, "ask", body, headers)
              const { error } = (await response.json()) as { readonly error: string }
              assert.match(error, says)
              assert.strictEqual(response.status, status, error)
            }
            assert.strictEqual((await fetch(`${base}api/warehouse/ask`)).status, 405)
            assert.strictEqual((await fetch(`${base}api/warehouse`, { method: "POST" })).status, 405)
            assert.deepStrictEqual(asked, [])
            // The same is asked without a token by a page on this machine only.
            assert.strictEqual(
              (await post(base, "ask", question, { ...json, "x-forwarded-for": "203.0.113.7" })).status,
              403
            )
          }),
        { options: { warehouse } }
      )
    }
  )

  it.live("about a table that has come since the last look is answered", () => {
    const empty = warehouseOf()
    const full = warehouseOf(lines)
    let tables = empty.warehouse
    const warehouse = { ...full.warehouse, catalog: () => tables.catalog() }
    return served(
      (base) =>
        Effect.promise(async () => {
          assert.deepStrictEqual((await catalogOf(base)).tables, [])
          tables = full.warehouse
          assert.lengthOf((await answer(base, "ask", question)).rows, 3)
        }),
      { options: { warehouse } }
    )
  })

  it.live("is stopped when its page stops waiting, whether the warehouse runs Effects or promises", () => {
    const stopped: Array<string> = []
    let running = 0
    const { warehouse } = warehouseOf(lines)
    const slow: Inspector.Warehouse = {
      ...warehouse,
      ask: () => {
        running++
        return Effect.onInterrupt(Effect.never, () => Effect.sync(() => stopped.push("ask")))
      },
      select: (_, { signal }) => {
        running++
        return new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            stopped.push("select")
            reject(new Error("aborted"))
          })
        })
      }
    }
    return served(
      (base) =>
        Effect.gen(function* () {
          for (const [path, body] of [
            ["ask", question],
            ["select", { sql: "SELECT 1" }]
          ] as const) {
            const page = new AbortController()
            const init = { method: "POST", headers: json, body: JSON.stringify(body), signal: page.signal }
            const before = running
            const asking = yield* Effect.forkChild(
              Effect.promise(() => fetch(`${base}api/warehouse/${path}`, init).catch(() => undefined))
            )
            yield* until(() => running > before)
            page.abort()
            yield* Fiber.join(asking)
            yield* until(() => stopped.includes(path))
          }
        }),
      { options: { warehouse: slow } }
    )
  })

  it.live("waits while others are answered", () => {
    const { warehouse } = warehouseOf(lines)
    const waiting: Array<() => void> = []
    let most = 0
    const slow: Inspector.Warehouse = {
      ...warehouse,
      ask: async (question) => {
        await new Promise<void>((resolve) => {
          waiting.push(resolve)
          most = Math.max(most, waiting.length)
        })
        return warehouse.ask(question)
      }
    }
    return served(
      (base) =>
        Effect.gen(function* () {
          const asking = yield* Effect.forkChild(
            Effect.promise(() => Promise.all(Array.from({ length: 10 }, () => answer(base, "ask", question))))
          )
          let answered = 0
          while (answered < 10) {
            yield* until(() => waiting.length > 0)
            for (const go of waiting.splice(0)) {
              answered++
              go()
            }
          }
          yield* Fiber.join(asking)
          assert.isAtMost(most, 4)
        }),
      { options: { warehouse: slow } }
    )
  })
})

describe("a statement", () => {
  it.live("gets the names of what it may read, and nothing else", () => {
    const { asked, warehouse } = warehouseOf(lines, people)
    return served(
      (base) =>
        Effect.promise(async () => {
          const answered = await answer(base, "select", { sql: `SELECT * FROM "signed_up"` })
          const { visible } = asked[0] as { readonly visible: Record<string, ReadonlyArray<string>> }
          assert.deepStrictEqual(Object.keys(visible), ["order_line_updated", "signed_up"])
          assert.deepStrictEqual(own(visible["signed_up"]!), ["Buyer_id", "Buyer_city", "note"])
          assert.notInclude(visible["signed_up"]!, "context")
          assert.notInclude(JSON.stringify(answered), "ada@")
          assert.include(answered.rows[0]!, "hello")
        }),
      { options: { warehouse } }
    )
  })

  it.live("is one text of a bounded length, in a request of the page", () => {
    const { asked, warehouse } = warehouseOf(lines)
    return served(
      (base) =>
        Effect.promise(async () => {
          for (const body of [
            {},
            { sql: "" },
            { sql: " " },
            { sql: 1 },
            { sql: "x".repeat(20_001) },
            { sql: "SELECT 1", limit: 9 }
          ]) {
            const response = await post(base, "select", body)
            assert.include(await response.text(), "Send one statement")
            assert.strictEqual(response.status, 400)
          }
          assert.strictEqual((await post(base, "select", { sql: "SELECT 1" }, { ...json, origin: "null" })).status, 403)
          assert.deepStrictEqual(asked, [])
        }),
      { options: { warehouse } }
    )
  })

  it.live("is answered with as many rows as an answer may have, and says that there are more", () => {
    const text = "x".repeat(1_000_000)
    const rows = Array.from({ length: 20 }, (_, n) => ({ user_id: `${n} ${text}` }))
    const huge = [{ user_id: text.repeat(9) }]
    const tables = [eventTable("long", {}, rows), eventTable("huge", {}, huge)]
    return served(
      (base) =>
        Effect.promise(async () => {
          const { rows, truncated } = await answer(base, "select", { sql: `SELECT * FROM "long"` })
          assert.deepStrictEqual([rows.length, truncated], [7, true])
          const refused = await post(base, "select", { sql: `SELECT * FROM "huge"` })
          assert.include(await refused.text(), "select fewer columns")
        }),
      { options: { warehouse: warehouseOf(...tables).warehouse } }
    )
  })
})

describe("a warehouse that fails", () => {
  it.live("is quoted if the error is the query's, and never otherwise", () => {
    const { warehouse } = warehouseOf(lines)
    const errors: Record<string, unknown> = {
      wrong: Object.assign(new Error("no such column: qty"), { _tag: "QueryError" }),
      locked: Object.assign(new Error("another process has the file open"), { _tag: "QueryError", transient: true }),
      other: new Error("postgres://user:password@host")
    }
    const failing: Inspector.Warehouse = {
      ...warehouse,
      catalog: () => Effect.fail(errors["locked"]),
      select: (sql) => Promise.reject(errors[sql] as Error)
    }
    const throwing: Inspector.Warehouse = {
      ...warehouse,
      select: (sql) => {
        throw errors[sql] as Error
      }
    }
    const check = (base: string, withCatalog: boolean) =>
      Effect.promise(async () => {
        for (const [sql, status, says] of [
          ["wrong", 400, "no such column"],
          ["locked", 503, "has the file open"],
          ["other", 503, "see the service's log"]
        ] as const) {
          const response = await post(base, "select", { sql })
          const text = await response.text()
          assert.strictEqual(response.status, withCatalog ? status : 503, text)
          assert.include(text, withCatalog ? says : "has the file open")
          assert.notInclude(text, "password")
        }
      })
    return Effect.andThen(
      served((base) => check(base, false), { options: { warehouse: failing } }),
      served((base) => check(base, true), { options: { warehouse: throwing } })
    )
  })

  it("works through the fetch handler, and on a page that can only be read", async () => {
    const { warehouse } = warehouseOf(lines)
    const tracker = Effect.runPromise(Effect.scoped(Tracker.make(memory)))
    const options = { plan: wholesale, warehouse, path: "/", readOnly: true }
    await using inspector = await Inspector.attach({ tracker }, options)
    const request = new Request("http://localhost/api/warehouse/ask", {
      method: "POST",
      headers: json,
      body: JSON.stringify(question)
    })
    const response = await inspector.handler(request, { remoteAddress: "127.0.0.1" })
    assert.lengthOf(((await response.json()) as Answered).rows, 3)
  })
})
