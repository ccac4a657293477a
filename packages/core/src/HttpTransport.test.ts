import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import { inspect } from "node:util"
import { HttpTransport } from "./index.ts"

const encoder = new TextEncoder()

const request: HttpTransport.Request = {
  url: "https://warehouse.example/events",
  headers: { authorization: Redacted.make("Bearer s3cret"), "content-type": "application/json" },
  body: [encoder.encode(`["é",`), encoder.encode("1]")],
  timeout: 10_000
}

const post = (more?: Partial<HttpTransport.Request>) =>
  Effect.flatMap(HttpTransport.HttpTransport, (transport) => transport.post({ ...request, ...more }))

/** A response that has begun, with the chunks of its body, and with what its body ends in. */
const incoming = (
  status: number,
  chunks: ReadonlyArray<string> = [],
  end: Effect.Effect<void, HttpTransport.Failure> = Effect.void
): HttpTransport.Incoming => ({
  status,
  headers: { "x-kind": "B" },
  read: (take) => Effect.suspend(() => (chunks.every((chunk) => take(encoder.encode(chunk))) ? end : Effect.void))
})

const cut = Effect.fail(new HttpTransport.ConnectionFailed({ during: "response" }))

/** Transports that receive such a response. */
const receiving = {
  make: (begun: HttpTransport.Incoming) => HttpTransport.make(() => Effect.succeed(begun)).post,
  callback: (begun: HttpTransport.Incoming) =>
    HttpTransport.callback((_, exchange) => {
      exchange.begin(begun.status, begun.headers)
      const exit = Effect.runSyncExit(begun.read(exchange.take))
      const failure = Exit.findErrorOption(exit)
      if (Exit.isSuccess(exit)) exchange.end()
      else if (Option.isSome(failure)) exchange.fail(failure.value)
      return () => {}
    }).post
}

describe("a transport", () => {
  it.effect("sends what is asked for, with its secrets in plain text, and gives the whole response", () =>
    Effect.gen(function* () {
      const sent: Array<HttpTransport.Outgoing> = []
      const transport = HttpTransport.make((outgoing) => {
        sent.push(outgoing)
        return Effect.succeed(incoming(202, ["gr", "üß"]))
      })
      assert.deepStrictEqual(yield* transport.post(request), {
        status: 202,
        headers: { "x-kind": "B" },
        text: "grüß"
      })
      assert.deepStrictEqual(sent, [
        {
          url: request.url,
          headers: { authorization: "Bearer s3cret", "content-type": "application/json" },
          body: request.body
        }
      ])
    })
  )

  it.effect("closes the scope of a request when its response has ended", () =>
    Effect.gen(function* () {
      let closed = 0
      const transport = HttpTransport.make(() =>
        Effect.as(
          Effect.addFinalizer(() => Effect.sync(() => closed++)),
          incoming(200)
        )
      )
      yield* transport.post(request)
      assert.strictEqual(closed, 1)
    })
  )

  it.effect("gives up at its limit of time, before the response and within it", () =>
    Effect.gen(function* () {
      for (const send of [() => Effect.never, () => Effect.succeed(incoming(200, ["{"], Effect.never))]) {
        const fiber = yield* Effect.forkChild(Effect.flip(HttpTransport.make(send).post(request)))
        yield* TestClock.adjust("10 seconds")
        const failure = yield* Fiber.join(fiber)
        assert.deepStrictEqual([failure._tag, failure.message], ["TimedOut", "no response within 10s"])
      }
    })
  )
})

