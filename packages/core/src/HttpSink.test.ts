import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/testing/TestClock"
import * as Tracer from "effect/Tracer"
import { inspect } from "node:util"
import { gunzipSync } from "node:zlib"
import { refusal } from "../test/refusal.ts"
import { EventSink, HttpSink, HttpTransport, type Message, Receipt, SendError } from "./index.ts"
import { sinksOf } from "./internal/sink/sink.ts"

const url = "https://warehouse.example/events"
const name = "warehouse"

const track = (id: string): Message.Track => ({
  type: "track",
  event: "orderPlaced",
  properties: { Order_id: 357, note: "é" },
  messageId: id,
  timestamp: "2026-01-01T00:00:00.000Z"
})
const messages = (count: number) => Array.from({ length: count }, (_, i) => track(`m${i}`))

interface Sent {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Buffer
}

type Answer = HttpTransport.Failure | Partial<HttpTransport.Response>

/** A transport that gives an answer for each request, and what was sent on it. */
const answering = (answer: (sent: Sent, call: number) => Answer = () => ({})) => {
  const sent: Array<Sent> = []
  const transport = HttpTransport.make(({ body, headers, url }) => {
    const one = { url, headers, bytes: Buffer.concat(body) }
    const given = answer(one, sent.push(one))
    if ("_tag" in given) return Effect.fail(given)
    const { headers: own = {}, status = 200, text = "" } = given
    return Effect.succeed({
      status,
      headers: own,
      read: (take) => Effect.sync(() => void take(new TextEncoder().encode(text)))
    })
  })
  const ids = () =>
    sent.map(({ bytes }) => (JSON.parse(bytes.toString()) as Array<Message.Message>).map((one) => one.messageId))
  return { sent, transport, ids }
}

/** What becomes of messages in a sink. */
const deliver = <E>(
  sink: EventSink.EventSink<E, HttpTransport.HttpTransport>,
  transport: HttpTransport.Service,
  count = 1
) =>
  EventSink.deliver(sink, messages(count)).pipe(
    Effect.scoped,
    Effect.provideService(HttpTransport.HttpTransport, transport)
  )
const outcomes = (receipts: ReadonlyArray<Receipt.Receipt>) => receipts.map(({ outcome }) => outcome)

const posting = (options: Partial<HttpSink.EndpointOptions>, body: HttpSink.Body, transport: HttpTransport.Service) =>
  Effect.flatMap(HttpSink.endpoint(name, { url, ...options }), ({ post }) => post(body)).pipe(
    Effect.provideService(HttpTransport.HttpTransport, transport)
  )

