import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "vitest"
import { Receipt, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"
import { Actor, Tracking } from "../../node/src/index.ts"
import { Outbox } from "./index.ts"

const orderPlaced = TrackedEvent.make("orderPlaced", { properties: { Order_id: Schema.Int } })
/** A service with a client of its own, here `node:sqlite`, and what it has executed. */
const serviceOf = (options: Partial<Outbox.ThroughOptions> = {}) => {
  const database = new DatabaseSync(":memory:")
  database.exec("CREATE TABLE orders (id INTEGER PRIMARY KEY)")
  database.exec("CREATE TABLE trackmap_message (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, body TEXT)")
  const executed: Array<string> = []
  const execute: Outbox.Execute = async ({ params, sql, strings }) => {
    assert.strictEqual(strings.length, params.length + 1)
    executed.push(sql.replace(/VALUES.*/, `of ${params.length / 2}`))
    return database.prepare(sql).run(...params)
  }
  const outbox = Outbox.through({ database: "sqlite", execute, ...options })
  const tracking = Tracking.make({ sinks: outbox.sink })
  const track = (id: number) => tracking.track(orderPlaced, { properties: { Order_id: id } })
  /** A transaction of the client. */
  const begin = async <A>(f: () => Promise<A>): Promise<A> => {
    database.exec("BEGIN IMMEDIATE")
    try {
      const result = await f()
      database.exec("COMMIT")
      return result
    } catch (error) {
      database.exec("ROLLBACK")
      throw error
    }
  }
  const stored = () =>
    database
      .prepare("SELECT body FROM trackmap_message ORDER BY seq")
      .all()
      .map(({ body }) => JSON.parse(String(body)).message)
  const ids = () => stored().map(({ properties }) => properties.Order_id as number)
  return { begin, database, execute, executed, ids, outbox, stored, track, tracking }
}

const outcomesOf = async (tracked: { readonly receipts: Promise<ReadonlyArray<Receipt.Receipt>> }) =>
  (await tracked.receipts).map(({ outcome }) => outcome)

const rejection = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise
    return "no rejection"
  } catch (error) {
    return String(error instanceof Error ? error.message : error)
  }
}