for (const [name, from] of Object.entries(receiving)) {
  describe(`a transport of ${name}`, () => {
    it.effect("reads as many bytes as its limit, and fails with one more", () =>
      Effect.gen(function* () {
        const begun = incoming(200, ["123", "45", "6"])
        assert.strictEqual((yield* from(begun)({ ...request, responseBytes: 6 })).text, "123456")
        const failure = yield* Effect.flip(from(begun)({ ...request, responseBytes: 5 }))
        assert.deepStrictEqual(
          [failure._tag, failure.message],
          ["ResponseTooLarge", "the response has more than 5 bytes"]
        )
      })
    )

    it.effect("reads 1,000,000 bytes by default", () =>
      Effect.gen(function* () {
        const text = "x".repeat(1_000_000)
        assert.strictEqual((yield* from(incoming(200, [text]))(request)).text, text)
        const failure = yield* Effect.flip(from(incoming(200, [text, "x"]))(request))
        assert.deepInclude(failure, { _tag: "ResponseTooLarge", bytes: 1_000_000 })
      })
    )

    it.effect("keeps the status of a response that is no success, though its body is cut, late or too long", () =>
      Effect.gen(function* () {
        for (const status of [199, 300, 413, 503]) {
          for (const end of [cut, Effect.never]) {
            const fiber = yield* Effect.forkChild(from(incoming(status, ["{"], end))(request))
            yield* TestClock.adjust("10 seconds")
            assert.deepInclude(yield* Fiber.join(fiber), { status, text: "{" })
          }
          const long = yield* from(incoming(status, ["12", "34"]))({ ...request, responseBytes: 3 })
          assert.deepInclude(long, { status, text: "123", truncatedAt: 3 })
        }
      })
    )

    it.effect("fails where the body of a success is cut", () =>
      Effect.gen(function* () {
        for (const status of [200, 299]) {
          assert.deepInclude(yield* Effect.flip(from(incoming(status, ["{"], cut))(request)), {
            _tag: "ConnectionFailed",
            during: "response"
          })
        }
      })
    )
  })
}

/** A transport of callbacks whose server does nothing by itself, the exchange of its request, and how often that was aborted. */
const manual = (begin: (exchange: HttpTransport.Exchange) => void = () => {}) => {
  const aborted: Array<string> = []
  const sent: Array<HttpTransport.Outgoing> = []
  let exchange: HttpTransport.Exchange | undefined
  const { post } = HttpTransport.callback((outgoing, given) => {
    exchange = given
    sent.push(outgoing)
    begin(given)
    return () => void aborted.push(outgoing.url)
  })
  return { post: post(request), aborted, sent, exchange: () => exchange! }
}

describe("a transport of callbacks", () => {
  it.effect("is told the request, with its secrets in plain text", () =>
    Effect.gen(function* () {
      const { post, sent } = manual((exchange) => {
        exchange.begin(202, {})
        exchange.end()
      })
      yield* post
      const headers = { authorization: "Bearer s3cret", "content-type": "application/json" }
      assert.deepStrictEqual(sent, [{ url: request.url, headers, body: request.body }])
    })
  )

  const endings: Readonly<Record<string, (exchange: HttpTransport.Exchange) => void>> = {
    "its response": ({ begin, end }) => (begin(200, {}), end()),
    "a failure": ({ fail }) => fail(new HttpTransport.ConnectionFailed({ during: "send" })),
    "a response that is too long": ({ begin, take }) => (begin(200, {}), take(new Uint8Array(1_000_001)))
  }
  for (const [what, ends] of Object.entries(endings)) {
    it.effect(`aborts a request that ends with ${what} once, before its post ends, and hears no more of it`, () =>
      Effect.gen(function* () {
        for (const isAtOnce of [true, false]) {
          const { aborted, exchange, post } = manual(isAtOnce ? ends : undefined)
          const fiber = yield* Effect.forkChild(Effect.map(Effect.exit(post), (exit) => [exit._tag, aborted.length]))
          yield* Effect.yieldNow
          ends(exchange())
          assert.deepStrictEqual(yield* Fiber.join(fiber), [what === "its response" ? "Success" : "Failure", 1])
          assert.isFalse(exchange().take(new Uint8Array(1)))
          exchange().end()
          assert.strictEqual(aborted.length, 1)
        }
      })
    )
  }

  it.effect("aborts a request at its limit of time, and where it is interrupted", () =>
    Effect.gen(function* () {
      const late = manual()
      const fiber = yield* Effect.forkChild(Effect.flip(late.post))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).message, "no response within 10s")
      const unwanted = manual()
      const interrupted = yield* Effect.forkChild(unwanted.post)
      yield* Effect.yieldNow
      yield* Fiber.interrupt(interrupted)
      assert.deepStrictEqual([late.aborted.length, unwanted.aborted.length], [1, 1])
    })
  )
})