describe("a sink over HTTP", () => {
  it.effect("posts a batch as the JSON array of its messages, and has delivered them with a 2xx", () =>
    Effect.gen(function* () {
      const { sent, transport } = answering(() => ({ status: 202 }))
      const receipts = yield* deliver(HttpSink.make({ name, url, path: "/v1", limits: { messages: 2 } }), transport, 3)
      assert.deepStrictEqual(
        sent.map(({ bytes, headers, url }) => [url, headers, JSON.parse(bytes.toString())]),
        [messages(3).slice(0, 2), messages(3).slice(2)].map((batch) => [
          `${url}/v1`,
          { "content-type": "application/json", accept: "application/json" },
          batch
        ])
      )
      assert.deepStrictEqual(outcomes(receipts), [Receipt.delivered, Receipt.delivered, Receipt.delivered])
    })
  )

  it.effect("posts the body that is made of a batch and of the time, anew for each attempt", () =>
    Effect.gen(function* () {
      const { sent, transport } = answering((_, call) => (call === 1 ? { status: 503 } : {}))
      const sink = HttpSink.make({
        name,
        url,
        body: (batch, now) => [`{"sentAt":${now},"batch":`, ...batch.jsonArray, "}"]
      }).pipe(EventSink.retried({ schedule: Schedule.spaced("1 second") }))
      const fiber = yield* Effect.forkChild(deliver(sink, transport))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(outcomes(yield* Fiber.join(fiber)), [Receipt.delivered])
      assert.deepStrictEqual(
        sent.map(({ bytes }) => JSON.parse(bytes.toString())),
        [0, 1_000].map((sentAt) => ({ sentAt, batch: messages(1) }))
      )
    })
  )

  it.effect("fails as the status says, or as the failure of the transport", () =>
    Effect.gen(function* () {
      for (const [answer, reason] of [
        [{ status: 422 }, "status 422"],
        [{ status: 401 }, "status 401"],
        [{ status: 400, text: "x".repeat(1_000_001) }, "status 400, with a body of more than 1000000 bytes"],
        [{ status: 307 }, "a redirect (status 307), which the sink does not follow"],
        [new HttpTransport.ConnectionFailed({ during: "send" }), "the endpoint was not reached"],
        [new HttpTransport.RedirectFollowed({}), new HttpTransport.RedirectFollowed({}).message]
      ] as const) {
        const { transport } = answering(() => answer)
        const [outcome] = outcomes(yield* deliver(HttpSink.make({ name, url }), transport))
        assert.include((outcome as { readonly reason?: string }).reason, reason)
      }
    })
  )

  it("stands for itself at its path in what observers are told, without what it rejects", () => {
    const recordsOf = (options: Partial<HttpSink.Options>) =>
      Effect.runSync(sinksOf(HttpSink.make({ name, url, ...options }))[0]!.records(track("m0")))
    const record = track("m0")
    assert.deepStrictEqual(recordsOf({ path: "v1", query: { a: "b" } }), [{ to: "POST /events/v1", record }] as never)
    assert.deepStrictEqual(recordsOf({ url: "none" }), [{ to: "POST", record }] as never)
    assert.deepStrictEqual(recordsOf({ reject: () => undefined }), [{ to: "POST /events", record }] as never)
    assert.deepStrictEqual(recordsOf({ reject: () => "too old" }), [])
    const own = [{ to: "POST /own", record: { id: "m0" } }]
    assert.deepStrictEqual(recordsOf({ records: () => own, reject: () => "too old" }), own)
  })
})

describe("the span of a request", () => {
  /** What the span of one request says, under OpenTelemetry's names, and whether it failed. */
  const said = Effect.fnUntraced(function* (answer: Answer, options: Partial<HttpSink.Options> = {}) {
    const spans: Array<Tracer.NativeSpan> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    const { transport } = answering(() => answer)
    yield* Effect.withTracer(deliver(HttpSink.make({ name, url, ...options }), transport, 2), tracer)
    const [{ attributes, kind, name: span, status }, ...more] = spans as [Tracer.NativeSpan]
    assert.deepStrictEqual([span, kind, more], ["HttpSink.send", "client", []])
    assert(status._tag === "Ended")
    return { ...Object.fromEntries(attributes), failed: status.exit._tag === "Failure" } as Record<string, unknown>
  })
  const of = {
    "http.request.method": "POST",
    "server.address": "warehouse.example",
    "server.port": 443,
    "trackmap.sink": name,
    "trackmap.batch.messages": 2
  }

  it.effect("has the address, the status and the type of the error under OpenTelemetry's names, and no url", () =>
    Effect.gen(function* () {
      const status = (status: number) => ({ ...of, "http.response.status_code": status })
      assert.deepStrictEqual(yield* said({ status: 202 }, { query: { key: "a-secret" } }), {
        ...status(202),
        failed: false
      })
      assert.deepStrictEqual(yield* said({ status: 503 }), { ...status(503), "error.type": "503", failed: true })
      assert.deepStrictEqual(yield* said({ status: 307 }), {
        ...status(307),
        "error.type": "Unavailable",
        failed: true
      })
      const interpret = () => new SendError.Misconfigured({ reason: "it says no" })
      assert.deepStrictEqual(yield* said({ status: 200 }, { interpret }), {
        ...status(200),
        "error.type": "Misconfigured",
        failed: true
      })
      const rejected = () => [Receipt.delivered, Receipt.rejected("no such table")]
      assert.deepStrictEqual(yield* said({ status: 200 }, { interpret: rejected }), { ...status(200), failed: false })
    })
  )

  it.effect("has the code or the kind of a failure where there is no response, and the port that is posted to", () =>
    Effect.gen(function* () {
      const failures: ReadonlyArray<readonly [HttpTransport.Failure, string]> = [
        [new HttpTransport.ConnectionFailed({ during: "connect", code: "ECONNREFUSED" }), "ECONNREFUSED"],
        [new HttpTransport.ConnectionFailed({ during: "send" }), "ConnectionFailed"],
        [new HttpTransport.TimedOut({ milliseconds: 1 }), "TimedOut"],
        [new HttpTransport.ResponseTooLarge({ bytes: 1 }), "ResponseTooLarge"]
      ]
      for (const [failure, type] of failures) {
        assert.deepStrictEqual(yield* said(failure, { url: "http://[::1]:8080/events" }), {
          ...of,
          "server.address": "::1",
          "server.port": 8080,
          "error.type": type,
          failed: true
        })
      }
      const plain = yield* said({ status: 200 }, { url: "http://warehouse.example" })
      assert.strictEqual(plain["server.port"], 80)
    })
  )

  it.effect("is not the span of the batch, or another one of the service", () =>
    Effect.gen(function* () {
      const span = yield* Effect.makeSpan("service")
      const { transport } = answering()
      yield* Effect.withParentSpan(posting({}, "[]", transport), span)
      assert.deepStrictEqual([...span.attributes], [])
    })
  )
})

