import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { EventSink, Message, Receipt, SendError, HttpTransport } from "@trackmap/core"
import * as Clock from "effect/Clock"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import { Fault, SegmentServer, VendorServer } from "../../testing/src/index.ts"
import * as SinkConformance from "../../testing/src/SinkConformance.ts"
import { Segment } from "./index.ts"
import { interpret } from "./internal/response.ts"
import { version } from "./internal/version.ts"

const timestamp = "2026-01-01T00:00:00.000Z"
const track = (messageId: string, more?: Partial<Message.Track>): Message.Track => ({
  type: "track",
  event: "orderPlaced",
  properties: { Order_id: 357 },
  userId: "user-1",
  messageId,
  timestamp,
  ...more
})
const tracks = (count: number) => Array.from({ length: count }, (_, index) => track(`m${index}`))
const idsOf = (messages: ReadonlyArray<{ readonly messageId: string }>) => messages.map(({ messageId }) => messageId)
const outcomesOf = (receipts: ReadonlyArray<Receipt.Receipt>) => receipts.map(({ outcome }) => outcome._tag)
const reasonsOf = (receipts: ReadonlyArray<Receipt.Receipt>) =>
  receipts.map(({ outcome }) => ("reason" in outcome ? outcome.reason : ""))

const key = "a-secret-write-key"
const options = (endpoint: string, more?: Partial<Segment.Options>): Segment.Options => ({
  writeKey: Redacted.make(key),
  endpoint,
  ...more
})
const fetched = Effect.provide(HttpTransport.layerFetch)

/** A server, and what became of messages that were sent to it while it misbehaved. */
const against = Effect.fnUntraced(function* (
  plan: Fault.Plan<Fault.Common>,
  messages: ReadonlyArray<Message.Message>,
  more?: Partial<Segment.Options>
) {
  const server = yield* SegmentServer.make({ writeKey: key })
  yield* server.misbehave(plan)
  const receipts = yield* EventSink.deliver(Segment.sink(options(server.url, more)), messages)
  return {
    server,
    receipts,
    received: idsOf(yield* server.received),
    duplicates: idsOf(yield* server.duplicates),
    requests: yield* server.requests
  }
}, fetched)

SinkConformance.suite("Segment's sink", {
  runner: { describe, it },
  layer: HttpTransport.layerFetch,
  many: 3_000,
  make: Effect.map(SegmentServer.make({ writeKey: key }), (server) => ({
    // Its options are valid, so opening it does not fail.
    sink: Segment.sink(options(server.url)) as unknown as EventSink.EventSink<never, HttpTransport.HttpTransport>,
    received: Effect.map(server.received, idsOf),
    records: Effect.map(server.requests, (requests) =>
      requests.flatMap(({ body }) => (body as { readonly batch: ReadonlyArray<unknown> }).batch)
    )
  }))
})

