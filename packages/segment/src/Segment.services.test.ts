import { assert, describe, it } from "@effect/vitest"
import { EventSink, HttpTransport, type Message } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type Fault, VendorServer } from "../../testing/src/index.ts"
import { Segment } from "./index.ts"

const track = (messageId: string, more?: Partial<Message.Track>): Message.Track => ({
  type: "track",
  event: "orderPlaced",
  properties: {},
  userId: "user-1",
  messageId,
  timestamp: "2026-01-01T00:00:00.000Z",
  ...more
})
const long = (messageId: string) => track(messageId, { properties: { note: "x".repeat(30_000) } })

interface Service {
  /** The answer to a request whose key is unknown, or whose source is disabled. */
  readonly user: string
  readonly password: string
  readonly bytes: number
  /** The header that makes it answer with errors. */
  readonly strict?: string
  /** The answer that refuses a batch, or what becomes of its messages. */
  readonly answer: (messages: ReadonlyArray<Fault.Message>) => VendorServer.Answer
}

/** A service that speaks Segment's API, with the limits and the answers of one. */
const serving = Effect.fnUntraced(function* ({ answer, bytes, password, strict, user }: Service) {
  return yield* VendorServer.make({
    limits: { bytes },
    read: (request) => {
      const { body, headers, path } = request
      const [name, secret] = VendorServer.basic(request) ?? []
      if (path !== "/v1/batch") return VendorServer.json(404, {})
      if (strict !== undefined && headers[strict] !== "1") return VendorServer.json(200, { success: true })
      if (name === "disabled") return VendorServer.json(404, { message: "source is disabled" })
      if (name !== user || secret !== password) return VendorServer.json(401, { message: "unknown key" })
      const messages = (body as { readonly batch: ReadonlyArray<Fault.Message> }).batch
      return { messages, commit: () => answer(messages) }
    }
  })
})

const delivered = Effect.fnUntraced(function* (
  sink: ReturnType<typeof Segment.sink>,
  messages: ReadonlyArray<Message.Message>
) {
  const receipts = yield* EventSink.deliver(sink, messages)
  return receipts.map(({ outcome }) => ("reason" in outcome ? outcome.reason : outcome._tag))
}, Effect.provide(HttpTransport.layerFetch))

const fine = () => VendorServer.json(200, {})
const key = (text: string) => Redacted.make(text)

describe("RudderStack's sink", () => {
  const rudderstack: Service = {
    user: "key",
    password: "",
    bytes: 4_000_000,
    answer: () => ({ status: 200, headers: { "content-type": "text/plain" }, body: "OK" })
  }

  it.live("sends requests of up to 4 MB, and keeps a message without an id from spoiling its batch", () =>
    Effect.gen(function* () {
      const server = yield* serving(rudderstack)
      const sink = Segment.rudderstack({ writeKey: key("key"), endpoint: server.url })
      const messages = Array.from({ length: 150 }, (_, index) => long(`m${index}`))
      const outcomes = yield* delivered(sink, [...messages, track("m150", { userId: "" })])
      assert.deepStrictEqual(new Set(outcomes.slice(0, 150)), new Set(["Delivered"]))
      assert.include(outcomes[150], "neither a userId nor an anonymousId")
      const sizes = (yield* server.requests).map(({ size }) => size)
      assert.lengthOf(sizes, 2)
      assert.isAbove(Math.max(...sizes), 3_900_000)
      assert.deepStrictEqual(sink.names, ["rudderstack"])
    })
  )

  it.live("rejects its messages where the key is unknown, or the source is disabled", () =>
    Effect.gen(function* () {
      const server = yield* serving(rudderstack)
      for (const [writeKey, status] of [
        ["other", 401],
        ["disabled", 404]
      ] as const) {
        const sink = Segment.rudderstack({ writeKey: key(writeKey), endpoint: server.url })
        const [reason] = yield* delivered(sink, [track("m0")])
        assert.include(reason, `status ${status}`)
      }
      assert.lengthOf(yield* server.requests, 2)
    })
  )
})

