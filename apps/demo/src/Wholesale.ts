import { SqliteClient } from "@trackmap/outbox"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import * as rows from "../../../fixtures/wholesale/rows.ts"

/** The file cannot be the shop's database. */
export class NoDatabase extends Schema.TaggedError<NoDatabase>()("NoDatabase", {
  filename: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.filename} cannot be the shop's database: ${this.reason}. Choose another file with --database.`
  }
}

/** The number of seeded rows of each kind, including those listed below. */
export const counts = {
  manufacturers: 80,
  products: 900,
  retailCompanies: 60,
  orders: 1200,
  orderLines: 4000,
  buyers: 120
}

const tables = [
  `CREATE TABLE manufacturers (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, name TEXT NOT NULL, externalID TEXT NOT NULL)`,
  `CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price INTEGER NOT NULL, cost INTEGER NOT NULL, sku TEXT NOT NULL,
     manufacturerId INTEGER NOT NULL REFERENCES manufacturers)`,
  `CREATE TABLE retailCompanies (id INTEGER PRIMARY KEY, name TEXT NOT NULL)`,
  `CREATE TABLE buyers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL,
     retailCompanyId INTEGER NOT NULL REFERENCES retailCompanies)`,
  `CREATE TABLE orders (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, total INTEGER NOT NULL,
     status TEXT NOT NULL CHECK (status IN ('open', 'placed', 'shipped', 'cancelled')),
     retailCompanyId INTEGER NOT NULL REFERENCES retailCompanies)`,
  `CREATE TABLE orderLines (id INTEGER PRIMARY KEY AUTOINCREMENT, qty INTEGER NOT NULL,
     productId INTEGER NOT NULL REFERENCES products, orderId INTEGER NOT NULL REFERENCES orders)`,
  `CREATE INDEX orderLinesOfOrder ON orderLines (orderId)`
]

/** The rows of the documentation's example, and the first buyer who ever signed up. */
const told = {
  manufacturers: rows.manufacturer,
  products: { ...rows.product, cost: 61000 },
  retailCompanies: { id: 42, name: "Toad Town Hardware" },
  orders: { ...rows.order, status: "shipped", retailCompanyId: 42 },
  orderLines: rows.orderLine,
  // A valid id, but some vendors treat "0" as nobody.
  buyers: { id: 0, name: "Princess Peach", email: "peach@toadtown.example", retailCompanyId: 42 }
}

const words = {
  make: ["Bowser", "Peach", "Koopa", "Daisy", "Boo", "Yoshi", "Wario", "Rosalina", "Lakitu", "Birdo"],
  trade: ["Tools", "Fittings", "Pipeworks", "Supply", "Ironmongers", "Valves", "Fasteners", "Ceramics"],
  kind: ["Steel", "Copper", "Brass", "Rubber", "Oak", "Marble", "Chrome", "Linen"],
  thing: ["Wrench", "Elbow Joint", "Gasket", "Valve", "Hinge", "Tap", "Bracket", "Washer", "Clamp", "Drain"],
  first: ["Luigi", "Toadette", "Pauline", "Waluigi", "Diddy", "Kamek", "Petey", "Hariet", "Rango", "Spewart"],
  last: ["Bianco", "Delfino", "Isle", "Bay", "Ricco", "Gelato", "Pinna", "Sirena", "Noki", "Pianta"]
}

/** A random whole number from 1. */
const upTo = (max: number) => Random.nextIntBetween(1, max)
const hex = (length: number) =>
  Effect.map(Random.nextIntBetween(0, 16 ** length - 1), (number) => number.toString(16).padStart(length, "0"))
const uuid = Effect.gen(function* () {
  const parts = [yield* hex(8), yield* hex(4), `4${yield* hex(3)}`, `a${yield* hex(3)}`, yield* hex(12)]
  return parts.join("-")
})

/** Ids from 1 without the listed row's, so that the total is the count. */
const idsFor = (table: keyof typeof counts): ReadonlyArray<number> => {
  const ids: Array<number> = []
  for (let id = 1; ids.length < counts[table] - 1; id++) if (id !== told[table].id) ids.push(id)
  return ids
}

