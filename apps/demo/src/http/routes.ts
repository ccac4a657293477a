import type { Tracker as Core } from "@trackmap/core"
import type { OutboxStore, Relay } from "@trackmap/outbox"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Business from "../Business.ts"
import * as Records from "../Records.ts"
import type { Vendor } from "../Sinks.ts"
import { asBuyer, asSystem } from "../tracking/actor.ts"
import { Acting } from "./acting.ts"
import { answered, goTo, show } from "./answer.ts"
import * as input from "./input.ts"
import * as pages from "./pages.ts"
import { conflict, missing } from "./problems.ts"
import { type Done, SignedIn, signedInAs, withDone } from "./session.ts"

/** The vendors of the shop's events, and the results of what it has sent them. */
export class Vendors extends Context.Service<
  Vendors,
  {
    readonly vendors: ReadonlyArray<Vendor>
    readonly metrics: Effect.Effect<ReadonlyArray<Core.SinkMetrics>>
    /** If the shop's database keeps the events: the names of the sinks that still lack some of the last run. */
    readonly kept?: ReadonlyArray<string> | undefined
    /** If the shop's database keeps the events: the outbox and its relay, for the inspector. */
    readonly outbox?: OutboxStore.Service | undefined
    readonly relay?: Relay.Service | undefined
  }
>()("demo/http/Vendors") {}

const get = <R>(path: HttpRouter.PathInput, handler: Parameters<typeof answered<R>>[0]) =>
  HttpRouter.route("GET", path, answered(handler))
const post = <R>(path: HttpRouter.PathInput, handler: Parameters<typeof answered<R>>[0]) =>
  HttpRouter.route("POST", path, answered(handler))

const nameOf = ({ message }: Core.Tracked): string => (message.type === "track" ? message.event : message.type)

const doneBy = (tracked: Core.Tracked, sentence: string): Done => ({
  sentence,
  events: [nameOf(tracked)],
  messageId: tracked.messageId
})

/** The client may have disconnected; track its action anyway. */
const act = <A, E, R>(business: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Acting, (run) => Effect.uninterruptible(run(business)))

const orderPage = (id: number): string => `/orders/${id}`

/** An order of the buyer's company. */
const ownOrder = Effect.gen(function* () {
  const { order } = yield* input.fromPath({ order: input.orderId })
  const buyer = yield* SignedIn
  return { buyer, order: yield* Records.order(buyer.retailCompanyId, order) }
})

const ownLine = Effect.gen(function* () {
  const { order } = yield* ownOrder
  const { line } = yield* input.fromPath({ line: input.lineId })
  return { order, line: yield* Records.line(order.id, line) }
})

const someProduct = Effect.flatMap(input.fromPath({ product: input.productId }), ({ product }) =>
  Records.product(product)
)

const someVendor = Effect.gen(function* () {
  const { vendor: name } = yield* input.fromPath({ vendor: input.vendorName })
  const vendor = (yield* Vendors).vendors.find((vendor) => vendor.name === name)
  return vendor ?? (yield* missing("There is no such vendor."))
})