describe("a failure", () => {
  const failures: ReadonlyArray<readonly [failure: HttpTransport.Failure, tag: string, reason: string]> = [
    [
      new HttpTransport.ConnectionFailed({ during: "connect", code: "ECONNREFUSED" }),
      "Unavailable",
      "the endpoint was not reached (ECONNREFUSED)"
    ],
    [new HttpTransport.ConnectionFailed({ during: "send" }), "Unavailable", "the endpoint was not reached"],
    [
      new HttpTransport.ConnectionFailed({ during: "response", code: "ECONNRESET" }),
      "Unavailable",
      "the response was cut off (ECONNRESET)"
    ],
    [new HttpTransport.TimedOut({ milliseconds: 1_500 }), "Unavailable", "no response within 1s 500ms"],
    [new HttpTransport.ResponseTooLarge({ bytes: 10 }), "Unavailable", "the response has more than 10 bytes"],
    [
      new HttpTransport.RedirectFollowed({}),
      "Misconfigured",
      "the HTTP client followed a redirect of the endpoint: configure it to follow none"
    ]
  ]
  for (const [failure, tag, reason] of failures) {
    it(`${failure._tag} is ${tag}: ${reason}`, () => {
      const { _tag, message } = HttpTransport.toSendError(failure)
      assert.deepStrictEqual([_tag, message, failure.message], [tag, reason, reason])
    })
  }
})

describe("the failure of a client's error", () => {
  const coded = (code: unknown) => Object.assign(new Error("fetch failed"), { code })
  const denos = (message: string) => new TypeError("fetch failed", { cause: new Error(message) })
  const connecting = (why: string) =>
    denos(`error sending request for url (http://127.0.0.1:9999/): client error (Connect): ${why}`)
  const cases: ReadonlyArray<readonly [what: string, error: unknown, fields: object]> = [
    ["a connection that is refused", coded("ECONNREFUSED"), { during: "connect", code: "ECONNREFUSED" }],
    ["a name that is not found", coded("ENOTFOUND"), { during: "connect", code: "ENOTFOUND" }],
    ["a certificate that is too old", coded("CERT_HAS_EXPIRED"), { during: "connect", code: "CERT_HAS_EXPIRED" }],
    ["a connection that is reset", coded("ECONNRESET"), { during: "send", code: "ECONNRESET" }],
    [
      "Deno's word of a connection that is refused",
      connecting("tcp connect error: Connection refused (os error 111)"),
      { during: "connect", code: "ECONNREFUSED" }
    ],
    [
      "Deno's word of a name that is not found",
      connecting("dns error: failed to lookup address information: Name or service not known"),
      { during: "connect", code: "ENOTFOUND" }
    ],
    [
      "Deno's word of a network that is not there",
      connecting("tcp connect error: Network is unreachable (os error 101)"),
      { during: "connect", code: "ENETUNREACH" }
    ],
    [
      "Deno's word of a certificate",
      connecting("invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))"),
      { during: "connect", code: "CERT_REJECTED" }
    ],
    [
      "Deno's word of a server that knows no TLS",
      connecting("received corrupt message of type InvalidContentType"),
      { during: "connect" }
    ],
    [
      "Deno's word of a connection that is reset",
      denos("Connection reset by peer (os error 104)"),
      { during: "send", code: "ECONNRESET" }
    ],
    [
      "Deno's word of a server that hangs up",
      denos("client error (SendRequest): connection closed before message completed"),
      { during: "send", code: "ECONNRESET" }
    ],
    ["an error within an error", { cause: { cause: coded("EPIPE") } }, { during: "send", code: "EPIPE" }],
    ["an error whose code is a text of another kind", coded("key s3cret"), { during: "send" }],
    ["an error whose code is a number", coded(7), { during: "send" }],
    ["another client's error with Deno's words", denos("502: Connection refused, dns error"), { during: "send" }],
    ["an error whose message is no text", { message: Symbol("s3cret"), cause: { message: {} } }, { during: "send" }],
    ["a text", "s3cret", { during: "send" }],
    ["null", null, { during: "send" }]
  ]
  for (const [what, error, fields] of cases) {
    it(`for ${what} tells how far the connection came`, () => {
      const { code, during } = HttpTransport.connectionFailed(error, false)
      assert.deepStrictEqual(code === undefined ? { during } : { during, code }, fields as never)
    })
  }

  it("says that the response had begun, whatever the code", () => {
    assert.strictEqual(HttpTransport.connectionFailed(coded("ECONNREFUSED"), true).during, "response")
  })

  it("ends where an error causes itself", () => {
    const error: { cause?: unknown } = {}
    error.cause = error
    assert.strictEqual(HttpTransport.connectionFailed(error, false).code, undefined)
  })
})

