import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import { type Message, EventSink, HttpSink, HttpTransport, Plan, Receipt, SendError, Tracker } from "./index.ts"
import { sinksOf } from "./internal/sink/sink.ts"

const name = "warehouse"
const url = "https://warehouse.example/events"

const track = (id: string): Message.Track => ({
  type: "track",
  event: "orderPlaced",
  properties: { note: "é" },
  messageId: id,
  timestamp: "2026-01-01T00:00:00.000Z"
})

interface Sent {
  readonly headers: Readonly<Record<string, string>>
  readonly ids: ReadonlyArray<string>
}

/** Sends messages to a destination whose records are ids, and returns its requests and the messages' outcomes. */
const sending = Effect.fnUntraced(function* (
  options: Partial<HttpSink.Options>,
  ids: ReadonlyArray<string>,
  statusOf: (ids: ReadonlyArray<string>) => number = () => 200
) {
  const sent: Array<Sent> = []
  const transport = HttpTransport.make(({ body, headers }) => {
    const ids = JSON.parse(Buffer.concat(body).toString()) as ReadonlyArray<string>
    sent.push({ headers, ids })
    return Effect.succeed({ status: statusOf(ids), headers: {}, read: () => Effect.void })
  })
  const sink = HttpSink.make({ name, url, encode: ({ messageId }) => JSON.stringify(messageId), ...options })
  const fiber = yield* EventSink.deliver(sink.pipe(EventSink.retried()), ids.map(track)).pipe(
    Effect.scoped,
    Effect.provideService(HttpTransport.HttpTransport, transport),
    Effect.forkChild
  )
  yield* TestClock.adjust("20 minutes")
  const outcomes = (yield* Fiber.join(fiber)).map(({ outcome }) => outcome)
  return { sent, requests: sent.map(({ ids }) => ids), outcomes }
})

describe("a sink with records of its own", () => {
  it.effect("posts their JSON array, without the messages that have an outcome instead", () =>
    Effect.gen(function* () {
      const skipped = Receipt.skipped("it has no equivalent of b")
      const encode = ({ messageId }: Message.Message) => (messageId === "b" ? skipped : JSON.stringify(messageId))
      const { outcomes, requests } = yield* sending({ encode }, ["a", "b", "c"])
      assert.deepStrictEqual(requests, [["a", "c"]])
      assert.deepStrictEqual(outcomes, [Receipt.delivered, skipped, Receipt.delivered])
    })
  )

  it.effect("posts them as few pieces, since the system takes long to send many", () =>
    Effect.gen(function* () {
      const pieces: Array<number> = []
      const transport = HttpTransport.make(({ body }) => {
        pieces.push(body.length)
        return Effect.succeed({ status: 200, headers: {}, read: () => Effect.void })
      })
      const sink = HttpSink.make({ name, url, encode: ({ messageId }) => JSON.stringify(messageId) })
      const provided = Effect.provideService(HttpTransport.HttpTransport, transport)
      const tracker = yield* provided(Tracker.make(sink))
      for (let id = 0; id < 100; id++) yield* tracker.send(track(`m${id}`))
      yield* tracker.flush
      yield* provided(
        EventSink.deliver(
          sink,
          Array.from({ length: 100 }, (_, id) => track(`m${id}`))
        )
      )
      assert.lengthOf(pieces, 2)
      for (const count of pieces) assert.isAtMost(count, 5)
    }).pipe(Effect.scoped)
  )

  it.effect("rejects a message whose record code without types forgets", () =>
    Effect.gen(function* () {
      const { outcomes, requests } = yield* sending({ encode: () => undefined as never }, ["a"])
      assert.deepStrictEqual(requests, [])
      assert.deepStrictEqual(outcomes, [Receipt.rejected("warehouse: encode returned undefined")])
    })
  )

  it.effect("splits a batch whose records are longer than a request may be, though its messages are not", () =>
    Effect.gen(function* () {
      const encode = ({ messageId }: Message.Message) => JSON.stringify(messageId.repeat(400))
      const limits = { messages: 100, bytes: 1_000 }
      const { outcomes, requests } = yield* sending({ encode, limits }, ["a", "b", "c", "d"])
      assert.isTrue(requests.every((ids) => ids.length <= 2))
      assert.strictEqual(requests.flat().length, 4)
      for (const outcome of outcomes) assert.deepStrictEqual(outcome, Receipt.delivered)
    })
  )

  it.effect("shows them to observers", () =>
    Effect.gen(function* () {
      const recordsOf = (message: Message.Message) =>
        sinksOf(
          HttpSink.make({
            name,
            url,
            path: "v1",
            encode: ({ messageId }, now) =>
              messageId === "b" ? Receipt.skipped("not b") : JSON.stringify({ messageId, now })
          })
        )[0]!.records(message)
      assert.deepStrictEqual(yield* recordsOf(track("a")), [
        { to: "POST /events/v1", record: { messageId: "a", now: 0 } }
      ])
      assert.deepStrictEqual(yield* recordsOf(track("b")), [])
    })
  )

  it.effect("adds headers to each request", () =>
    Effect.gen(function* () {
      const { sent } = yield* sending(
        { headers: { "x-fixed": "1" }, requestHeaders: (now) => ({ "X-At": String(now) }), limits: { messages: 1 } },
        ["a", "b"]
      )
      assert.deepStrictEqual(
        sent.map(({ headers }) => [headers["x-fixed"], headers["x-at"]]),
        [
          ["1", "0"],
          ["1", "0"]
        ]
      )
    })
  )
})