describe("Segment's sink", () => {
  it.live("delivers the six calls, in order, with their ids", () =>
    Effect.gen(function* () {
      const common = { userId: "user-1", timestamp }
      const calls: ReadonlyArray<Message.Message> = [
        track("m1"),
        { type: "identify", traits: { plan: "pro" }, messageId: "m2", ...common },
        { type: "group", groupId: "group-1", traits: { seats: 3 }, messageId: "m3", ...common },
        { type: "alias", previousId: "user-0", messageId: "m4", ...common },
        { type: "page", name: "Home", properties: {}, messageId: "m5", ...common },
        { type: "screen", name: "Home", properties: {}, messageId: "m6", timestamp, anonymousId: "anonymous-1" }
      ]
      const before = Date.now()
      const { receipts, requests, server } = yield* against([], calls)
      const library = { library: { name: "@trackmap/segment", version } }
      assert.deepStrictEqual(
        yield* server.received,
        calls.map((call) => ({ ...call, context: library }))
      )
      assert.deepStrictEqual(yield* server.rejected, [])
      assert.deepStrictEqual(
        receipts.map(({ attempts, messageId, outcome, sink }) => ({ attempts, messageId, outcome, sink })),
        idsOf(calls).map((messageId) => ({ attempts: 1, messageId, outcome: Receipt.delivered, sink: "segment" }))
      )
      assert.lengthOf(requests, 1)
      const { body, headers, path } = requests[0]!
      const { sentAt, ...rest } = body as Record<string, any>
      assert.strictEqual(path, "/v1/batch")
      assert.strictEqual(headers["authorization"], `Basic ${Buffer.from(`${key}:`).toString("base64")}`)
      assert.deepStrictEqual(rest, { batch: calls, context: library })
      assert.isAtLeast(Date.parse(sentAt), before)
      assert.isUndefined(headers["traceparent"])
    })
  )

  it.live("keeps within 2,500 messages and 500,000 bytes a request, and 32,000 bytes a message", () =>
    Effect.gen(function* () {
      const many = yield* against([], tracks(2_501))
      assert.deepStrictEqual(
        many.requests.map(({ body }) => (body as any).batch.length),
        [2_500, 1]
      )

      const bytes = Message.byteLength(track("m00", { properties: { text: "" } }))
      const text = "x".repeat(32_000 - bytes)
      const large = Array.from({ length: 40 }, (_, index) => track(`m${10 + index}`, { properties: { text } }))
      const long = track("m99", { properties: { text: `${text}x` } })
      const { receipts, received, requests } = yield* against([], [...large, long])
      assert.deepStrictEqual(received, idsOf(large))
      assert.deepStrictEqual(
        requests.map(({ status }) => status),
        requests.map(() => 200)
      )
      for (const { bytes } of requests) assert.isAtMost(bytes, 500_000)
      assert.deepStrictEqual(receipts.at(-1)?.outcome, Receipt.rejected(reasonsOf(receipts).at(-1)!))
      assert.include(reasonsOf(receipts).at(-1), "32001 bytes")
    })
  )

  it.live("rejects what Segment would drop behind its 200, and sends the rest", () =>
    Effect.gen(function* () {
      const { userId: _, ...nobody } = track("m1")
      const common = { userId: "user-1", timestamp }
      const dropped: ReadonlyArray<readonly [Message.Message, string]> = [
        [nobody, "neither a userId nor an anonymousId"],
        [track("m2", { userId: "" }), "neither a userId nor an anonymousId"],
        [track("m".repeat(100)), "100 characters"],
        [track(""), "messageId is empty"],
        [track("m3", { event: "" }), "no event"],
        [{ type: "group", groupId: "", traits: {}, messageId: "m4", ...common }, "no groupId"],
        [{ type: "alias", previousId: "", messageId: "m5", ...common }, "no previousId"],
        [{ type: "alias", previousId: "a", messageId: "m6", timestamp, anonymousId: "a" }, "no userId"]
      ]
      const good = track("m".repeat(99))
      const { receipts, received, server } = yield* against([], [...dropped.map(([message]) => message), good])
      assert.deepStrictEqual(received, [good.messageId])
      assert.deepStrictEqual(yield* server.rejected, [])
      dropped.forEach(([, reason], index) => assert.include(reasonsOf(receipts)[index], reason))
      assert.deepStrictEqual(outcomesOf(receipts), [...dropped.map(() => "Rejected"), "Delivered"])

      const none = yield* against([], [nobody])
      assert.deepStrictEqual([outcomesOf(none.receipts), none.requests], [["Rejected"], []])
    })
  )

  it.live("gzips where it is asked to", () =>
    Effect.gen(function* () {
      const { received, requests } = yield* against([], tracks(100), { gzip: true })
      assert.deepStrictEqual(received, idsOf(tracks(100)))
      assert.strictEqual(requests[0]!.headers["content-encoding"], "gzip")
      assert.isBelow(requests[0]!.bytes, requests[0]!.text.length / 4)
      assert.isUndefined((yield* against([], tracks(100))).requests[0]!.headers["content-encoding"])
    })
  )

  it.effect("does not open with settings that cannot be right, and does not repeat them", () =>
    Effect.gen(function* () {
      const wrong: ReadonlyArray<readonly [Partial<Segment.Options>, string]> = [
        [{ writeKey: key as never }, "not Redacted"],
        [{ writeKey: undefined as never }, "not Redacted"],
        [{ writeKey: Redacted.make("") }, "is empty"],
        [{ writeKey: Redacted.make(undefined as never) }, "is empty"],
        [{ writeKey: Redacted.make(`${key}:`) }, "contains a colon"],
        [{ endpoint: key }, "not an http"],
        [{ endpoint: `ftp://${key}` }, "not an http"],
        [{ endpoint: `https://${key}@example.com` }, "contains a user"],
        [{ endpoint: `https://example.com?key=${key}` }, "a query"],
        [{ endpoint: `https://example.com#${key}` }, "a hash"]
      ]
      for (const [more, reason] of wrong) {
        const error = yield* Effect.flip(EventSink.deliver(Segment.sink(options("https://example.com", more)), []))
        assert.instanceOf(error, SendError.Misconfigured)
        assert.include(error.reason, reason)
        assert.notInclude(String(error) + JSON.stringify(error), key)
      }
    }).pipe(fetched)
  )

  it.effect("posts to Segment's own addresses, or under another one's path", () =>
    Effect.gen(function* () {
      const urls: Array<string> = []
      const client = HttpClient.make((request, url) =>
        Effect.sync(() => {
          urls.push(url.href)
          return HttpClientResponse.fromWeb(request, new Response("OK"))
        })
      )
      const writeKey = Redacted.make(key)
      for (const sink of [
        Segment.sink({ writeKey }),
        Segment.sink({ writeKey, endpoint: Segment.endpoints.eu1, name: "eu" }),
        Segment.sink({ writeKey, endpoint: "https://example.com/rudder/" })
      ]) {
        assert.deepStrictEqual(
          outcomesOf(
            yield* Effect.provide(
              EventSink.deliver(sink, [track("m1")]),
              Layer.provide(HttpTransport.layerHttpClient, Layer.succeed(HttpClient.HttpClient, client))
            )
          ),
          ["Delivered"]
        )
      }
      assert.deepStrictEqual(urls, [
        "https://api.segment.io/v1/batch",
        "https://events.eu1.segmentapis.com/v1/batch",
        "https://example.com/rudder/v1/batch"
      ])
    })
  )
})

