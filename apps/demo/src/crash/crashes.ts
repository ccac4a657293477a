import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { SqliteClient } from "@trackmap/outbox"
import { Fault, MixpanelServer, SegmentServer } from "@trackmap/testing"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import { type Arrived, type Count, count, table } from "./count.ts"
import * as ShopProcess from "./ShopProcess.ts"

/** A vendor lacks events, or has events of what never happened. */
export class Lost extends Schema.TaggedError<Lost>()("Lost", { reason: Schema.String }) {
  override get message(): string {
    return this.reason
  }
}

const lineIds = (database: string): Effect.Effect<ReadonlySet<number>> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ readonly id: number }>`SELECT id FROM orderLines`
    return new Set(rows.map(({ id }) => id))
  }).pipe(Effect.provide(SqliteClient.layer({ filename: database })), Effect.orDie)

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "trackmap-shop-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Some buyers who add lines, each one after the other, until the shop no longer answers. */
const shopping = Effect.fnUntraced(function* (shop: ShopProcess.ShopProcess, buyers: number, each: number) {
  let answered = 0
  yield* Effect.forEach(
    Array.from({ length: buyers }, (_, index) => index + 1),
    (buyer) =>
      Effect.gen(function* () {
        for (let i = 0; i < each; i++) {
          if (!(yield* shop.addLine(buyer, yield* Random.nextIntBetween(1, 800), 1 + (i % 9)))) return
          answered++
        }
      }),
    { concurrency: "unbounded" }
  )
  return answered
})

const isWhole = (counts: ReadonlyArray<Count>): boolean => counts.every(({ missing }) => missing === 0)

const buyers = 8
/** Lines that each buyer adds before a kill comes at the latest. */
const most = 60

/**
 * Kills a shop that keeps its events in a file, twice and in the middle of what its buyers do, while a vendor is down, and counts what has arrived
 * after the vendor works again. Fails if an event is missing, or is one of a line that does not exist.
 */
export const crashes = Effect.fnUntraced(function* () {
  const segment = yield* SegmentServer.make()
  const mixpanel = yield* MixpanelServer.make()
  const database = join(yield* folder, "shop.db")
  const env = {
    SEGMENT_WRITE_KEY: segment.writeKey,
    SEGMENT_ENDPOINT: segment.url,
    MIXPANEL_TOKEN: mixpanel.token,
    MIXPANEL_ENDPOINT: mixpanel.url
  }

  const shopUntilKilled = Effect.fnUntraced(function* (shop: ShopProcess.ShopProcess) {
    const after = yield* Random.nextIntBetween(300, 1_500)
    const killed = Effect.andThen(Effect.sleep(after), shop.end("SIGKILL"))
    const [answered] = yield* Effect.all([shopping(shop, buyers, most), killed], { concurrency: "unbounded" })
    yield* Console.log(
      `${answered === 1 ? "1 line" : `${answered} lines`} added by ${buyers} buyers. kill -9 ${shop.pid}, ${after} ms after the first.`
    )
  })

  yield* Console.log("Segment and Mixpanel are servers of this process. Segment is down: it answers 503.")
  yield* segment.misbehave(() => Fault.status(503))
  const first = yield* ShopProcess.start(database, env)
  const old = yield* lineIds(database)
  yield* Console.log(`The shop: process ${first.pid}, with its events in ${database}.`)
  yield* shopUntilKilled(first)
  const second = yield* ShopProcess.start(database, env)
  yield* Console.log(`The shop again: process ${second.pid}.`)
  yield* shopUntilKilled(second)
  const lines = new Set([...(yield* lineIds(database))].filter((id) => !old.has(id)))
  const shop = yield* ShopProcess.start(database, env)
  yield* Console.log(
    `The shop again: process ${shop.pid}. Its database has ${lines.size} new lines. Segment works again.`
  )
  yield* segment.misbehave([])

  const counts = Effect.gen(function* () {
    const received = [...(yield* segment.received), ...(yield* segment.duplicates)]
    const atSegment: Arrived = received.flatMap(({ event, messageId, properties }) =>
      event === "orderLineAdded" ? [{ id: messageId, line: properties.OrderLine_id }] : []
    )
    const atMixpanel: Arrived = (yield* mixpanel.raw).flatMap(({ event, properties }) =>
      event === "Order Line Added" ? [{ id: properties["$insert_id"], line: properties["Order Line Id"] }] : []
    )
    return [count("Segment", lines, atSegment), count("Mixpanel", lines, atMixpanel)]
  })
  const found = yield* Effect.repeat(counts, {
    until: isWhole,
    schedule: Schedule.spaced("100 millis")
  }).pipe(Effect.timeoutOrElse({ duration: "1 minute", orElse: () => counts }))
  yield* shop.end("SIGTERM")
  yield* Console.log(`\n${table(yield* counts)}\n`)
  if (!isWhole(found)) return yield* new Lost({ reason: "Events are missing." })
  if (found.some(({ surplus }) => surplus > 0)) return yield* new Lost({ reason: "There are events without a line." })
  yield* Console.log("Every line has its event at both vendors, and every event its line.")
}, Effect.scoped)
