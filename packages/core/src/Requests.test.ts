import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { EventSink, type HttpSink, HttpTransport, type Message, Receipt, Requests, SendError } from "./index.ts"

const tags = (outcomes: ReadonlyArray<Receipt.Outcome | undefined> | undefined) =>
  outcomes?.map((outcome) => outcome?._tag)

const unavailable = SendError.unavailable("status 500")
const misconfigured = new SendError.Misconfigured({ reason: "status 403" })

describe("a request", () => {
  const transport = Layer.succeed(HttpTransport.HttpTransport, { post: () => Effect.never })
  const post = (
    answer: Effect.Effect<HttpTransport.Response, HttpTransport.Failure>,
    unsure?: (error: SendError.Unavailable) => string
  ) => {
    const to: HttpSink.Endpoint = { url: "https://vendor.example/", post: () => answer }
    const interpret = (response: HttpTransport.Response, now: number) =>
      SendError.fromResponse(response, now) ??
      (response.text === "ok" ? response.text : SendError.foreignBody(response, "Vendor"))
    return Effect.provide(Requests.post(to, "", { span: "Vendor.send", interpret, unsure }), transport)
  }
  const answered = (status: number, text = "") => Effect.succeed({ status, text, headers: {} })
  const failed = (during: "connect" | "send" | "response") =>
    Effect.fail(new HttpTransport.ConnectionFailed({ during }))
  const late: Effect.Effect<never, HttpTransport.Failure> = Effect.fail(
    new HttpTransport.TimedOut({ milliseconds: 10 })
  )

  it.effect("has the result of its response", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* post(answered(200, "ok")), "ok")
      assert.strictEqual((yield* Effect.flip(post(answered(413))))._tag, "TooLarge")
      assert.strictEqual((yield* Effect.flip(post(failed("connect"))))._tag, "Unavailable")
      assert.strictEqual((yield* Effect.flip(post(answered(500))))._tag, "Unavailable")
    })
  )

  const cases: ReadonlyArray<readonly [string, Effect.Effect<HttpTransport.Response, HttpTransport.Failure>, boolean]> =
    [
      ["no connection", failed("connect"), false],
      ["a redirect", answered(302), false],
      ["429", answered(429), false],
      ["503", answered(503), false],
      ["a success from something else", answered(200, "<html>"), false],
      ["500", answered(500), true],
      ["a timeout", late, true],
      ["a connection that breaks", failed("send"), true],
      ["a response that breaks", failed("response"), true]
    ]
  for (const [what, answer, isUnsure] of cases) {
    it.effect(`after ${what}, ${isUnsure ? "can" : "cannot"} have arrived`, () =>
      Effect.gen(function* () {
        const result = yield* Effect.result(post(answer, ({ reason }) => `unsure: ${reason}`))
        assert.strictEqual(result._tag, isUnsure ? "Success" : "Failure")
      })
    )
  }

  it.effect("that the destination refuses has not been acted on", () =>
    Effect.gen(function* () {
      for (const [status, tag] of [
        [400, "Refused"],
        [401, "Misconfigured"],
        [413, "TooLarge"]
      ] as const) {
        const error = yield* Effect.flip(post(answered(status), () => "unsure"))
        assert.strictEqual(error._tag, tag)
      }
    })
  )
})