describe("a response", () => {
  const now = Date.parse("2026-01-01T00:00:00Z")
  const meaningOf = (status: number, init?: { headers?: Record<string, string>; body?: string }) => {
    const meaning = interpret(
      { status, headers: init?.headers ?? {}, text: init?.body ?? "OK" },
      { batch: [] as never, now, warn: () => {} }
    )
    return meaning as SendError.SendError | undefined
  }
  const tagOf = (status: number) => meaningOf(status)?._tag

  it("has a meaning by its status, from 200 to 599", () => {
    for (let status = 200; status < 600; status++) {
      const unavailable =
        status < 400 || [408, 410, 429, 460].includes(status) || (status >= 500 && ![501, 505, 511].includes(status))
      const expected =
        status < 300
          ? undefined
          : status === 400
            ? "Refused"
            : status === 413
              ? "TooLarge"
              : unavailable
                ? "Unavailable"
                : "Misconfigured"
      assert.strictEqual(tagOf(status), expected, `status ${status}`)
      if (expected !== undefined) {
        assert.include(meaningOf(status)!.reason, `status ${status}`)
      }
    }
    assert.strictEqual(tagOf(0), "Unavailable")
  })

  it("says when to come back, in milliseconds", () => {
    const asked: ReadonlyArray<readonly [Record<string, string>, number | undefined]> = [
      [{}, undefined],
      [{ "retry-after": "7" }, 7_000],
      [{ "retry-after": "7", "x-ratelimit-reset": "9" }, 7_000],
      [{ "x-ratelimit-reset": "9" }, 9_000],
      [{ "retry-after": "soon", "x-ratelimit-reset": "9" }, 9_000],
      [{ "retry-after": "soon" }, undefined],
      [{ "retry-after": "-1" }, undefined],
      [{ "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" }, 30_000],
      [{ "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" }, 0]
    ]
    for (const [headers, expected] of asked) {
      for (const status of [429, 503]) {
        const failure = meaningOf(status, { headers }) as SendError.Unavailable
        assert.strictEqual(failure.retryAfter, expected, JSON.stringify(headers))
      }
    }
  })

  it("of 2xx is a yes, a no, or not understood, by its body", () => {
    const bodies: ReadonlyArray<readonly [string, string, number?]> = [
      [`{"success":true}`, "Delivered"],
      [`{"ok":true,"errors":[],"error":null}`, "Delivered"],
      ["OK", "Delivered"],
      ["", "Delivered", 204],
      [`{"success":false}`, "Refused"],
      [`{"ok":false}`, "Refused"],
      [`{"status":"error"}`, "Refused"],
      [`{"error":{"code":"x"}}`, "Refused"],
      [`{"errors":["x"]}`, "Refused"],
      ["", "Unavailable"],
      [`{"`, "Unavailable"],
      ["null", "Unavailable"],
      ["<html>", "Unavailable"]
    ]
    for (const [body, expected, status] of bodies) {
      const tag = meaningOf(status ?? 200, { body })?._tag ?? "Delivered"
      assert.strictEqual(tag, expected, `${body}`)
    }
  })
})