describe("a function that returns a promise or an Effect", () => {
  it.live("rejects the messages with a reason, and its rejection ends no process", () =>
    Effect.gen(function* () {
      const { transport } = answering(() => ({ status: 200, text: "" }))
      for (const later of [() => Promise.reject(new Error("late")), () => Effect.succeed(undefined)]) {
        const f = later as never
        for (const [what, options] of Object.entries({ reject: { reject: f }, interpret: { interpret: f } })) {
          const found = outcomes(yield* deliver(HttpSink.make({ name, url, ...options }), transport, 1))
          const reason = `${what} returned a promise or an Effect`
          assert.deepStrictEqual(found, [Receipt.rejected(what === "reject" ? reason : `${name}: ${reason}`)])
        }
        const [lost] = outcomes(yield* deliver(HttpSink.make({ name, url, body: f }), transport, 1))
        assert.deepStrictEqual(lost, Receipt.rejected(`${name} threw TypeError`))
      }
      yield* Effect.sleep(1)
    })
  )

  it.effect("rejects with a reason for what code without types returns", () =>
    Effect.gen(function* () {
      const { transport } = answering(() => ({ status: 200, text: "" }))
      const sink = HttpSink.make({ name, url, reject: () => false as never })
      const found = outcomes(yield* deliver(sink, transport, 1))
      assert.deepStrictEqual(found, [Receipt.rejected("reject returned a boolean")])
    })
  )
})

