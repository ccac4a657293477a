import { assert, describe, it } from "@effect/vitest"
import { SegmentServer } from "@trackmap/testing"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as http from "node:http"
import * as net from "node:net"
import type { AddressInfo } from "node:net"
import { inspect } from "node:util"
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
import { HttpTransport } from "./index.ts"

interface Received {
  readonly headers: http.IncomingHttpHeaders
  readonly url: string
  readonly body: string
}

/** A server on the loopback interface, what it received, and how many connections it was asked for. */
const serve = Effect.fnUntraced(function* (
  respond: (response: http.ServerResponse, request: http.IncomingMessage) => void
): Effect.fn.Return<
  { readonly url: string; readonly received: ReadonlyArray<Received>; readonly connections: () => number },
  never,
  Scope.Scope
> {
  const received: Array<Received> = []
  let connections = 0
  const server = http.createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      received.push({ headers: request.headers, url: request.url!, body: Buffer.concat(chunks).toString() })
      respond(response, request)
    })
  })
  server.on("connection", () => connections++)
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () => Effect.sync(() => (server.closeAllConnections(), server.close()))
  )
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    connections: () => connections
  }
})

const encoder = new TextEncoder()
const post = (url: string, more?: Partial<HttpTransport.Request>) =>
  Effect.flatMap(HttpTransport.HttpTransport, (transport) =>
    transport.post({
      url,
      headers: { authorization: Redacted.make("Bearer secret"), "content-type": "application/json" },
      body: [encoder.encode(`["é",`), encoder.encode(`1]`)],
      timeout: 5_000,
      ...more
    })
  )

/** Writes until the connection is gone. */
const flood = (response: http.ServerResponse): void => {
  const more = (): void => {
    while (!response.destroyed && response.write("x".repeat(65_536)));
  }
  response.on("drain", more)
  more()
}

/** A body too large for a connection to take at once. Each chunk has different bytes. */
const longBody = (): ReadonlyArray<Uint8Array> =>
  Array.from({ length: 8 }, (_, i) => new Uint8Array(2_000_000).fill(i + 1))

/** A server that reads the beginning of a request, and the rest on demand. */
const reluctant = Effect.fnUntraced(function* (onRequest: (socket: net.Socket) => void) {
  const chunks: Array<Buffer> = []
  const reached = yield* Deferred.make<net.Socket>()
  const closed = yield* Deferred.make<void>()
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {})
    socket.on("close", () => Deferred.doneUnsafe(closed, Effect.void))
    socket.once("data", (chunk) => {
      chunks.push(chunk)
      socket.pause()
      onRequest(socket)
      Deferred.doneUnsafe(reached, Effect.succeed(socket))
    })
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () => Effect.sync(() => server.close())
  )
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reached: Deferred.await(reached),
    /** Reads until the client is gone, and returns what has come of the body. */
    rest: Effect.gen(function* () {
      const socket = yield* Deferred.await(reached)
      socket.on("data", (chunk) => chunks.push(chunk))
      socket.on("end", () => socket.destroy())
      socket.resume()
      yield* Deferred.await(closed)
      const all = Buffer.concat(chunks)
      return all.subarray(all.indexOf("\r\n\r\n") + 4)
    })
  }
})

const answer =
  (status: string, headers = "") =>
  (socket: net.Socket) =>
    void socket.write(`HTTP/1.1 ${status}\r\ncontent-length: 2\r\n${headers}\r\n{}`)

/** What ends a post before its body is sent. */
const early: Readonly<Record<string, (socket: net.Socket) => void>> = {
  "a refusal": answer("413 Content Too Large"),
  "a refusal that closes the connection": answer("413 Content Too Large", "connection: close\r\n"),
  "a success": answer("200 OK"),
  "a timeout": () => {},
  "a server that hangs up": (socket) => void socket.end(),
  "an interruption": () => {}
}

const layers = { fetch: HttpTransport.layerFetch, "node:http": HttpTransport.layerNodeHttp() }

