import { AsyncLocalStorage } from "node:async_hooks"
import { Loader } from "@trackmap/node"
import type { Kysely } from "kysely"
import { eventsOf } from "../../../apps/examples/src/events.ts"

/** The tables. */
export interface Database {
  manufacturers: { id: number; uuid: string; name: string; externalID: string }
  products: { id: number; name: string; price: number; sku: string; manufacturerId: number }
  orders: { id: number; uuid: string; total: number }
  orderLines: { id: number; qty: number; productId: number; orderId: number }
}

/** The tracking for the wholesale company's database. A service calls this once. */
export const trackingOf = (db: Kysely<Database>) => {
  const transaction = new AsyncLocalStorage<Kysely<Database>>()
  /** The caller's source of rows: its transaction, whose rows only it sees until it commits, or the database. */
  const connection = () => transaction.getStore() ?? db

  const manufacturers = Loader.byKey({
    name: "manufacturers",
    load: (ids: ReadonlyArray<number>) =>
      connection().selectFrom("manufacturers").selectAll().where("id", "in", ids).execute(),
    keyOf: (row) => row.id
  }).pipe(Loader.groupedBy(connection))

  const products = Loader.byKey({
    name: "products",
    load: (ids: ReadonlyArray<number>) =>
      connection().selectFrom("products").selectAll().where("id", "in", ids).execute(),
    keyOf: (row) => row.id
  }).pipe(Loader.groupedBy(connection))

  const orders = Loader.byKey({
    name: "orders",
    load: (ids: ReadonlyArray<number>) =>
      connection().selectFrom("orders").selectAll().where("id", "in", ids).execute(),
    keyOf: (row) => row.id
  }).pipe(Loader.groupedBy(connection))

  const linesOfOrder = Loader.byForeignKey({
    name: "linesOfOrder",
    load: (orderIds: ReadonlyArray<number>) =>
      connection().selectFrom("orderLines").selectAll().where("orderId", "in", orderIds).orderBy("id").execute(),
    keyOf: (row) => row.orderId
  }).pipe(Loader.groupedBy(connection))

  return {
    ...eventsOf({ manufacturers, products, orders, linesOfOrder }),
    /** Events tracked inside `run` read from the transaction. Await them there, because the transaction has no rows afterwards. */
    within: <A>(tx: Kysely<Database>, run: () => Promise<A>): Promise<A> => transaction.run(tx, run)
  }
}