/** The shop's routes. */
export const routes = [
  get(
    "/",
    Effect.gen(function* () {
      const { retailCompanyId } = yield* SignedIn
      const order = yield* Records.openOrder(retailCompanyId)
      return goTo(order === undefined ? "/catalogue" : orderPage(order.id))
    })
  ),

  get(
    "/catalogue",
    Effect.gen(function* () {
      const { page, q } = yield* input.fromQuery({ q: input.searchText, page: input.pageNumber })
      return yield* show("Catalogue", "/catalogue", pages.catalogue(yield* Records.products(q, page), q))
    })
  ),

  post(
    "/lines",
    Effect.gen(function* () {
      const { product: id, qty } = yield* input.fromForm({ product: input.productId, qty: input.quantity })
      const buyer = yield* SignedIn
      const product = yield* Records.product(id)
      const { orderId, tracked } = yield* act(
        Effect.gen(function* () {
          const order = (yield* Records.openOrder(buyer.retailCompanyId)) ?? (yield* Business.open(buyer))
          return yield* Business.addLine(order.id, product.id, qty)
        })
      )
      return goTo(orderPage(orderId)).pipe(withDone(doneBy(tracked, "Added to the order.")))
    })
  ),

  get(
    "/orders",
    Effect.gen(function* () {
      const { page } = yield* input.fromQuery({ page: input.pageNumber })
      const { company, retailCompanyId } = yield* SignedIn
      return yield* show("My orders", "/orders", pages.orders(yield* Records.orders(retailCompanyId, page), company))
    })
  ),

  get(
    "/orders/:order",
    Effect.gen(function* () {
      const { order } = yield* ownOrder
      const content = pages.order(order, yield* Records.lines(order.id))
      return yield* show(`Order ${order.id}`, order.status === "open" ? "/" : "/orders", content)
    })
  ),

  post(
    "/orders/:order/lines/:line/quantity",
    Effect.gen(function* () {
      const { line, order } = yield* ownLine
      const { qty } = yield* input.fromForm({ qty: input.quantity })
      const { tracked } = yield* act(Business.changeQty(line.id, qty))
      return goTo(orderPage(order.id)).pipe(withDone(doneBy(tracked, `Quantity changed to ${qty}.`)))
    })
  ),

  post(
    "/orders/:order/lines/:line/remove",
    Effect.gen(function* () {
      const { line, order } = yield* ownLine
      const { tracked } = yield* act(Business.removeLine(line.id))
      return goTo(orderPage(order.id)).pipe(withDone(doneBy(tracked, "Line removed.")))
    })
  ),

  post(
    "/orders/:order/place",
    Effect.gen(function* () {
      const { buyer, order } = yield* ownOrder
      const { tracked } = yield* act(Business.place(buyer, order.id))
      return goTo(orderPage(order.id)).pipe(withDone(doneBy(tracked, "Order placed.")))
    })
  ),

  post(
    "/orders/:order/cancel",
    Effect.gen(function* () {
      const { order } = yield* ownOrder
      const { reason } = yield* input.fromForm({ reason: input.reason })
      const { tracked } = yield* act(Business.cancel(order.id, reason))
      return goTo(orderPage(order.id)).pipe(withDone(doneBy(tracked, "Order cancelled.")))
    })
  ),

  post(
    "/orders/:order/ship",
    Effect.gen(function* () {
      const { order } = yield* ownOrder
      const { tracked } = yield* act(Business.ship(order.id)).pipe(asSystem("warehouse"))
      return goTo(orderPage(order.id)).pipe(withDone(doneBy(tracked, "Order shipped.")))
    })
  ),

  get(
    "/products/:product",
    Effect.gen(function* () {
      const product = yield* someProduct
      return yield* show(product.name, "/catalogue", pages.product(product))
    })
  ),

  post(
    "/products/:product/name",
    Effect.gen(function* () {
      const product = yield* someProduct
      const { name } = yield* input.fromForm({ name: input.name })
      const { tracked } = yield* act(Business.rename(product.id, name)).pipe(asSystem("price-lists"))
      return goTo(`/products/${product.id}`).pipe(withDone(doneBy(tracked, "Product renamed.")))
    })
  ),

  post(
    "/products/:product/price",
    Effect.gen(function* () {
      const product = yield* someProduct
      const { price } = yield* input.fromForm({ price: input.price })
      const { tracked } = yield* act(Business.setPrice(product.id, price)).pipe(asSystem("price-lists"))
      return goTo(`/products/${product.id}`).pipe(withDone(doneBy(tracked, `Price changed to ${price}.`)))
    })
  ),

  get(
    "/sign-in",
    Effect.gen(function* () {
      const { page, q } = yield* input.fromQuery({ q: input.searchText, page: input.pageNumber })
      const { id } = yield* SignedIn
      return yield* show("Sign in", undefined, pages.buyers(yield* Records.buyers(q, page), q, id))
    })
  ),

  post(
    "/sign-in",
    Effect.gen(function* () {
      const { buyer: id } = yield* input.fromForm({ buyer: input.buyerId })
      const buyer = yield* Records.buyer(id)
      const { tracked } = yield* act(Business.signIn(buyer)).pipe(asBuyer(buyer))
      const done = { sentence: "Signed in.", events: ["identify", "group"], messageId: tracked.messageId }
      return goTo("/").pipe(signedInAs(buyer.id), withDone(done))
    })
  ),

  get(
    "/vendors",
    Effect.gen(function* () {
      const known = yield* Vendors
      const metrics = yield* known.metrics
      const states = yield* Effect.forEach(known.vendors, ({ file, name, standIn, title }) =>
        Effect.gen(function* () {
          const failing = standIn === undefined ? false : yield* standIn.failing
          return {
            name,
            title,
            file,
            standIn: standIn === undefined ? undefined : { address: standIn.address, key: standIn.key, failing },
            metrics: metrics.find(({ sink }) => sink === name)
          }
        })
      )
      return yield* show("Vendors", "/vendors", pages.vendors(states, known.kept !== undefined))
    })
  ),

  post(
    "/vendors/:vendor",
    Effect.gen(function* () {
      const { standIn, title } = yield* someVendor
      const { state } = yield* input.fromForm({ state: input.vendorState })
      if (standIn === undefined) return yield* conflict(`This shop cannot break ${title}: it uses the real vendor.`)
      yield* standIn.fail(state === "failing")
      const sentence = state === "failing" ? `${title} now fails.` : `${title} works again.`
      return goTo("/vendors").pipe(withDone({ sentence, events: [], messageId: "" }))
    })
  )
]