describe("interpret", () => {
  const interpreting = (interpret: HttpSink.Interpret, answer?: Answer) => {
    const { transport } = answering(() => answer ?? { status: 500, text: "a" })
    return Effect.map(deliver(HttpSink.make({ name, url, interpret }), transport, 2), outcomes)
  }

  it.effect("is given the response, the batch and the time, and decides what the status means", () =>
    Effect.gen(function* () {
      const given: Array<unknown> = []
      const outcomes = yield* interpreting((response, { batch, now }) => {
        given.push(response, batch.length, now)
        return undefined
      })
      assert.deepStrictEqual(given, [{ status: 500, headers: {}, text: "a" }, 2, 0])
      assert.deepStrictEqual(outcomes, [Receipt.delivered, Receipt.delivered])
    })
  )

  it.effect("gives one outcome for each message", () =>
    Effect.gen(function* () {
      const given = [Receipt.rejected("too old"), Receipt.delivered]
      assert.deepStrictEqual(yield* interpreting(() => given), given)
    })
  )

  it.effect("rejects all messages with outcomes in the wrong number", () =>
    Effect.gen(function* () {
      const rejected = Receipt.rejected("warehouse: interpret returned 1 outcomes for 2 messages")
      assert.deepStrictEqual(yield* interpreting(() => [Receipt.delivered]), [rejected, rejected])
    })
  )

  const wrong: ReadonlyArray<readonly [what: string, interpret: () => never, reason: string]> = [
    [
      "throws",
      () => {
        throw new TypeError("secret")
      },
      "threw TypeError"
    ],
    ["returns null", () => null as never, "returned null"],
    ["returns a flag", () => true as never, "returned a boolean"]
  ]
  for (const [what, interpret, reason] of wrong) {
    it.effect(
      `that ${what} rejects all messages at once: the destination has answered, and a retry would repeat them`,
      () =>
        Effect.gen(function* () {
          const { ids, transport } = answering()
          const sink = HttpSink.make({ name: "warehouse", url: "https://warehouse.example", interpret }).pipe(
            EventSink.retried()
          )
          const receipts = yield* EventSink.deliver(sink, messages(3)).pipe(
            Effect.scoped,
            Effect.provideService(HttpTransport.HttpTransport, transport)
          )
          assert.deepStrictEqual(
            receipts.map(({ outcome }) => outcome),
            messages(3).map(() => Receipt.rejected(`warehouse: interpret ${reason}`))
          )
          assert.lengthOf(ids(), 1)
        })
    )
  }

  it.effect("is not asked where there is no response", () =>
    Effect.gen(function* () {
      let asked = 0
      yield* interpreting(() => void asked++, new HttpTransport.ConnectionFailed({ during: "connect" }))
      assert.strictEqual(asked, 0)
    })
  )

  it.effect("gives an error with the outcomes that are known, and the others are sent again", () =>
    Effect.gen(function* () {
      const { ids, transport } = answering()
      const sink = HttpSink.make({
        name,
        url,
        interpret: (_, { batch }) =>
          batch.length === 1
            ? undefined
            : new SendError.Unavailable({ reason: "busy", outcomes: [Receipt.rejected("too old"), undefined] })
      }).pipe(EventSink.retried({ schedule: Schedule.spaced("1 second") }))
      const fiber = yield* Effect.forkChild(deliver(sink, transport, 2))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(
        (yield* Fiber.join(fiber)).map(({ attempts, outcome }) => [attempts, outcome]),
        [
          [1, Receipt.rejected("too old")],
          [2, Receipt.delivered]
        ]
      )
      assert.deepStrictEqual(ids(), [["m0", "m1"], ["m1"]])
    })
  )
})