describe("Jitsu's 200 with ok: false", () => {
  /** Jitsu: it takes each message by itself, and names those that it refuses, as it writes their ids. */
  const jitsu = Effect.fnUntraced(function* (refuse: (message: Fault.Message) => string | undefined) {
    const taken: Array<string> = []
    const server = yield* VendorServer.make({
      read: ({ body }) => {
        const messages = (body as { readonly batch: ReadonlyArray<Fault.Message> }).batch
        return {
          messages,
          commit: () => {
            const errors: Array<string> = []
            for (const message of messages) {
              const messageId = String(message["messageId"])
              const why = refuse(message)
              if (why === undefined) taken.push(messageId)
              else errors.push(`Message ID: ${messageId.replaceAll(/[^a-zA-Z0-9._-]/g, "_").slice(0, 64)}: ${why}`)
            }
            const okEvents = messages.length - errors.length
            return VendorServer.json(200, {
              ok: errors.length === 0,
              receivedEvents: messages.length,
              okEvents,
              ...(errors.length > 0 && { errors })
            })
          }
        }
      }
    })
    return { server, taken }
  })
  const deliver = (url: string, messages: ReadonlyArray<Message.Message>) =>
    EventSink.deliver(Segment.sink(options(url, { name: "jitsu" })), messages)

  it.live("rejects the messages that are named, and delivers the others, in one request", () =>
    Effect.gen(function* () {
      const odd = "an id: with spaces, and longer than what Jitsu keeps of an id in its answer"
      const reasons: Record<string, string> = {
        m1: "event error: toad@mushroom.example is no plan",
        [odd]: "no destinations found for stream",
        m4: "billing quota exceeded, event throttled"
      }
      const { server, taken } = yield* jitsu(({ messageId }) => reasons[String(messageId)])
      const receipts = yield* deliver(
        server.url,
        ["m0", "m1", "m2", odd, "m4"].map((id) => track(id))
      )
      assert.deepStrictEqual(
        receipts.map(({ outcome }) => outcome),
        [
          Receipt.delivered,
          Receipt.rejected("Jitsu refused it"),
          Receipt.delivered,
          Receipt.rejected("Jitsu refused it: no destinations found for stream"),
          Receipt.rejected("Jitsu refused it: quota exceeded")
        ]
      )
      assert.deepStrictEqual(taken, ["m0", "m2"])
      assert.lengthOf(yield* server.requests, 1)
    }).pipe(fetched)
  )

  it.live("sends nothing again where it refuses all", () =>
    Effect.gen(function* () {
      const { server, taken } = yield* jitsu(() => "no destinations found for stream")
      assert.deepStrictEqual(outcomesOf(yield* deliver(server.url, tracks(3))), ["Rejected", "Rejected", "Rejected"])
      assert.deepStrictEqual([taken, (yield* server.requests).length], [[], 1])
    }).pipe(fetched)
  )

  const answered = (answer: object) => {
    const { messages: _, ...batch } = { messages: [], length: 2, map: (f: any) => tracks(2).map(f) }
    const response = { status: 200, headers: {}, text: JSON.stringify(answer) }
    return interpret(response, { batch: batch as never, now: 0, warn: () => {} })
  }

  it("rejects a message that Jitsu may have taken without saying so, since nothing that it has taken is sent again", () => {
    const maybe = "Jitsu refused messages that it did not name, and may have taken this one, so it is not sent again"
    const answers: ReadonlyArray<readonly [answer: object, reasons: ReadonlyArray<string>]> = [
      [{ okEvents: 1, errors: ["Message ID: m7: no"] }, [maybe, maybe]],
      [{ okEvents: 1, errors: ["m1"] }, [maybe, maybe]],
      [{ okEvents: 1, errors: [{ messageId: "m1" }] }, [maybe, maybe]],
      [{ okEvents: 0, errors: ["Message ID: m1: no"] }, [maybe, "Jitsu refused it"]],
      [{ okEvents: 0, errors: ["Message ID: m1: no", "m0"] }, [maybe, "Jitsu refused it"]]
    ]
    for (const [answer, reasons] of answers) {
      assert.deepStrictEqual(answered({ ok: false, ...answer }), reasons.map(Receipt.rejected), JSON.stringify(answer))
    }
  })

  it("is a refusal of the batch where Jitsu has taken nothing, or is not Jitsu", () => {
    for (const answer of [{ okEvents: 0, errors: ["no"] }, { errors: ["Message ID: m1: no"] }, { okEvents: 1 }]) {
      const meaning = answered({ ok: false, ...answer })
      assert.strictEqual((meaning as SendError.SendError)._tag, "Refused", JSON.stringify(answer))
    }
  })
})