/** The transport over an HttpClient that gives these responses. */
const over = (respond: () => Response) =>
  Layer.provide(
    HttpTransport.layerHttpClient,
    Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((sent) => Effect.sync(() => HttpClientResponse.fromWeb(sent, respond())))
    )
  )

describe("a transport over an HttpClient", () => {
  it.effect("reads a response with a body and one without", () =>
    Effect.gen(function* () {
      const full = post().pipe(Effect.provide(over(() => new Response("grüß", { headers: { "X-Kind": "B" } }))))
      const { headers, status, text } = yield* full
      assert.deepStrictEqual([status, headers["x-kind"], text], [200, "B", "grüß"])
      const empty = post().pipe(Effect.provide(over(() => new Response(null, { status: 204 }))))
      assert.deepInclude(yield* empty, { status: 204, text: "" })
    })
  )

  it.effect("fails with the client's code, and with nothing of the request", () =>
    Effect.gen(function* () {
      const client = HttpClient.make((sent) =>
        Effect.fail(
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.TransportError({
              request: sent,
              cause: Object.assign(new Error("fetch failed"), { cause: { code: "ECONNREFUSED", sent } })
            })
          })
        )
      )
      const layer = Layer.provide(HttpTransport.layerHttpClient, Layer.succeed(HttpClient.HttpClient, client))
      const failure = yield* Effect.flip(Effect.provide(post(), layer))
      assert.deepInclude(failure, { _tag: "ConnectionFailed", during: "connect", code: "ECONNREFUSED" })
      assert.notInclude(inspect(failure, { depth: 20, showHidden: true }), "s3cret")
    })
  )

  it.effect("says that a response was cut whose body fails", () =>
    Effect.gen(function* () {
      const broken = () =>
        new Response(
          new ReadableStream({
            pull: (controller) => controller.error(Object.assign(new Error("s3cret"), { code: "ECONNRESET" }))
          })
        )
      const failure = yield* Effect.flip(Effect.provide(post(), over(broken)))
      assert.deepInclude(failure, { _tag: "ConnectionFailed", during: "response", code: "ECONNRESET" })
      assert.notInclude(inspect(failure, { depth: 20, showHidden: true }), "s3cret")
    })
  )

  it.effect("refuses a response from elsewhere, which a client that follows redirects gives", () =>
    Effect.gen(function* () {
      const at = (url: string) => () => Object.defineProperty(new Response("{}"), "url", { value: url })
      const failure = yield* Effect.flip(Effect.provide(post(), over(at("https://elsewhere.example/?key=s3cret"))))
      assert.strictEqual(failure._tag, "RedirectFollowed")
      assert.notInclude(inspect(failure), "elsewhere.example")
      assert.strictEqual((yield* Effect.provide(post(), over(at(request.url)))).status, 200)
    })
  )

  it.effect("gives fetch the options that are set, but lets it follow no redirect", () =>
    Effect.gen(function* () {
      const given: Array<RequestInit | undefined> = []
      const fetch: typeof globalThis.fetch = (_, init) => (given.push(init), Promise.resolve(new Response("{}")))
      const options = (init: RequestInit) => Layer.succeed(FetchHttpClient.RequestInit, init)
      const layer = Layer.provide(HttpTransport.layerFetch, options({ cache: "no-store", redirect: "follow" }))
      yield* post().pipe(
        Effect.andThen(Effect.provide(post(), options({ cache: "reload", redirect: "follow" }))),
        Effect.provide(layer),
        Effect.provideService(FetchHttpClient.Fetch, fetch)
      )
      assert.deepStrictEqual(
        given.map((init) => [init?.method, init?.cache, init?.redirect]),
        [
          ["POST", "no-store", "manual"],
          ["POST", "reload", "manual"]
        ]
      )
    })
  )
})