describe("an outbox through another client", () => {
  it("inserts what is tracked in a transaction by one statement, before the commit", async () => {
    const { begin, execute, executed, ids, outbox, track } = serviceOf()
    const all = await outbox.transaction((inserting) =>
      begin(async () => {
        const tracked = await inserting(execute, async () => {
          const first = await track(1)
          assert.deepStrictEqual(ids(), [])
          return [first, await track(2)]
        })
        assert.deepStrictEqual(ids(), [1, 2])
        return tracked
      })
    )
    for (const tracked of all) assert.deepStrictEqual(await outcomesOf(tracked), [Receipt.delivered])
    assert.deepStrictEqual(executed, ["INSERT INTO trackmap_message (id, body) of 2"])
  })

  it("keeps the transactions of concurrent requests apart, and their actors", async () => {
    const { execute, outbox, stored, track } = serviceOf()
    const request = (id: number) =>
      Actor.run({ userId: `user-${id}` }, () =>
        outbox.transaction((inserting) =>
          inserting(execute, async () => {
            await new Promise((resolve) => setTimeout(resolve, 5 - id))
            await track(id)
            if (id === 2) throw new Error("rolled back")
          })
        )
      )
    await Promise.allSettled([1, 2, 3].map(request))
    assert.sameDeepMembers(
      stored().map(({ properties, userId }) => [properties.Order_id, userId]),
      [
        [1, "user-1"],
        [3, "user-3"]
      ]
    )
  })

  it("loses what is tracked in a transaction that is rolled back, and says so", async () => {
    const { begin, database, execute, ids, outbox, track } = serviceOf()
    const tracked: Array<Awaited<ReturnType<typeof track>>> = []
    const fails = (at: "inside" | "after") =>
      outbox.transaction((inserting) =>
        begin(async () => {
          await inserting(execute, async () => {
            tracked.push(await track(1))
            if (at === "inside") throw new Error("inside")
          })
          throw new Error("after")
        })
      )
    assert.strictEqual(await rejection(fails("inside")), "inside")
    assert.strictEqual(await rejection(fails("after")), "after")
    const rolledBack = Receipt.skipped("its transaction was rolled back")
    for (const one of tracked) assert.deepStrictEqual(await outcomesOf(one), [rolledBack])
    assert.deepStrictEqual(ids(), [])
    database.close()
  })

  it("refuses to let a transaction wait for its own receipts", async () => {
    const { begin, execute, outbox, track } = serviceOf()
    const waits = outbox.transaction((inserting) =>
      begin(async () => {
        const { receipts } = await inserting(execute, async () => {
          const tracked = await track(1)
          assert.match(await rejection(tracked.receipts), /await the receipts after the transaction/)
          return track(2)
        })
        return receipts
      })
    )
    assert.match(await rejection(waits), /await the receipts after the transaction/)
  })

  it("refuses what is tracked after the insert", async () => {
    const { execute, ids, outbox, track } = serviceOf()
    let late = (): ReturnType<typeof track> => track(1)
    await outbox.transaction((inserting) =>
      inserting(execute, async () => {
        const [go, wait] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()]
        void go.promise.then(() => rejection(track(1))).then(wait.resolve)
        late = async () => {
          go.resolve()
          throw new Error(await wait.promise)
        }
      })
    )
    assert.match(await rejection(late()), /await the tracker's calls before the function/)
    assert.deepStrictEqual(ids(), [])
  })

  it("stores what is tracked outside of transactions in batches", async () => {
    const { executed, ids, outbox, track } = serviceOf()
    const tracked = await outbox.transaction(() => Promise.all([1, 2].map(track)))
    for (const one of tracked) assert.deepStrictEqual(await outcomesOf(one), [Receipt.delivered])
    assert.deepStrictEqual(ids(), [1, 2])
    assert.lengthOf(executed, 1)
  })

  it("rolls the transaction back if the insert fails", async () => {
    const { begin, database, execute, outbox, track } = serviceOf()
    const fails = outbox.transaction((inserting) =>
      begin(() =>
        inserting(execute, async () => {
          database.exec("DROP TABLE trackmap_message")
          database.exec("INSERT INTO orders (id) VALUES (1)")
          return track(1)
        })
      )
    )
    assert.match(await rejection(fails), /no such table/)
    assert.deepStrictEqual(database.prepare("SELECT id FROM orders").all(), [])
  })

  it("can let the transaction go on if the insert fails", async () => {
    const { begin, database, execute, executed, ids, outbox, track } = serviceOf({ whenInsertFails: "savepoint" })
    const change = (id: number) =>
      outbox.transaction((inserting) =>
        begin(() =>
          inserting(execute, async () => {
            database.exec(`INSERT INTO orders (id) VALUES (${id})`)
            return track(id)
          })
        )
      )
    assert.deepStrictEqual(await outcomesOf(await change(1)), [Receipt.delivered])
    assert.deepStrictEqual(ids(), [1])
    assert.lengthOf(executed, 3)
    database.exec("DROP TABLE trackmap_message")
    assert.match(JSON.stringify(await outcomesOf(await change(2))), /Dropped.*your client could not run the insert/)
    assert.lengthOf(database.prepare("SELECT id FROM orders").all(), 2)
  })

  it("retries what is tracked outside of transactions until the client can insert it", async () => {
    let attempts = 0
    const { execute: run, ...client } = serviceOf()
    const { track } = serviceOf({
      execute: async (statement) => {
        if (++attempts === 1) throw new Error("the pool is exhausted")
        return run(statement)
      }
    })
    assert.deepStrictEqual(await outcomesOf(await track(1)), [Receipt.delivered])
    assert.deepStrictEqual(client.ids(), [1])
  })

  it("wakes the relays of PostgreSQL after the commit, once for several", async () => {
    const executed: Array<string> = []
    const outbox = Outbox.through({
      database: "postgres",
      schema: "tracking",
      execute: async ({ sql }) => void executed.push(sql)
    })
    const tracking = Tracking.make({ sinks: outbox.sink })
    const place = () =>
      outbox.transaction((inserting) =>
        inserting(
          async ({ params, sql, strings }) => {
            assert.strictEqual(sql, "INSERT INTO tracking.message (id, body) VALUES ($1, $2)")
            assert.deepStrictEqual([...strings, params.length], [strings[0], ", ", ")", 2])
          },
          () => tracking.track(orderPlaced, { properties: { Order_id: 1 } })
        )
      )
    await Promise.all([place(), place()])
    while (executed.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    assert.deepStrictEqual(executed, ["NOTIFY tracking_wake"])
    await outbox.transaction(async () => {})
    assert.lengthOf(executed, 1)
  })

  it("refuses options that it cannot follow", () => {
    const execute = async () => {}
    const refusals: ReadonlyArray<readonly [unknown, string]> = [
      [{ execute }, 'database must be "postgres" or "sqlite", not undefined'],
      [{ database: "mysql", execute }, 'database must be "postgres" or "sqlite", not "mysql"'],
      [{ database: "sqlite" }, "execute must be a function, not undefined"],
      [{ database: "sqlite", execute, whenInsertFails: 1 }, 'whenInsertFails must be "fail" or "savepoint", not 1'],
      [null, "it takes an object with its options, not null"]
    ]
    for (const [given, message] of refusals)
      assert.throws(() => Outbox.through(given as Outbox.ThroughOptions), `Outbox.through: ${message}`)
  })

  it("refuses an option that it does not have, and a schema that is no plain name", () => {
    const given: any = { database: "postgres", scheme: "x", execute: async () => {} }
    assert.throws(() => Outbox.through(given), /did you mean schema/)
    assert.throws(
      () => Outbox.through({ database: "postgres", schema: "a b", execute: async () => {} }),
      /pass a name of at most 40/
    )
  })
})
