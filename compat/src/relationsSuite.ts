import { AsyncLocalStorage } from "node:async_hooks"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { Entity, EventSink, type Message, Receipt, TrackedEvent, Tracking } from "@trackmap/node"
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, it } from "vitest"
import { orderLine as line, values } from "../../fixtures/wholesale/rows.ts"
import type { eventsOf, LineRow } from "../../apps/examples/src/events.ts"
import { PostgresUnavailable } from "./postgres/server.ts"

/** The operations that the suite needs of a database. */
export interface Database {
  readonly events: ReturnType<typeof eventsOf>
  /** The queries that its builder has logged, oldest first. */
  readonly queries: Array<string>
  readonly lines: () => Promise<ReadonlyArray<LineRow>>
  /** Runs in a transaction, which rolls back if `run` rejects. */
  readonly transaction: <A>(run: (tx: Transaction) => Promise<A>) => Promise<A>
  readonly dropProducts: () => Promise<unknown>
  readonly close: () => Promise<unknown>
  /** A program that updates a line in a transaction and prints the event, and the address of the database. */
  readonly main?: { readonly module: string; readonly address: string } | undefined
}

export interface Transaction {
  readonly renameProduct: (id: number, name: string) => Promise<unknown>
  /** Events tracked inside `run` read from the transaction. */
  readonly within: <A>(run: () => Promise<A>) => Promise<A>
}

/** A server or a file, which opens a database with the same rows each time. */
export interface Source {
  readonly open: () => Promise<Database>
  readonly stop: () => Promise<unknown>
}

const properties = { action: "orderLineUpdated" } as const

const propertiesOf = (message: Message.Message): Readonly<Record<string, unknown>> =>
  message.type === "track" ? message.properties : {}

const violationsOf = (message: Message.Message): ReadonlyArray<{ readonly path: string }> =>
  (message.context?.["violations"] ?? []) as unknown as ReadonlyArray<{ readonly path: string }>