/** A server on the loopback interface. */
const serve = Effect.fnUntraced(function* (
  respond: (response: http.ServerResponse, body: string, headers: http.IncomingHttpHeaders) => void
) {
  const server = http.createServer((incoming, response) => {
    const chunks: Array<Buffer> = []
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk))
    incoming.on("end", () => respond(response, Buffer.concat(chunks).toString(), incoming.headers))
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () => Effect.sync(() => (server.closeAllConnections(), server.close()))
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`
})

describe("a transport over fetch", () => {
  const live = <A, E>(behaves: string, test: () => Effect.Effect<A, E, HttpTransport.HttpTransport>) =>
    it.live(behaves, () => Effect.provide(test(), HttpTransport.layerFetch))

  live("posts the chunks as one body with the headers, and no trace of this service", () =>
    Effect.gen(function* () {
      const url = yield* serve((response, body, headers) =>
        response.end(JSON.stringify([body, headers["authorization"], headers["traceparent"] ?? "no trace"]))
      )
      const { text } = yield* Effect.withSpan(post({ url }), "send")
      assert.deepStrictEqual(JSON.parse(text), [`["é",1]`, "Bearer s3cret", "no trace"])
    }).pipe(Effect.scoped)
  )

  live("gives a redirect, and does not follow it", () =>
    Effect.gen(function* () {
      let followed = 0
      const elsewhere = yield* serve((response) => (followed++, response.end()))
      const url = yield* serve((response) => response.writeHead(307, { location: elsewhere }).end())
      const { headers, status } = yield* post({ url })
      assert.deepStrictEqual([status, headers["location"], followed], [307, elsewhere, 0])
    }).pipe(Effect.scoped)
  )

  live("tells whether a connection was made, and whether the response had begun", () =>
    Effect.gen(function* () {
      const closed = yield* Effect.scoped(serve(() => {}))
      const reset = yield* serve((response) => response.socket!.resetAndDestroy())
      const cut = yield* serve((response) => {
        response.writeHead(200, { "content-length": 9 })
        response.write("{", () => response.destroy())
      })
      for (const [url, during] of [
        [closed, "connect"],
        [reset, "send"],
        [cut, "response"]
      ] as const) {
        const failure = yield* Effect.flip(post({ url }))
        assert.deepInclude(failure, { _tag: "ConnectionFailed", during })
        assert.notInclude(inspect(failure, { depth: 20, showHidden: true }), "s3cret")
      }
    }).pipe(Effect.scoped)
  )

  live("keeps the status of an error whose body is cut", () =>
    Effect.gen(function* () {
      const url = yield* serve((response) => {
        response.writeHead(413, { "content-length": 9 })
        response.write("{", () => response.destroy())
      })
      assert.strictEqual((yield* post({ url })).status, 413)
    }).pipe(Effect.scoped)
  )

  live("ends its request where it is interrupted, and where its response is too large", () =>
    Effect.gen(function* () {
      const closed = yield* Deferred.make<void>()
      const reached = yield* Deferred.make<void>()
      const silent = yield* serve((response) => {
        response.on("close", () => Deferred.doneUnsafe(closed, Effect.void))
        Deferred.doneUnsafe(reached, Effect.void)
      })
      const fiber = yield* Effect.forkChild(post({ url: silent }))
      yield* Deferred.await(reached)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(closed)

      const ended = yield* Deferred.make<void>()
      const endless = yield* serve((response) => {
        response.on("close", () => Deferred.doneUnsafe(ended, Effect.void))
        response.write("x".repeat(100))
      })
      assert.strictEqual((yield* Effect.flip(post({ url: endless, responseBytes: 10 })))._tag, "ResponseTooLarge")
      yield* Deferred.await(ended)
    }).pipe(Effect.scoped)
  )
})

it("a response's JSON object is found in its body, and nothing else is", () => {
  const objectIn = (text: string) => HttpTransport.jsonObject({ status: 200, headers: {}, text })
  assert.deepStrictEqual(objectIn(`{"code":200}`), { code: 200 })
  for (const text of ["", "<html>", "[]", "null", `"text"`, "{"]) assert.isUndefined(objectIn(text))
})

it("a body that a sink does not expect refuses the batch if it is an error, and else makes the destination unavailable", () => {
  const errorOf = (text: string) => {
    const { _tag, reason } = HttpTransport.unexpectedBody({ status: 200, headers: {}, text }, "Acme")
    return [_tag, reason]
  }
  for (const body of [`{"error":"no"}`, `{"status":0}`]) {
    assert.deepStrictEqual(errorOf(body), ["Refused", "status 200 with an error body"])
  }
  assert.deepStrictEqual(errorOf("<html>"), ["Unavailable", "status 200 with a body that is not Acme's"])
})