describe("Jitsu's sink", () => {
  it.live("sends its id and secret, and nothing again of a batch of which Jitsu refuses some", () =>
    Effect.gen(function* () {
      const taken: Array<unknown> = []
      const server = yield* serving({
        user: "id",
        password: "secret:1",
        bytes: 500_000,
        answer: (messages) => {
          const ids = messages.map(({ messageId }) => messageId)
          taken.push(...ids.filter((id) => id !== "m1"))
          const okEvents = ids.length - (ids.includes("m1") ? 1 : 0)
          return VendorServer.json(200, { ok: false, okEvents, errors: ["Message ID: m1: event error: no"] })
        }
      })
      const sink = Segment.jitsu({ writeKey: key("id:secret:1"), endpoint: server.url })
      const names = ["x".repeat(65), "a--b", "a;b", "a=b", "a/*b"].map((event, index) => track(`n${index}`, { event }))
      const page: Message.Page = { ...track("m3"), type: "page" }
      const outcomes = yield* delivered(sink, [track("m0"), track("m1"), track("m2"), page, ...names])
      assert.deepStrictEqual(outcomes.slice(0, 4), ["Delivered", "Jitsu refused it", "Delivered", "Delivered"])
      assert.include(outcomes[4], "longer than the 64 characters")
      for (const reason of outcomes.slice(5)) assert.include(reason, "which Jitsu does not accept")
      assert.deepStrictEqual(taken, ["m0", "m2", "m3"])
      assert.lengthOf(yield* server.requests, 1)
    })
  )

  for (const wrong of ["secret", ":secret", "id:"]) {
    it.live(`does not open with the key ${wrong}`, () =>
      Effect.gen(function* () {
        const sink = Segment.jitsu({ writeKey: key(wrong), endpoint: "https://jitsu.example.com" })
        const { reason } = yield* Effect.flip(delivered(sink, [track("m0")]))
        assert.include(reason, "an id and a secret with a colon")
      })
    )
  }
})

describe("Customer.io's sink", () => {
  const customerio: Service = { user: "key", password: "", bytes: 500_000, strict: "x-strict-mode", answer: fine }

  it.live("sends requests of up to 500 KB in strict mode, in which an unknown key is an error", () =>
    Effect.gen(function* () {
      const server = yield* serving(customerio)
      const sink = Segment.customerio({ apiKey: key("key"), endpoint: server.url, name: "cio" })
      const messages = Array.from({ length: 20 }, (_, index) => long(`m${index}`))
      assert.deepStrictEqual(new Set(yield* delivered(sink, messages)), new Set(["Delivered"]))
      assert.lengthOf(yield* server.requests, 2)
      const [reason] = yield* delivered(Segment.customerio({ apiKey: key("other"), endpoint: server.url }), [
        track("m0")
      ])
      assert.include(reason, "status 401")
    })
  )

  it.live("goes to the region that it is given", () =>
    Effect.gen(function* () {
      const urls: Array<string> = []
      const transport = HttpTransport.make(({ url }) => {
        urls.push(url)
        return Effect.succeed({
          status: 200,
          headers: {},
          read: (take) => Effect.sync(() => void take(Buffer.from("OK")))
        })
      })
      for (const endpoint of [undefined, "eu", "https://proxy.example.com"]) {
        const sink = Segment.customerio({ apiKey: key("key"), endpoint })
        yield* Effect.provideService(EventSink.deliver(sink, [track("m0")]), HttpTransport.HttpTransport, transport)
      }
      assert.deepStrictEqual(
        urls,
        ["https://cdp.customer.io", "https://cdp-eu.customer.io", "https://proxy.example.com"].map(
          (origin) => `${origin}/v1/batch`
        )
      )
    })
  )
})

it("refuse options that are misspelt", () => {
  const given = { writeKey: key("key"), endpoint: "https://example.com", region: "eu" }
  for (const make of [Segment.rudderstack, Segment.jitsu, Segment.customerio]) {
    assert.throws(() => make(given as never), "it has no option")
  }
})
