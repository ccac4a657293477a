import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import * as Business from "../Business.ts"
import { CancelReason } from "../tracking/events.ts"
import { asBuyer, asSystem, from } from "../tracking/actor.ts"
import { counts } from "../Wholesale.ts"
import { Begun, closes, hour, opens } from "./hours.ts"

/** The events of each hour. */
const visitsAnHour = 36
const repricingsAnHour = 10

/** The number of finished visits, and their total at the end of the day. */
export const visits: Metric.Counter<number> = Metric.counter("wholesale_visits", { incremental: true })
export const visitsADay = visitsAnHour * (closes - opens)

const upTo = (most: number) => Random.nextIntBetween(1, most)
const chance = (share: number) => Effect.map(Random.next, (drawn) => drawn < share)
const pause = (longest: Duration.Duration) =>
  Effect.flatMap(Random.next, (share) => Effect.sleep(Duration.times(longest, share)))
const thinking = pause(Duration.millis(20))

const shopping = Effect.fn("Day.shopping")(function* (buyer: Business.Buyer) {
  yield* Business.signIn(buyer)
  const order = yield* Business.open(buyer)
  const wanted = yield* upTo(6)
  for (let i = 0; i < wanted; i++) {
    yield* thinking
    const line = yield* Business.addLine(order.id, yield* upTo(counts.products), yield* upTo(20))
    if (yield* chance(0.3)) yield* Business.changeQty(line.id, line.qty + (yield* upTo(10)))
    // Keep the first line: an empty order cannot be placed.
    if (i > 0 && (yield* chance(0.1))) yield* Business.removeLine(line.id)
  }
  yield* thinking
  yield* Business.place(buyer, order.id)
  if (yield* chance(0.08)) {
    yield* thinking
    yield* Business.cancel(order.id, yield* Random.choice(CancelReason.literals))
  }
})

/** A visit at a random time of the hour. */
const visit = Effect.gen(function* () {
  const buyer = yield* Business.buyer((yield* upTo(counts.buyers)) - 1)
  yield* pause(hour)
  yield* shopping(buyer).pipe(asBuyer(buyer), from({ ip: "203.0.113.7", userAgent: "Wholesale/1.0" }))
  yield* Metric.update(visits, 1)
})

const shipAll = (orders: ReadonlyArray<number>) =>
  Effect.forEach(orders, (order) => Effect.andThen(thinking, Business.ship(order)), { discard: true }).pipe(
    asSystem("warehouse")
  )

const reprice = Effect.gen(function* () {
  yield* pause(hour)
  yield* Business.reprice(yield* upTo(counts.products), yield* Random.nextBetween(-0.1, 0.1))
}).pipe(asSystem("price-lists"))

const times = <A, E, R>(count: number, name: string, effect: Effect.Effect<A, E, R>) =>
  Array.from({ length: count }, (_, index) => Random.withSeed(effect, `${name} ${index}`))

/** A business day in a few seconds. Every visitor has its own seed, so they do the same things every day, in any order. */
export const business = Effect.gen(function* () {
  const begun = yield* Begun
  const begin = (hour: number) => Effect.map(Clock.currentTimeMillis, (at) => begun.push({ hour, at }))
  for (let time = opens; time < closes; time++) {
    yield* begin(time)
    const ready = yield* Business.placed
    yield* Effect.all(
      [
        ...times(visitsAnHour, `visit at ${time}`, visit),
        ...times(repricingsAnHour, `price at ${time}`, reprice),
        shipAll(ready)
      ],
      { concurrency: "unbounded", discard: true }
    )
  }
  yield* begin(closes)
  yield* shipAll(yield* Business.placed)
}).pipe(Effect.orDie, Effect.withSpan("Day.business"))