describe("reject", () => {
  const rejecting = (...ids: ReadonlyArray<string>): HttpSink.Options => ({
    name,
    url,
    reject: ({ messageId }) => (ids.includes(messageId) ? `no ${messageId}` : undefined)
  })

  it.effect("sends the whole batch where it rejects none of it", () =>
    Effect.gen(function* () {
      const { ids, transport } = answering()
      const receipts = yield* deliver(HttpSink.make(rejecting()), transport, 2)
      assert.deepStrictEqual(outcomes(receipts), [Receipt.delivered, Receipt.delivered])
      assert.deepStrictEqual(ids(), [["m0", "m1"]])
    })
  )

  it.effect("sends nothing where it rejects all messages", () =>
    Effect.gen(function* () {
      const { sent, transport } = answering()
      const receipts = yield* deliver(HttpSink.make(rejecting("m0", "m1")), transport, 2)
      assert.deepStrictEqual(outcomes(receipts), [Receipt.rejected("no m0"), Receipt.rejected("no m1")])
      assert.deepStrictEqual(sent, [])
    })
  )

  it.effect("sends the other messages, and every message has its own outcome", () =>
    Effect.gen(function* () {
      const { ids, transport } = answering()
      const sink = HttpSink.make({
        ...rejecting("m0", "m2"),
        interpret: (_, { batch }) => batch.map(({ messageId }) => Receipt.rejected(`interpreted ${messageId}`))
      })
      assert.deepStrictEqual(
        outcomes(yield* deliver(sink, transport, 4)),
        ["no m0", "interpreted m1", "no m2", "interpreted m3"].map(Receipt.rejected)
      )
      assert.deepStrictEqual(ids(), [["m1", "m3"]])
    })
  )

  it.effect("holds while the others fail, and keeps the outcomes of those that are known, in order", () =>
    Effect.gen(function* () {
      const { ids, transport } = answering()
      const errors = [
        new SendError.Unavailable({ reason: "busy", outcomes: [undefined, Receipt.rejected("too old"), undefined] }),
        new SendError.Unavailable({ reason: "busy" })
      ]
      const sink = HttpSink.make({ ...rejecting("m1"), interpret: () => errors.shift() }).pipe(
        EventSink.retried({ schedule: Schedule.spaced("1 second") })
      )
      const fiber = yield* Effect.forkChild(deliver(sink, transport, 4))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(
        (yield* Fiber.join(fiber)).map(({ attempts, outcome }) => [attempts, outcome]),
        [
          [3, Receipt.delivered],
          [1, Receipt.rejected("no m1")],
          [1, Receipt.rejected("too old")],
          [3, Receipt.delivered]
        ]
      )
      assert.deepStrictEqual(ids(), [
        ["m0", "m2", "m3"],
        ["m0", "m3"],
        ["m0", "m3"]
      ])
    })
  )

  it.effect("holds where an error tells of outcomes in the wrong number, which count for nothing", () =>
    Effect.gen(function* () {
      const { ids, transport } = answering()
      const errors = [new SendError.Unavailable({ reason: "busy", outcomes: [Receipt.delivered] })]
      const sink = HttpSink.make({ ...rejecting("m0"), interpret: () => errors.shift() }).pipe(
        EventSink.retried({ schedule: Schedule.spaced("1 second") })
      )
      const fiber = yield* Effect.forkChild(deliver(sink, transport, 3))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(outcomes(yield* Fiber.join(fiber)), [
        Receipt.rejected("no m0"),
        Receipt.delivered,
        Receipt.delivered
      ])
      assert.deepStrictEqual(ids(), [
        ["m1", "m2"],
        ["m1", "m2"]
      ])
    })
  )
})