const generate = Effect.gen(function* () {
  const ids = {
    manufacturers: idsFor("manufacturers"),
    products: idsFor("products"),
    retailCompanies: idsFor("retailCompanies"),
    orders: idsFor("orders")
  }
  const phrase = Effect.fnUntraced(function* (first: ReadonlyArray<string>, second: ReadonlyArray<string>) {
    return `${yield* Random.choice(first)} ${yield* Random.choice(second)}`
  })
  return {
    manufacturers: yield* Effect.forEach(ids.manufacturers, (id) =>
      Effect.all({
        id: Effect.succeed(id),
        uuid,
        name: phrase(words.make, words.trade),
        externalID: Effect.map(hex(6), (code) => `M${code}`)
      })
    ),
    products: yield* Effect.forEach(ids.products, (id) =>
      Effect.gen(function* () {
        const price = yield* upTo(90_000)
        const name = yield* phrase(words.kind, words.thing)
        const manufacturerId = yield* Random.choice(ids.manufacturers)
        return { id, name, price, cost: Math.round(price * 0.6), sku: `sku-${id}`, manufacturerId }
      })
    ),
    retailCompanies: yield* Effect.forEach(ids.retailCompanies, (id) =>
      Effect.all({ id: Effect.succeed(id), name: phrase(words.make, words.trade) })
    ),
    orders: yield* Effect.forEach(ids.orders, (id) =>
      Effect.all({
        id: Effect.succeed(id),
        uuid,
        total: upTo(900_000),
        status: Effect.succeed("shipped"),
        retailCompanyId: Random.choice(ids.retailCompanies)
      })
    ),
    orderLines: yield* Effect.forEach(idsFor("orderLines"), (id) =>
      Effect.all({
        id: Effect.succeed(id),
        qty: upTo(20),
        productId: Random.choice(ids.products),
        orderId: Random.choice(ids.orders)
      })
    ),
    buyers: yield* Effect.forEach(idsFor("buyers"), (id) =>
      Effect.all({
        id: Effect.succeed(id),
        name: phrase(words.first, words.last),
        email: Effect.succeed(`buyer${id}@retail.example`),
        retailCompanyId: Random.choice(ids.retailCompanies)
      })
    )
  }
})

const inOneTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(effect))

/** Creates and fills the tables, unless they are there: the listed rows, and some thousands that are the same in every database. */
export const seed = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [there] = yield* sql`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'orders'`
  if (there !== undefined) return
  for (const table of tables) yield* sql.unsafe(table)
  const generated = yield* Random.withSeed(generate, "wholesale")
  const insert = (table: keyof typeof counts) =>
    sql`INSERT INTO ${sql(table)} ${sql.insert([told[table], ...generated[table]])}`
  for (const table of ["manufacturers", "products", "retailCompanies", "orders", "orderLines", "buyers"] as const)
    yield* insert(table)
}).pipe(inOneTransaction, Effect.withSpan("Wholesale.seed"))

/** The default buyer, when nobody has signed in. */
export const firstBuyer = 1

/** The half-finished order that the first buyer finds. Tracks nothing, because nobody has acted yet. */
export const halfDoneOrder = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const uuid = "5b0f4f0e-58a1-4f0e-a5c7-7d5a1f1f0c1e"
  const [order] = yield* sql<{ readonly id: number }>`
    INSERT INTO orders (uuid, total, status, retailCompanyId)
    SELECT ${uuid}, 0, 'open', retailCompanyId FROM buyers
    WHERE id = ${firstBuyer} AND NOT EXISTS (SELECT 1 FROM orders WHERE uuid = ${uuid}) RETURNING id`
  if (order === undefined) return
  yield* sql`INSERT INTO orderLines ${sql.insert([
    { qty: 3, productId: told.products.id, orderId: order.id },
    { qty: 12, productId: 7, orderId: order.id },
    { qty: 40, productId: 42, orderId: order.id }
  ])}`
}).pipe(inOneTransaction, Effect.withSpan("Wholesale.halfDoneOrder"))

/** The wholesale company's database in a file, or in memory (`:memory:`). A new one is filled. */
export const layerIn = (filename: string) =>
  Layer.effectDiscard(seed).pipe(
    Layer.provideMerge(SqliteClient.layer({ filename })),
    Layer.catchTag("SqlError", ({ reason }) =>
      Layer.effect(SqlClient.SqlClient, Effect.fail(new NoDatabase({ filename, reason: String(reason.cause) })))
    )
  )

/** The wholesale company's database, in memory and filled. */
export const layer = Layer.orDie(layerIn(":memory:"))