for (const [name, layer] of Object.entries(layers)) {
  const live = <A, E>(behaves: string, test: Effect.Effect<A, E, HttpTransport.HttpTransport | Scope.Scope>) =>
    it.live(behaves, () => Effect.provide(test, layer))

  describe(`a transport on ${name}`, () => {
    live(
      "posts chunks as one body, and gives status, headers and text",
      Effect.gen(function* () {
        const server = yield* serve((response) => {
          response.writeHead(202, { "X-Kind": "B" })
          response.end("grüß")
        })
        const { headers, status, text } = yield* post(`${server.url}/a?b=c`)
        assert.deepStrictEqual([status, headers["x-kind"], text], [202, "B", "grüß"])
        const [{ body, headers: sent, url }] = server.received as [Received]
        assert.deepStrictEqual([url, body, sent["content-length"]], ["/a?b=c", `["é",1]`, "8"])
        assert.deepStrictEqual([sent.authorization, sent["content-type"]], ["Bearer secret", "application/json"])
      })
    )

    live(
      "uses connections again, whatever the status of the response",
      Effect.gen(function* () {
        let status = 200
        const server = yield* serve((response) => response.writeHead(status++).end("ok"))
        for (let i = 0; i < 4; i++) yield* post(server.url)
        status = 503
        for (let i = 0; i < 4; i++) yield* post(server.url)
        assert.strictEqual(server.received.length, 8)
        // A client may want one while it has the other back only in a moment.
        assert.isAtMost(server.connections(), 2)
      })
    )

    live(
      "gives up at its limit of time, before the response and within it, and ends the request",
      Effect.gen(function* () {
        for (const begins of [false, true]) {
          const closed = yield* Deferred.make<void>()
          const server = yield* serve((response) => {
            response.on("close", () => Effect.runSync(Deferred.succeed(closed, undefined)))
            if (begins) response.writeHead(200).write("{")
          })
          const failure = yield* Effect.flip(post(server.url, { timeout: 300 }))
          assert.deepStrictEqual([failure._tag, failure.message], ["TimedOut", "no response within 300ms"])
          yield* Deferred.await(closed)
        }
      })
    )

    live(
      "ends its request where it is interrupted",
      Effect.gen(function* () {
        const [reached, closed] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        const server = yield* serve((response) => {
          response.on("close", () => Effect.runSync(Deferred.succeed(closed, undefined)))
          Effect.runSync(Deferred.succeed(reached, undefined))
        })
        const fiber = yield* Effect.forkChild(post(server.url))
        yield* Deferred.await(reached)
        yield* Fiber.interrupt(fiber)
        yield* Deferred.await(closed)
      })
    )

    live(
      "does not read on beyond its limit of bytes, compressed or not",
      Effect.gen(function* () {
        const endless = yield* serve((response) => flood(response.writeHead(200)))
        const bomb = yield* serve((response) =>
          response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(5_000_000)))
        )
        for (const { url } of [endless, bomb]) {
          const failure = yield* Effect.flip(post(url))
          assert.strictEqual(failure._tag, "ResponseTooLarge")
          assert.strictEqual(HttpTransport.toSendError(failure)._tag, "Unavailable")
        }
        const exact = yield* serve((response) => response.end("12345"))
        assert.strictEqual((yield* post(exact.url, { responseBytes: 5 })).text, "12345")
        assert.strictEqual((yield* Effect.flip(post(exact.url, { responseBytes: 4 })))._tag, "ResponseTooLarge")
      })
    )

    live(
      "gives the status of a response that is no success, though its body is endless, cut or late",
      Effect.gen(function* () {
        const packed = yield* serve((response) =>
          response.writeHead(400, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(50_000_000, "x")))
        )
        const { status, text, truncatedAt } = yield* post(packed.url)
        assert.deepStrictEqual([status, truncatedAt], [400, 1_000_000])
        assert.isTrue(text === "x".repeat(1_000_000), `${text.length} characters`)
        const bodies: ReadonlyArray<(response: http.ServerResponse) => void> = [
          flood,
          (response) => void response.write("{", () => response.destroy()),
          (response) => void response.write("{")
        ]
        for (const write of bodies) {
          const server = yield* serve((response) => write(response.writeHead(413, { "content-length": 9e9 })))
          assert.strictEqual((yield* post(server.url, { timeout: 500 })).status, 413)
        }
      })
    )

    live(
      "tells how far a connection came that failed, and not what was sent on it",
      Effect.gen(function* () {
        const closed = yield* Effect.scoped(serve(() => {}))
        const reset = yield* serve((_, { socket }) => socket.resetAndDestroy())
        const cut = yield* serve((response) => {
          response.writeHead(200, { "content-length": 9 })
          response.write("{", () => response.destroy())
        })
        const failing = [
          [closed.url, "connect", "the endpoint was not reached (ECONNREFUSED)"],
          [reset.url, "send", "the endpoint was not reached"],
          [cut.url, "response", "the response was cut off"]
        ] as const
        for (const [url, during, message] of failing) {
          const failure = yield* Effect.flip(post(url))
          assert.strictEqual(failure._tag, "ConnectionFailed")
          assert.strictEqual((failure as HttpTransport.ConnectionFailed).during, during)
          assert.include(failure.message, message)
          assert.notInclude(inspect(failure, { depth: 9, showHidden: true }), "secret")
        }
      })
    )

    live(
      "follows no redirect",
      Effect.gen(function* () {
        const elsewhere = yield* serve((response) => response.end("{}"))
        const server = yield* serve((response) => response.writeHead(307, { location: elsewhere.url }).end())
        const { headers, status } = yield* post(server.url)
        assert.deepStrictEqual([status, headers["location"]], [307, elsewhere.url])
        assert.deepStrictEqual(elsewhere.received, [])
      })
    )

    live(
      "reads a response that is compressed, and one without a body",
      Effect.gen(function* () {
        const body = `{"success":true}`
        const encodings = { gzip: gzipSync, br: brotliCompressSync }
        for (const [encoding, pack] of Object.entries(encodings)) {
          const packed = yield* serve((response) =>
            response.writeHead(200, { "content-encoding": encoding }).end(pack(body))
          )
          assert.strictEqual((yield* post(packed.url)).text, body, encoding)
        }
        const empty = yield* serve((response) => response.writeHead(204).end())
        assert.deepStrictEqual((yield* post(empty.url)).text, "")
      })
    )

    live(
      "reads a response that is compressed in an older way",
      Effect.gen(function* () {
        for (const [encoding, pack] of Object.entries({ "x-gzip": gzipSync, deflate: deflateSync })) {
          const packed = yield* serve((response) =>
            response.writeHead(200, { "content-encoding": encoding }).end(pack("{}"))
          )
          assert.strictEqual((yield* post(packed.url)).text, "{}", encoding)
        }
      })
    )

    for (const [what, onRequest] of Object.entries(early)) {
      live(
        `reads no byte of the body once a post has ended by ${what}`,
        Effect.gen(function* () {
          const server = yield* reluctant(onRequest)
          const body = longBody()
          const original = Buffer.concat(body)
          const fiber = yield* Effect.forkChild(
            Effect.exit(post(server.url, { body, timeout: what === "a timeout" ? 300 : 20_000 }))
          )
          yield* server.reached
          yield* what === "an interruption" ? Fiber.interrupt(fiber) : Fiber.join(fiber)
          for (const chunk of body) chunk.fill(255)
          const sent = yield* server.rest
          assert.isBelow(sent.length, original.length)
          assert.isTrue(sent.equals(original.subarray(0, sent.length)))
        })
      )
    }

    live(
      "fails as the connection does if the server closes a kept connection, and opens another",
      Effect.gen(function* () {
        const server = yield* serve((response, { socket }) =>
          server.received.length === 2 ? socket.destroy() : response.end("ok")
        )
        yield* post(server.url)
        const failure = yield* Effect.flip(post(server.url))
        assert.deepInclude(failure, { _tag: "ConnectionFailed", during: "send" })
        assert.strictEqual((yield* post(server.url)).text, "ok")
        assert.strictEqual(server.received.length, 3)
      })
    )

    live(
      "does not trust a certificate that nobody has vouched for",
      Effect.gen(function* () {
        const server = yield* SegmentServer.make({ tls: true })
        const failure = yield* Effect.flip(post(server.url))
        const isDenos = name === "fetch" && "deno" in process.versions
        assert.include(failure.message, isDenos ? "CERT_REJECTED" : "DEPTH_ZERO_SELF_SIGNED_CERT")
        assert.strictEqual((failure as HttpTransport.ConnectionFailed).during, "connect")
      })
    )
  })
}