describe("a sink that opens", () => {
  it.effect("is given the plan, and may give options that replace its own", () =>
    Effect.gen(function* () {
      let given: Plan.Plan | undefined
      const plan = Plan.make()
      const sink = HttpSink.make({
        name,
        url,
        body: () => "[]",
        open: (plan) => {
          given = plan
          return Effect.succeed({ body: () => `["own"]` })
        }
      })
      let sent = ""
      const transport = HttpTransport.make(({ body }) => {
        sent = Buffer.concat(body).toString()
        return Effect.succeed({ status: 200, headers: {}, read: () => Effect.void })
      })
      yield* EventSink.deliver(sink, [track("a")], { plan }).pipe(
        Effect.scoped,
        Effect.provideService(HttpTransport.HttpTransport, transport)
      )
      assert.strictEqual(given, plan)
      assert.strictEqual(sent, `["own"]`)
    })
  )

  it.effect("does not open if it finds a problem", () =>
    Effect.gen(function* () {
      const reason = "warehouse: the key is empty; there is no plan"
      const problems = (plan: Plan.Plan | undefined) => ["the key is empty", undefined, plan ?? "there is no plan"]
      const exit = yield* Effect.exit(sending({ problems } as Partial<HttpSink.Options>, ["a"]))
      assert.deepStrictEqual(exit, Exit.fail(new SendError.Misconfigured({ reason })) as never)
    })
  )
})

describe("the verdicts of a response", () => {
  const refused = Receipt.rejected("refused")
  const later = (retryAfter?: number) => SendError.unavailable("not now", retryAfter)

  it.effect("without which the destination has taken none send the others at once", () =>
    Effect.gen(function* () {
      const interpret: HttpSink.Interpret = (_, { batch }) =>
        batch.length > 1 ? batch.map(({ messageId }) => (messageId === "b" ? refused : undefined)) : undefined
      const { outcomes, requests } = yield* sending({ interpret }, ["a", "b"])
      assert.deepStrictEqual(requests, [["a", "b"], ["a"]])
      assert.deepStrictEqual(outcomes, [Receipt.delivered, refused])
    })
  )

  it.effect("that the destination wants later send those later, and the others never again", () =>
    Effect.gen(function* () {
      let asked = 0
      const interpret: HttpSink.Interpret = (_, { batch }) =>
        ++asked === 1
          ? [Receipt.delivered, later(1_000), undefined, later()]
          : batch.length === 1
            ? [later(5_000)]
            : undefined
      const { outcomes, requests } = yield* sending({ interpret }, ["a", "b", "c", "d"])
      assert.deepStrictEqual(requests, [["a", "b", "c", "d"], ["c"], ["b", "c", "d"]])
      for (const outcome of outcomes) assert.deepStrictEqual(outcome, Receipt.delivered)
    })
  )

  it.effect("keep what is known if the request of the others fails", () =>
    Effect.gen(function* () {
      const interpret: HttpSink.Interpret = (response, { batch, now }) =>
        batch.length > 1
          ? batch.map(({ messageId }) => (messageId === "b" ? refused : undefined))
          : SendError.fromResponse(response, now)
      let calls = 0
      const { outcomes, requests } = yield* sending({ interpret }, ["a", "b"], () => (++calls === 2 ? 503 : 200))
      assert.deepStrictEqual(requests, [["a", "b"], ["a"], ["a"]])
      assert.deepStrictEqual(outcomes, [Receipt.delivered, refused])
    })
  )

  it.effect("that say nothing of any message reject them, since the sink would send them without end", () =>
    Effect.gen(function* () {
      const { outcomes, requests } = yield* sending({ interpret: (_, { batch }) => batch.map(() => undefined) }, ["a"])
      assert.lengthOf(requests, 1)
      assert.deepStrictEqual(outcomes, [Receipt.rejected("warehouse: interpret returned no outcome")])
    })
  )

  it.effect("can come with warnings, each logged once", () =>
    Effect.gen(function* () {
      const logged: Array<unknown> = []
      const logger = Logger.layer([Logger.make(({ message }) => void logged.push(message))])
      const interpret: HttpSink.Interpret = (_, { batch, warn }) => {
        batch.map(() => warn("it accepts this field no longer"))
        return undefined
      }
      const { outcomes } = yield* Effect.provide(sending({ interpret }, ["a", "b"]), logger)
      assert.deepStrictEqual(outcomes, [Receipt.delivered, Receipt.delivered])
      assert.deepStrictEqual(logged.flat(), ["warehouse: it accepts this field no longer"])
    })
  )
})

describe("a sink from the environment", () => {
  const warehouse = HttpSink.config(
    async () => ({ settings: Config.all({ url: Config.String("WAREHOUSE_URL") }) }),
    (settings) => HttpSink.make({ name, ...settings })
  )
  const from = (env: Record<string, string>) =>
    Effect.provideService(warehouse, ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))

  it.effect("is made of its settings, and names one that is missing", () =>
    Effect.gen(function* () {
      assert.isTrue(EventSink.isEventSink(yield* from({ WAREHOUSE_URL: url })))
      assert.include(String(yield* Effect.flip(from({}))), "WAREHOUSE_URL")
    })
  )
})