describe("against a server that misbehaves, the sink", () => {
  const ids = ["m0", "m1", "m2"]

  const passing: Record<string, readonly [fault: Fault.Common, duplicates: ReadonlyArray<string>]> = {
    "a connection reset before the body": [Fault.reset("before"), []],
    "a connection reset within the body": [Fault.reset("during"), []],
    "a connection reset after the body": [Fault.reset("after"), ids],
    "no answer in time": [Fault.hang, []],
    "an answer too slow": [Fault.delay("3 seconds"), []],
    "a body too slow": [Fault.slow, ids],
    "a body that is no JSON": [Fault.malformed, ids],
    "a body that is cut": [Fault.cut, ids]
  }
  for (const status of [408, 410, 429, 460, 500, 502, 503, 504, 599]) {
    passing[`status ${status}`] = [Fault.status(status), []]
  }
  for (const [name, [fault, duplicates]] of Object.entries(passing)) {
    it.live(`sends the same ids again after ${name}`, () =>
      Effect.gen(function* () {
        const sent = yield* against([[fault, 1]], tracks(3), { timeout: "300 millis" })
        assert.deepStrictEqual(sent.received, ids)
        assert.deepStrictEqual(sent.duplicates, duplicates)
        assert.deepStrictEqual(outcomesOf(sent.receipts), ["Delivered", "Delivered", "Delivered"])
        assert.deepStrictEqual(
          sent.receipts.map(({ attempts }) => attempts),
          [2, 2, 2]
        )
        assert.lengthOf(sent.requests, 2)
      })
    )
  }

  for (const status of [401, 403, 404, 405, 418, 501, 505, 511]) {
    it.live(`stops at status ${status}`, () =>
      Effect.gen(function* () {
        const { receipts, requests } = yield* against([[Fault.status(status), 9]], tracks(3))
        assert.deepStrictEqual(outcomesOf(receipts), ["Rejected", "Rejected", "Rejected"])
        for (const reason of reasonsOf(receipts)) assert.include(reason, `status ${status}`)
        assert.lengthOf(requests, 1)
      })
    )
  }

  for (const status of [301, 302, 303, 307, 308]) {
    it.live(`does not follow a redirect of status ${status}, and sends the same ids again`, () =>
      Effect.gen(function* () {
        const elsewhere = yield* SegmentServer.make({ writeKey: key })
        const fault = Fault.redirect(`${elsewhere.url}/v1/batch`, status)
        const { receipts, received } = yield* against([[fault, 1]], tracks(3))
        assert.deepStrictEqual(outcomesOf(receipts), ["Delivered", "Delivered", "Delivered"])
        assert.deepStrictEqual(received, ids)
        assert.deepStrictEqual(yield* elsewhere.requests, [])
      })
    )
  }

  it.live("is not led on by a client that follows redirects", () =>
    Effect.gen(function* () {
      const server = yield* SegmentServer.make({ writeKey: key })
      yield* server.misbehave([[Fault.redirect(`${server.url}/v1/track`, 307), 1]])
      const following = Layer.effect(
        HttpClient.HttpClient,
        Effect.map(HttpClient.HttpClient, (client) => HttpClient.followRedirects(client))
      ).pipe(Layer.provide(FetchHttpClient.layer))
      const receipts = yield* Effect.provide(
        EventSink.deliver(Segment.sink(options(server.url)), [track("m1")]),
        Layer.provide(HttpTransport.layerHttpClient, following)
      )
      assert.deepStrictEqual(outcomesOf(receipts), ["Rejected"])
      assert.include(reasonsOf(receipts)[0], "redirect")
    })
  )

  it.live("finds the one message for which a batch is refused, whatever says no", () =>
    Effect.gen(function* () {
      const poisoned = yield* against(() => Fault.poison(({ messageId }) => messageId === "m5"), tracks(16))
      assert.deepStrictEqual(idsOf(poisoned.receipts.filter(({ outcome }) => Receipt.isLost(outcome))), ["m5"])
      assert.deepStrictEqual(
        poisoned.received,
        idsOf(tracks(16)).filter((id) => id !== "m5")
      )
      const denied = yield* against([[Fault.errorBody(), 1]], tracks(4))
      assert.deepStrictEqual(denied.received, idsOf(tracks(4)))
      assert.lengthOf(denied.requests, 3)
      const always = yield* against([[Fault.errorBody({ error: key }), 9]], [track("m1")])
      assert.deepStrictEqual(reasonsOf(always.receipts), ["the batch was refused (status 200 with an error body)"])
    })
  )

  it.live("splits a batch that is too large", () =>
    Effect.gen(function* () {
      const { received, receipts } = yield* against(() => Fault.tooLarge(3), tracks(10))
      assert.deepStrictEqual(received, idsOf(tracks(10)))
      assert.isTrue(receipts.every(({ outcome }) => outcome._tag === "Delivered"))
    })
  )

  it.live("comes back when it is asked to, in seconds or at a date, and says anew when it sent", () =>
    Effect.gen(function* () {
      const attempt = Effect.fnUntraced(function* (wait: number | Date) {
        const begun = yield* Clock.currentTimeMillis
        const { requests } = yield* against([[Fault.retryAfter(429, wait), 1]], tracks(1))
        const [first, second] = requests.map(({ body }) => Date.parse((body as any).sentAt))
        assert.lengthOf(requests, 2)
        return { begun, gap: second! - first!, second: second! }
      })
      assert.isAtLeast((yield* attempt(1)).gap, 990)
      const date = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 1_000)
      // Node's timers may fire a millisecond early.
      assert.isAtLeast((yield* attempt(date)).second, date.getTime() - 10)
    })
  )

  it.live("takes a refused connection, an unknown host and a certificate that it cannot trust as not available", () =>
    Effect.gen(function* () {
      const closed = yield* Effect.scoped(Effect.map(SegmentServer.make(), ({ url }) => url))
      const untrusted = yield* SegmentServer.make({ tls: true })
      const failing: ReadonlyArray<readonly [endpoint: string, reason: RegExp]> = [
        [closed, /^the endpoint was not reached \(ECONNREFUSED\)$/],
        ["http://no-such-host.invalid", /^the endpoint was not reached \((ENOTFOUND|EAI_AGAIN)\)$/],
        [untrusted.url, /^the endpoint was not reached \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/]
      ]
      for (const [endpoint, reason] of failing) {
        const sink = Segment.sink({ writeKey: Redacted.make(key), endpoint, timeout: "5 seconds" })
        const receipts = yield* EventSink.deliver(EventSink.retried(sink, { limit: 0 }), [track("m1")])
        assert.deepStrictEqual(outcomesOf(receipts), ["Expired"])
        assert.match(reasonsOf(receipts)[0]!, reason)
      }
    }).pipe(fetched)
  )
})