/** The behaviour of every query builder with every database. */
export const suite = (name: string, start: () => Promise<Source>): void => {
  describe(name, () => {
    let source: Source | undefined
    let unavailable: string | undefined
    let database: Database
    let tracking: Tracking.Tracking

    beforeAll(async () => {
      try {
        source = await start()
      } catch (thrown) {
        if (!(thrown instanceof PostgresUnavailable)) throw thrown
        unavailable = thrown.message
        process.stderr.write(`${name} is skipped: ${unavailable}\n`)
      }
    })

    beforeEach(async (context) => {
      if (source === undefined) return context.skip(unavailable)
      database = await source.open()
      tracking = Tracking.make({
        plan: database.events.plan,
        sinks: EventSink.make({ name: "taken", send: async (batch) => batch.map(() => Receipt.delivered) }),
        flushAtExit: false
      })
      await tracking.ready
      database.queries.length = 0
    })

    afterEach(async () => {
      if (source === undefined) return
      await tracking.close()
      await database.close()
    })

    afterAll(() => source?.stop())

    const track = (orderLine: LineRow) => tracking.track(database.events.OrderLineUpdated, { orderLine, properties })

    it("tracks a line with its product, its product's manufacturer and its order", async () => {
      const tracked = await track(line)
      assert.deepStrictEqual(propertiesOf(tracked.message), { ...properties, ...values })
      assert.deepStrictEqual(violationsOf(tracked.message), [])
    })

    it("tracks an order with its lines", async () => {
      const order = { id: 357, uuid: values.Order_uuid, total: 714328 }
      const { message } = await tracking.track(database.events.OrderPlaced, { order })
      assert.deepStrictEqual(propertiesOf(message), {
        Order_id: 357,
        Order_uuid: values.Order_uuid,
        Order_total: 714328,
        Order_lines: [
          { OrderLine_id: 1001, OrderLine_qty: 3 },
          { OrderLine_id: 1002, OrderLine_qty: 4 }
        ],
        Order_lines_truncated: false,
        Order_lines_count: 2,
        Order_lines_qty_sum: 7
      })
      assert.strictEqual(database.queries.length, 1)
    })

    it("values any number of lines with one query a relation", async () => {
      const lines = await database.lines()
      database.queries.length = 0
      const all = await Entity.valuesAll(database.events.OrderLine, lines)
      assert.strictEqual(all.length, 1002)
      assert.deepStrictEqual(all[0], values)
      assert.deepStrictEqual(tablesOf(database.queries), ["manufacturers", "orders", "products"])
    })

    it("tracks a thousand lines at the same time with one query a relation", async () => {
      const lines = await database.lines()
      database.queries.length = 0
      const tracked = await Promise.all(lines.map(track))
      assert.deepStrictEqual(tablesOf(database.queries), ["manufacturers", "orders", "products"])
      tracked.forEach(({ message }, index) => {
        const { OrderLine_id, Order_id, Product_id } = propertiesOf(message)
        const { id, orderId, productId } = lines[index]!
        assert.deepStrictEqual([OrderLine_id, Product_id, Order_id], [id, productId, orderId])
      })
    })

    it("leaves the keys of a missing row out", async () => {
      const { message } = await track({ ...line, productId: 999 })
      assert.deepStrictEqual(propertiesOf(message), {
        ...properties,
        OrderLine_id: 1001,
        OrderLine_qty: 3,
        Order_id: 357,
        Order_uuid: values.Order_uuid,
        Order_total: 714328
      })
      assert.deepStrictEqual(violationsOf(message), [])
    })

    it("reads a transaction's own rows within it, and nobody else's", async () => {
      const outside = AsyncLocalStorage.snapshot()
      const [before, within, after] = await database
        .transaction(async (tx) => {
          await tx.renameProduct(123, "Duck Tape")
          // In one turn of the event loop, so that they could share batches. Those outside may have to wait for the transaction.
          const before = outside(track, line)
          const within = tx.within(() => track(line))
          const after = outside(track, line)
          throw new RolledBack([before, await within, after])
        })
        .catch((thrown: unknown) => {
          if (thrown instanceof RolledBack) return Promise.all(thrown.tracked)
          throw thrown
        })
      assert.deepStrictEqual(
        [before!, within!, after!].map(({ message }) => propertiesOf(message)["Product_name"]),
        ["Gold Plated Duck Tape", "Duck Tape", "Gold Plated Duck Tape"]
      )
      for (const { message } of [before!, within!, after!]) {
        assert.deepStrictEqual(propertiesOf(message)["Manufacturer_name"], values.Manufacturer_name)
        assert.deepStrictEqual(violationsOf(message), [])
      }
    })

    it("shares batches within a transaction", async () => {
      const lines = (await database.lines()).slice(0, 100)
      await database.transaction(async (tx) => {
        database.queries.length = 0
        await tx.within(() => Promise.all(lines.map(track)))
        assert.deepStrictEqual(tablesOf(database.queries), ["manufacturers", "orders", "products"])
      })
    })

    it("lets its process end once the tracking and the database are closed", async (context) => {
      const { main } = database
      if (main === undefined) return context.skip("there is one process for this builder, over the other database")
      const module = fileURLToPath(new URL(main.module, import.meta.url))
      const { stderr, stdout } = await promisify(execFile)(process.execPath, [module, main.address, "1001", "5"])
      assert.deepStrictEqual(JSON.parse(stdout).properties, { ...properties, ...values, OrderLine_qty: 5 })
      assert.strictEqual(stderr, "")
      assert.strictEqual((await database.lines())[0]!.qty, 5)
    })

    it("tracks what there is where a query fails, and says what is missing", async () => {
      await database.dropProducts()
      const { message, receipts } = await track(line)
      assert.deepStrictEqual(propertiesOf(message), {
        ...properties,
        OrderLine_id: 1001,
        OrderLine_qty: 3,
        Order_id: 357,
        Order_uuid: values.Order_uuid,
        Order_total: 714328
      })
      assert.deepStrictEqual(
        violationsOf(message).map(({ path }) => path),
        ["OrderLine.product"]
      )
      assert.deepStrictEqual(
        (await receipts).map(({ outcome, sink }) => [sink, outcome._tag]),
        [["taken", "Delivered"]]
      )
    })

    it("tracks the row alone where the connection is closed", async () => {
      await track(line) // Kysely closes only connections that it has opened.
      await database.close()
      const { message, receipts } = await track(line)
      assert.deepStrictEqual(propertiesOf(message), { ...properties, OrderLine_id: 1001, OrderLine_qty: 3 })
      assert.deepStrictEqual(
        violationsOf(message).map(({ path }) => path),
        ["OrderLine.product", "OrderLine.order"]
      )
      assert.strictEqual((await receipts)[0]!.outcome._tag, "Delivered")
    })

    it("rejects with what to do where the event says that a relation that fails is to fail the call", async () => {
      const Strict = TrackedEvent.make("orderLineChecked", {
        entities: { orderLine: database.events.OrderLine },
        relations: "fail"
      })
      await database.dropProducts()
      const rejected: unknown = await tracking.track(Strict, { orderLine: line }).then(
        () => undefined,
        (error: unknown) => error
      )
      assert.instanceOf(rejected, Error)
      assert.strictEqual((rejected as { _tag?: unknown })._tag, "ResolveFailed")
      assert.match(rejected.message, /OrderLine\.product|products/)
      assert.match(rejected.message, /\. [A-Z].+/, "what to do comes after what happened")
      assert.notMatch(String(rejected.stack), /node_modules\/effect|FiberImpl|runLoop|~effect/)
      assert.match(String((rejected.cause as Error | undefined)?.message), /products/)
    })
  })
}

/** Thrown to leave a transaction, with the messages tracked meanwhile. */
class RolledBack extends Error {
  readonly tracked: ReadonlyArray<Tracking.Tracked | Promise<Tracking.Tracked>>

  constructor(tracked: ReadonlyArray<Tracking.Tracked | Promise<Tracking.Tracked>>) {
    super("rolled back")
    this.tracked = tracked
  }
}

/** The table that each query reads. */
const tablesOf = (queries: ReadonlyArray<string>): ReadonlyArray<string> =>
  queries.map((query) => /from "(\w+)"/.exec(query)?.[1] ?? query).sort()