describe("an endpoint", () => {
  it.effect("sends nothing for a body that is neither text nor bytes", () =>
    Effect.gen(function* () {
      for (const body of [(batch: EventSink.Batch) => batch, () => [1], () => undefined]) {
        const { sent, transport } = answering()
        const receipts = yield* deliver(HttpSink.make({ name, url, body: body as never }), transport)
        assert.deepStrictEqual(outcomes(receipts), [Receipt.rejected("warehouse threw TypeError")])
        assert.deepStrictEqual(sent, [])
      }
    })
  )

  it.effect("does not open with a header that the HTTP client writes", () =>
    Effect.gen(function* () {
      for (const header of ["Content-Length", "transfer-encoding", "connection", "expect"]) {
        const error = yield* Effect.flip(HttpSink.endpoint(name, { url, headers: { [header]: "1" } }))
        assert.strictEqual(error.reason, `the HTTP client writes the header ${header} itself; leave it out`)
      }
    })
  )

  it.effect("is the address with its path and its query", () =>
    Effect.gen(function* () {
      const address = (options: HttpSink.EndpointOptions) =>
        Effect.map(HttpSink.endpoint(name, options), (endpoint) => endpoint.url)
      assert.strictEqual(yield* address({ url }), url)
      assert.strictEqual(yield* address({ url: `${url}//`, path: "//v1" }), `${url}/v1`)
      assert.strictEqual(yield* address({ url: "http://localhost:80", path: "v1" }), "http://localhost/v1")
      assert.strictEqual(yield* address({ url, query: { "a b": "é&", c: "" } }), `${url}?a+b=%C3%A9%26&c=`)
    })
  )

  it.effect("posts texts and bytes as they are", () =>
    Effect.gen(function* () {
      const { sent, transport } = answering()
      const bytes = new TextEncoder().encode("é")
      for (const body of ["é", bytes, ["(", bytes, ")"]]) yield* posting({}, body, transport)
      assert.deepStrictEqual(
        sent.map(({ bytes }) => bytes.toString()),
        ["é", "é", "(é)"]
      )
    })
  )

  it.effect("sends its own headers, by whatever case, in the place of the defaults", () =>
    Effect.gen(function* () {
      const { sent, transport } = answering()
      const headers = { "Content-Type": "text/plain", Authorization: HttpSink.bearer(Redacted.make("t0ken")) }
      yield* posting({ headers }, "a", transport)
      assert.deepStrictEqual(sent[0]!.headers, {
        "content-type": "text/plain",
        accept: "application/json",
        authorization: "Bearer t0ken"
      })
    })
  )

  it.effect("sends the headers of one request with that request alone, in the place of its own", () =>
    Effect.gen(function* () {
      const { sent, transport } = answering()
      const headers = { "x-kept": "1", "x-attempt": "0" }
      yield* Effect.flatMap(HttpSink.endpoint(name, { url, headers }), ({ post }) =>
        Effect.andThen(post("a", { "X-Attempt": "1" }), post("b"))
      ).pipe(Effect.provideService(HttpTransport.HttpTransport, transport))
      assert.deepStrictEqual(
        sent.map((one) => [one.headers["x-kept"], one.headers["x-attempt"]]),
        [
          ["1", "1"],
          ["1", "0"]
        ]
      )
    })
  )

  it.effect("asks an Effect for its headers once, when it is opened", () =>
    Effect.gen(function* () {
      let asked = 0
      const headers = Effect.sync(() => ({ "x-asked": String(++asked) }))
      const { sent, transport } = answering()
      yield* Effect.flatMap(HttpSink.endpoint(name, { url, headers }), ({ post }) =>
        Effect.andThen(post("a"), post("b"))
      ).pipe(Effect.provideService(HttpTransport.HttpTransport, transport))
      assert.deepStrictEqual(
        sent.map(({ headers }) => headers["x-asked"]),
        ["1", "1"]
      )
      const refused = Effect.fail(new SendError.Misconfigured({ reason: "no key" }))
      assert.strictEqual((yield* Effect.flip(HttpSink.endpoint(name, { url, headers: refused }))).reason, "no key")
    })
  )

  it.effect("compresses bodies from 1,024 bytes on, or from as many as it says, and none by default", () =>
    Effect.gen(function* () {
      for (const [gzip, length, isCompressed] of [
        [undefined, 5_000, false],
        [false, 5_000, false],
        [true, 1_023, false],
        [true, 1_024, true],
        [{ minBytes: 10 }, 9, false],
        [{ minBytes: 10 }, 10, true]
      ] as const) {
        const { sent, transport } = answering()
        const body = ["x", "y".repeat(length - 1)]
        yield* posting({ gzip }, body, transport)
        const { bytes, headers } = sent[0]!
        assert.strictEqual(headers["content-encoding"], isCompressed ? "gzip" : undefined)
        assert.strictEqual((isCompressed ? gunzipSync(bytes) : bytes).toString(), body.join(""))
      }
    })
  )

  it.effect("passes on its limits of time and bytes: 10 seconds and 1,000,000 by default", () =>
    Effect.gen(function* () {
      const limits: Array<readonly [timeout: number, bytes: number | undefined]> = []
      const transport: HttpTransport.Service = {
        post: ({ responseBytes, timeout }) => {
          limits.push([timeout, responseBytes])
          return Effect.succeed({ status: 200, headers: {}, text: "" })
        }
      }
      yield* posting({}, "a", transport)
      yield* posting({ timeout: "2 minutes", responseBytes: 5 }, "a", transport)
      yield* posting({ timeout: 7, responseBytes: Number.POSITIVE_INFINITY }, "a", transport)
      assert.deepStrictEqual(limits, [
        [10_000, 1_000_000],
        [120_000, 5],
        [7, Number.POSITIVE_INFINITY]
      ])
    })
  )

  const address = "the endpoint is not an http or https address, or contains a user, a query or a hash"
  const redacted = (header: string) =>
    `the header ${header} is not Redacted: pass Redacted.make(value), which keeps it out of logs`
  const headerName = "a header name is empty, or contains characters that HTTP does not allow"
  const refused: ReadonlyArray<readonly [what: string, options: Partial<HttpSink.EndpointOptions>, reason: string]> = [
    ["an address that is none", { url: "s3cret" }, address],
    ["an address of another protocol", { url: "ftp://warehouse.example/s3cret" }, address],
    ["an address with a user", { url: "https://s3cret@warehouse.example" }, address],
    ["an address with a password", { url: "https://:s3cret@warehouse.example" }, address],
    ["an address with a query", { url: `${url}?key=s3cret` }, address],
    ["an address with a hash", { url: `${url}#s3cret` }, address],
    ["a header without a name", { headers: { "": "s3cret" } }, headerName],
    ["a header whose name has a space", { headers: { "x s3cret": "a" } }, headerName],
    ["an authorization in plain text", { headers: { Authorization: "s3cret" } }, redacted("Authorization")],
    ["a cookie in plain text", { headers: { cookie: "s3cret" } }, redacted("cookie")],
    ["a proxy's key in plain text", { headers: { "Proxy-Authorization": "s3cret" } }, redacted("Proxy-Authorization")],
    ["a header that is no text", { headers: { "x-key": 7 as never } }, "the header x-key is not a string"],
    [
      "a secret that is no text",
      { headers: { "x-key": Redacted.make(["s3cret"]) as never } },
      "the header x-key is not a string"
    ],
    [
      "a header with a line break",
      { headers: { "x-key": "s3cret\r\nx-more: a" } },
      "the header x-key contains characters that HTTP does not allow"
    ],
    [
      "a secret that ends with a line break",
      { headers: { authorization: Redacted.make("s3cret\n") } },
      "the header authorization contains characters that HTTP does not allow"
    ],
    [
      "a header beyond Latin-1",
      { headers: { "x-key": "s3cret €" } },
      "the header x-key contains characters that HTTP does not allow"
    ]
  ]
  for (const [what, options, reason] of refused) {
    it.effect(`refuses ${what} when its sink is opened, and repeats no value`, () =>
      Effect.gen(function* () {
        const { sent, transport } = answering()
        const error = yield* Effect.flip(deliver(HttpSink.make({ name, url, ...options }), transport))
        assert.deepStrictEqual([error._tag, error.message], ["Misconfigured", `${name}: ${reason}`])
        assert.notInclude(inspect(error, { depth: 20, showHidden: true }), "s3cret")
        assert.deepStrictEqual(sent, [])
      })
    )
  }

  it.effect("takes headers with any character of Latin-1, and tabs", () =>
    Effect.gen(function* () {
      const { sent, transport } = answering()
      yield* posting({ headers: { "x-key": "a\té~ÿ", "x-empty": "" } }, "a", transport)
      assert.deepInclude(sent[0]!.headers, { "x-key": "a\té~ÿ", "x-empty": "" })
    })
  )

  const illDefined: ReadonlyArray<readonly [options: Partial<HttpSink.Options>, detail: string]> = [
    [{ timeout: -1 }, "the time limit of a request must be a number of milliseconds (0 or more)"],
    [{ timeout: Number.NaN }, "the time limit of a request must be"],
    [{ timeout: "soon" as never }, `like "10 seconds", not a string of length 4`],
    [{ responseBytes: 0 }, "the number of bytes of a response must be a whole number of at least 1, not 0"],
    [{ responseBytes: 1.5 }, "the number of bytes of a response must be a whole number of at least 1, not 1.5"],
    [
      { gzip: { minBytes: 0 } },
      "the number of bytes from which a body is compressed must be a whole number of at least 1, not 0"
    ],
    [{ limits: { messages: 0 } }, "the number of messages in a batch must be a whole number of at least 1, not 0"]
  ]
  for (const [options, detail] of illDefined) {
    it(`is not defined with ${inspect(options)}`, () => {
      const { entity, message, reason } = refusal(() => HttpSink.make({ name, url, ...options }))
      assert.deepStrictEqual([entity, reason], [name, "BadLimit"])
      assert.include(message, detail)
    })
  }
})