describe("the write key", () => {
  it.live("is in no receipt, log, span or body, and there is one span for each attempt", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const spans: Array<Tracer.NativeSpan> = []
      const logger = Logger.layer([Logger.make(({ cause, message }) => void seen.push(deep(message), deep(cause)))])
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          // The server's own span has the server as its result, and that has the key.
          if (span.name !== "SegmentServer.make") spans.push(span)
          return span
        }
      })
      const faults = [
        Fault.none,
        Fault.status(400, { body: key }),
        Fault.status(401, { body: key }),
        Fault.redirect(`/${key}`),
        Fault.status(503, { body: key }),
        Fault.errorBody({ error: key }),
        Fault.malformed,
        Fault.cut,
        Fault.reset("before")
      ]
      for (const fault of faults) {
        const before = spans.length
        const { receipts, requests } = yield* against([[fault, 1]], [track("m1")]).pipe(
          Effect.withTracer(tracer),
          Effect.provide(logger)
        )
        seen.push(deep(receipts), ...requests.map(({ path, query, text }) => deep([path, query, text])))
        assert.deepStrictEqual(
          spans.slice(before).map(({ name }) => name),
          requests.map(() => "Segment.send")
        )
      }
      seen.push(deep(Segment.sink(options("https://example.com"))))
      for (const { attributes, events, links, name, status } of spans) {
        seen.push(deep([name, [...attributes], events, links, status]))
      }
      const encoded = Buffer.from(`${key}:`).toString("base64")
      assert.isAbove(spans.length, faults.length)
      for (const text of seen) {
        assert.notInclude(text, key)
        assert.notInclude(text, encoded)
      }
    })
  )
})