const onNode = <A, E>(
  effect: Effect.Effect<A, E, HttpTransport.HttpTransport>,
  options: HttpTransport.NodeHttpOptions
): Effect.Effect<A, E> => Effect.provide(effect, HttpTransport.layerNodeHttp(options))

describe("a transport on node:http", () => {
  it.live("says who it is, as fetch does, and lets a sink say something else", () =>
    Effect.gen(function* () {
      const server = yield* serve((response) => response.end())
      yield* onNode(post(server.url), {})
      yield* onNode(post(server.url, { headers: { "user-agent": "shop" } }), {})
      assert.deepStrictEqual(
        server.received.map(({ headers }) => headers["user-agent"]),
        ["node", "shop"]
      )
    })
  )

  it.live("gives cookies that come one by one as one header", () =>
    Effect.gen(function* () {
      const server = yield* serve((response) => response.writeHead(200, { "set-cookie": ["a=1", "b=2"] }).end())
      assert.strictEqual((yield* onNode(post(server.url), {})).headers["set-cookie"], "a=1, b=2")
    })
  )

  it.live("closes a connection that has reached its age, and finds the host anew", () =>
    Effect.gen(function* () {
      const server = yield* serve((response) => response.end())
      const three = Effect.replicateEffect(post(server.url), 3)
      yield* onNode(three, {})
      assert.strictEqual(server.connections(), 1)
      yield* onNode(three, { maxAge: 0 })
      assert.strictEqual(server.connections(), 4)
    })
  )

  it.live("opens as many connections to a host as it may, and lets more requests wait for their turn", () =>
    Effect.gen(function* () {
      const server = yield* serve((response) => response.end("ok"))
      const posts = Effect.all(
        Array.from({ length: 6 }, () => post(server.url)),
        { concurrency: "unbounded" }
      )
      const responses = yield* onNode(posts, { maxSockets: 2 })
      assert.deepStrictEqual(
        responses.map(({ text }) => text),
        Array.from({ length: 6 }, () => "ok")
      )
      assert.strictEqual(server.connections(), 2)
    })
  )

  it.live("closes a connection that waits too long for its next request", () =>
    Effect.gen(function* () {
      const closed = yield* Deferred.make<void>()
      const server = yield* serve((response, { socket }) => {
        socket.on("close", () => Deferred.doneUnsafe(closed, Effect.void))
        response.end()
      })
      yield* onNode(Effect.andThen(post(server.url), Deferred.await(closed)), { timeout: 50 })
    })
  )

  it("refuses an age that is no duration", () => {
    assert.throws(
      () => HttpTransport.layerNodeHttp({ maxAge: "soon" as never }),
      'HttpTransport: maxAge must be a number of milliseconds (0 or more), or a string like "10 seconds"'
    )
  })

  it.live("takes Node's options of TLS", () =>
    Effect.gen(function* () {
      const server = yield* SegmentServer.make({ tls: true })
      const { status } = yield* Effect.provide(
        post(server.url),
        HttpTransport.layerNodeHttp({ rejectUnauthorized: false })
      )
      assert.strictEqual(status, 404)
    })
  )

  it.live("goes through the proxy of an environment, and past it where that says so", () =>
    Effect.gen(function* () {
      const proxy = yield* serve((response) => response.end("from the proxy"))
      const server = yield* serve((response) => response.end("from the server"))
      const through = (env: Record<string, string>) =>
        Effect.map(
          Effect.provide(
            post(`${server.url}/a`),
            HttpTransport.layerNodeHttp({ proxyEnv: { HTTP_PROXY: proxy.url, ...env } })
          ),
          ({ text }) => text
        )
      assert.strictEqual(yield* through({}), "from the proxy")
      assert.strictEqual(proxy.received[0]!.url, `${server.url}/a`)
      assert.strictEqual(yield* through({ NO_PROXY: "127.0.0.1" }), "from the server")
    })
  )
})