describe("the requests of a batch", () => {
  const succeeding = (...places: ReadonlyArray<number>): Requests.Request => ({
    places,
    send: Effect.succeed(places.map(() => Receipt.delivered))
  })
  const failing = (error: SendError.SendError, ...places: ReadonlyArray<number>): Requests.Request => ({
    places,
    send: Effect.fail(error)
  })
  const errorOf = (requests: ReadonlyArray<Requests.Request>, options?: Requests.SendOptions) =>
    Effect.map(Effect.flip(Requests.send(requests, options)), (error) => ({
      tag: error._tag,
      outcomes: tags("outcomes" in error ? error.outcomes : undefined)
    }))

  it.effect("have the outcomes of all messages in the order of the batch", () =>
    Effect.gen(function* () {
      const known = [undefined, Receipt.skipped("no"), undefined]
      const all: Requests.Request = { places: [0], send: Effect.succeed(Receipt.delivered) }
      const outcomes = yield* Requests.send([succeeding(2), all], { known, concurrency: 2 })
      assert.deepStrictEqual(tags(outcomes), ["Delivered", "Skipped", "Delivered"])
      assert.deepStrictEqual(tags(yield* Requests.send([], { known: [Receipt.delivered] })), ["Delivered"])
      assert.deepStrictEqual(yield* Requests.send<never>([]), [])
    })
  )

  it.effect("keep what is known if one fails, and leave what has not begun for the retry", () =>
    Effect.gen(function* () {
      const begun: Array<number> = []
      const next: Requests.Request = {
        places: [3],
        send: Effect.sync(() => {
          begun.push(3)
          return [Receipt.delivered]
        })
      }
      const partly = SendError.withOutcomes(unavailable, [Receipt.expired("it may have arrived"), undefined])
      assert.deepStrictEqual(yield* errorOf([succeeding(0), failing(partly, 1, 2), next]), {
        tag: "Unavailable",
        outcomes: ["Delivered", "Expired", undefined, undefined]
      })
      assert.deepStrictEqual(begun, [])
    })
  )

  it.effect("go on after an error of one request, whose messages are split or halved", () =>
    Effect.gen(function* () {
      const tooLarge = failing(new SendError.TooLarge({ reason: "status 413" }), 0)
      assert.deepStrictEqual(yield* errorOf([tooLarge, succeeding(1)]), {
        tag: "TooLarge",
        outcomes: [undefined, "Delivered"]
      })
      assert.strictEqual((yield* errorOf([tooLarge, failing(unavailable, 1)])).tag, "Unavailable")
    })
  )

  it.effect("have no error if all outcomes are known nevertheless", () =>
    Effect.gen(function* () {
      const expired = failing(SendError.withOutcomes(unavailable, [Receipt.expired("no")]), 0)
      assert.deepStrictEqual(tags(yield* Requests.send([expired])), ["Expired"])
    })
  )

  it.effect("reject what one address refuses, and fail if all do", () =>
    Effect.gen(function* () {
      const refused = failing(misconfigured, 1)
      assert.deepStrictEqual(tags(yield* Requests.send([succeeding(0), refused])), ["Delivered", "Rejected"])
      assert.deepStrictEqual(tags(yield* Requests.send([refused], { known: [Receipt.rejected("no")] })), [
        "Rejected",
        "Rejected"
      ])
      assert.deepStrictEqual(yield* errorOf([failing(misconfigured, 0), refused]), {
        tag: "Misconfigured",
        outcomes: undefined
      })
      assert.deepStrictEqual(yield* errorOf([refused, failing(unavailable, 0)]), {
        tag: "Unavailable",
        outcomes: [undefined, "Rejected"]
      })
    })
  )
})

describe("a sender", () => {
  const message = (userId: string): Message.Message => ({
    type: "identify",
    traits: {},
    userId,
    messageId: `m-${userId}`,
    timestamp: "2026-01-01T00:00:00.000Z"
  })
  const sent: Array<ReadonlyArray<Requests.Encoded<string>>> = []
  const sink = EventSink.make({
    name: "warehouse",
    send: Requests.sender({
      encode: ({ userId = "" }, now) => (userId === "" ? Receipt.rejected("no userId") : `${userId} at ${now}`),
      requests: (records) => {
        sent.push(records)
        return records.map(({ place }) => ({ places: [place], send: Effect.succeed(Receipt.delivered) }))
      }
    })
  })

  it.effect("sends the records of the messages that have one, by the time of the attempt", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(7)
      const receipts = yield* EventSink.deliver(sink, ["a", "", "b"].map(message))
      assert.deepStrictEqual(tags(receipts.map(({ outcome }) => outcome)), ["Delivered", "Rejected", "Delivered"])
      assert.deepStrictEqual(sent.splice(0), [
        [
          { place: 0, record: "a at 7" },
          { place: 2, record: "b at 7" }
        ]
      ])
    })
  )

  it.effect("sends no request for messages that all have outcomes", () =>
    Effect.gen(function* () {
      const [receipt] = yield* EventSink.deliver(sink, [message("")])
      assert.deepStrictEqual(receipt?.outcome, Receipt.rejected("no userId"))
      assert.deepStrictEqual(sent, [])
    })
  )
})