describe("basicAuth", () => {
  it("is the user and the password in UTF-8 and Base64, and does not show them", () => {
    const header = HttpSink.basicAuth("jürgen", Redacted.make("pä€:s3cret"))
    const [scheme, credentials] = Redacted.value(header).split(" ") as [string, string]
    assert.strictEqual(scheme, "Basic")
    assert.strictEqual(Buffer.from(credentials, "base64").toString(), "jürgen:pä€:s3cret")
    assert.notInclude(inspect(header), credentials)
    // RFC 7617, section 2.
    const aladdin = HttpSink.basicAuth(Redacted.make("Aladdin"), "open sesame")
    assert.strictEqual(Redacted.value(aladdin), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
    const long = "s".repeat(300_000)
    assert.strictEqual(
      Redacted.value(HttpSink.basicAuth("", long)),
      `Basic ${Buffer.from(`:${long}`).toString("base64")}`
    )
  })
})

describe("bearer", () => {
  it("is the token behind its scheme, and does not show it", () => {
    const header = HttpSink.bearer(Redacted.make("s3cret"))
    assert.strictEqual(Redacted.value(header), "Bearer s3cret")
    assert.notInclude(inspect(header), "s3cret")
  })
})

describe("regional", () => {
  const endpoints = { us: "https://api.example", eu: "https://api-eu.example" }

  it("is the address of a region by its name, and any other text as it is", () => {
    assert.strictEqual(HttpSink.regional(endpoints, "eu"), "https://api-eu.example")
    assert.strictEqual(HttpSink.regional(endpoints, "https://proxy.example"), "https://proxy.example")
    assert.strictEqual(HttpSink.regional(endpoints, "constructor"), "constructor")
  })
})

describe("a header of a secret that is not set", () => {
  const unset = Redacted.make(undefined as never as string)
  const empty = Redacted.make("")
  const headers: ReadonlyArray<readonly [what: string, authorization: Redacted.Redacted<string>]> = [
    ["a token that is undefined", HttpSink.bearer(unset)],
    ["an empty token", HttpSink.bearer(empty)],
    ["a user that is undefined", HttpSink.basicAuth(unset, "secret")],
    ["a password that is undefined", HttpSink.basicAuth("user", unset)],
    ["neither a user nor a password", HttpSink.basicAuth("", empty)]
  ]
  for (const [what, authorization] of headers) {
    it.effect(`keeps the sink from opening: ${what}`, () =>
      Effect.gen(function* () {
        const endpoint = HttpSink.endpoint("warehouse", {
          url: "https://warehouse.example",
          headers: { authorization }
        })
        const error = yield* Effect.flip(endpoint)
        assert.strictEqual(error._tag, "Misconfigured")
        assert.include(error.reason, "authorization")
      })
    )
  }

  it("is whole with a user or a password alone", () => {
    assert.strictEqual(Redacted.value(HttpSink.basicAuth("", "key")), `Basic ${btoa(":key")}`)
    assert.strictEqual(Redacted.value(HttpSink.basicAuth("key", "")), `Basic ${btoa("key:")}`)
  })
})