describe("the sink from the configuration", () => {
  const parse = (env: Record<string, string>) =>
    Effect.provideService(Segment.config, ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))

  it.live("sends to the endpoint that it names, with its key", () =>
    Effect.gen(function* () {
      const server = yield* SegmentServer.make({ writeKey: key })
      const sink = yield* parse({ SEGMENT_WRITE_KEY: key, SEGMENT_ENDPOINT: server.url, SEGMENT_GZIP: "true" })
      const [receipt] = yield* EventSink.deliver(sink, [track("m1", { properties: { long: "x".repeat(2_000) } })])
      assert.strictEqual(receipt!.outcome._tag, "Delivered")
      const [request] = yield* server.requests
      assert.strictEqual(request!.headers["content-encoding"], "gzip")
    }).pipe(Effect.scoped, fetched)
  )

  it.effect("knows Segment's regions by name, and says what is missing", () =>
    Effect.gen(function* () {
      for (const env of [{}, { SEGMENT_ENDPOINT: "eu1" }, { SEGMENT_ENDPOINT: "us1" }] as const) {
        assert.deepStrictEqual((yield* parse({ SEGMENT_WRITE_KEY: key, ...env })).names, ["segment"])
      }
      assert.include((yield* Effect.flip(parse({}))).message, "SEGMENT_WRITE_KEY")
      const nowhere = yield* parse({ SEGMENT_WRITE_KEY: key, SEGMENT_ENDPOINT: "eu2" })
      const failure = yield* Effect.flip(Effect.scoped(EventSink.deliver(nowhere, [])))
      assert.strictEqual(failure._tag, "Misconfigured")
    }).pipe(fetched)
  )
})

/** Everything visible in a value, including the causes of errors and their properties. */
const deep = (value: unknown): string => inspect(value, { depth: 20, showHidden: true, maxArrayLength: null })

it("an option that is misspelt is refused where the sink is made", () => {
  const writeKey = Redacted.make("key")
  const make = (options: object) => () => Segment.sink({ writeKey, ...options })
  assert.throws(make({ writekey: writeKey }), /Segment\.sink: it has no option "writekey": did you mean writeKey\?/)
  assert.throws(
    make({ retries: 3 }),
    /no option "retries": use one of writeKey, endpoint, gzip, name, timeout, or leave it out/
  )
  assert.throws(
    () => Segment.sink(undefined as never),
    /Segment\.sink: it takes an object with its options, not undefined/
  )
})
