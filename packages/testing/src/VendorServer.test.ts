import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Http from "node:http"
import * as Https from "node:https"
import { basic, long, open, post } from "../test/client.ts"
import { Fault, MixpanelServer, SegmentServer, VendorServer } from "./index.ts"

const body = JSON.stringify({ writeKey: "write-key", batch: [{ type: "page", userId: "u", messageId: "m" }] })
const headers = { "content-type": "application/json", "content-length": String(body.length) }

/** A request by node's own client: the status, and whether the connection had been used before. */
const request = (url: string, agent: Http.Agent, client: typeof Http | typeof Https = Http) =>
  Effect.callback<{ readonly status: number; readonly reused: boolean }, Error>((resume) => {
    const sent = client.request(`${url}/v1/batch`, { method: "POST", headers, agent }, (response) => {
      response.resume()
      response.once("close", () => resume(Effect.succeed({ status: response.statusCode!, reused: sent.reusedSocket })))
    })
    sent.once("error", (error) => resume(Effect.fail(error)))
    sent.end(body)
  })

it.effect("a connection is kept for the next request", () =>
  Effect.gen(function* () {
    const server = yield* SegmentServer.make()
    const agent = new Http.Agent({ keepAlive: true, maxSockets: 1 })
    assert.deepStrictEqual(yield* request(server.url, agent), { status: 200, reused: false })
    assert.deepStrictEqual(yield* request(server.url, agent), { status: 200, reused: true })
  })
)

describe("tls", () => {
  it.effect("refuses nobody who does not verify", () =>
    Effect.gen(function* () {
      const server = yield* SegmentServer.make({ tls: true })
      const agent = new Https.Agent({ rejectUnauthorized: false })
      assert.strictEqual((yield* request(server.url, agent, Https)).status, 200)
      assert.strictEqual((yield* server.received).length, 1)
    })
  )

  it.effect("is refused by a client that verifies, and gets no request", () =>
    Effect.gen(function* () {
      const server = yield* SegmentServer.make({ tls: true })
      const error = yield* Effect.flip(request(server.url, new Https.Agent(), Https))
      assert.strictEqual((error as NodeJS.ErrnoException).code, "DEPTH_ZERO_SELF_SIGNED_CERT")
      assert.deepStrictEqual(yield* server.requests, [])
    })
  )

  it.effect("resets connections as well", () =>
    Effect.gen(function* () {
      const server = yield* MixpanelServer.make({ tls: true })
      yield* server.misbehave([[Fault.reset("before"), 1]])
      const agent = new Https.Agent({ rejectUnauthorized: false })
      yield* Effect.flip(request(server.url, agent, Https))
      assert.strictEqual((yield* request(server.url, agent, Https)).status, 404)
    })
  )
})

describe("when the scope closes", () => {
  const closable = Effect.gen(function* () {
    const scope = yield* Scope.make()
    const server = yield* Scope.provide(SegmentServer.make(), scope)
    return { ...server, close: Scope.close(scope, Exit.void) }
  })

  for (const fault of [Fault.hang, Fault.slow, Fault.delay("1 day")]) {
    it.live(`${fault._tag}: a pending request is broken off, and the address is free`, () =>
      Effect.gen(function* () {
        const server = yield* closable
        yield* server.misbehave([[fault, 1]])
        const sending = yield* Effect.forkChild(post(`${server.url}/v1/batch`, { body }))
        yield* server.awaitRequests(1)
        yield* server.close
        assert.isTrue(Exit.isFailure(yield* Fiber.await(sending)))
        yield* Effect.flip(open(server.url, { body }))
      })
    )
  }

  it.effect("an idle connection is closed", () =>
    Effect.gen(function* () {
      const server = yield* closable
      const agent = new Http.Agent({ keepAlive: true })
      yield* request(server.url, agent)
      yield* server.close
      yield* Effect.flip(request(server.url, agent))
    })
  )
})

it.effect("awaitRequests waits for requests to come", () =>
  Effect.gen(function* () {
    const server = yield* SegmentServer.make()
    const waiting = yield* Effect.forkChild(server.awaitRequests(2))
    yield* post(`${server.url}/v1/batch?a=1`, { body })
    assert.isUndefined(waiting.pollUnsafe())
    yield* post(`${server.url}/v1/batch`, { body: "{" })
    const [first, second] = yield* Fiber.join(waiting)
    assert.deepStrictEqual(first!.query, { a: "1" })
    assert.deepStrictEqual([first!.method, first!.path, first!.text, first!.status], ["POST", "/v1/batch", body, 200])
    assert.deepStrictEqual([second!.text, second!.body], ["{", undefined])
    assert.strictEqual((yield* server.awaitRequests(1)).length, 2)
  })
)

it.effect("two servers know nothing of each other", () =>
  Effect.gen(function* () {
    const one = yield* SegmentServer.make({ writeKey: "write-key" })
    const two = yield* SegmentServer.make({ writeKey: "another" })
    yield* post(`${one.url}/v1/batch`, { body })
    assert.strictEqual((yield* one.received).length, 1)
    assert.deepStrictEqual(yield* two.requests, [])
  })
)

describe("a vendor of your own", () => {
  const start = Effect.fnUntraced(function* (more?: Partial<VendorServer.Vendor>) {
    const kept: Array<Fault.Message> = []
    const server = yield* VendorServer.make({
      read: ({ body, path }) => {
        if (path !== "/events") return VendorServer.json(404, { error: "no such path" })
        const messages = body as ReadonlyArray<Fault.Message>
        return {
          messages,
          commit: (refuses) => {
            kept.push(...messages.filter((message) => !refuses(message)))
            return VendorServer.json(200, { kept: kept.length })
          }
        }
      },
      clear: () => void (kept.length = 0),
      ...more
    })
    const send = (...ids: ReadonlyArray<string>) =>
      Effect.map(post(`${server.url}/events`, { body: ids.map((id) => ({ id })) }), ({ status, text }) => [
        status,
        JSON.parse(text) as unknown
      ])
    return { ...server, kept, send }
  })

  it.effect("keeps what its batches commit, and forgets it on clear", () =>
    Effect.gen(function* () {
      const server = yield* start()
      assert.deepStrictEqual(yield* server.send("a", "b"), [200, { kept: 2 }])
      assert.strictEqual((yield* post(`${server.url}/other`, { body: [] })).status, 404)
      assert.deepStrictEqual(server.kept, [{ id: "a" }, { id: "b" }])
      yield* server.clear
      assert.deepStrictEqual([server.kept, yield* server.requests], [[], []])
    })
  )

  it.effect("has every fault, and answers with the status's name and with its 400 as a 200 by default", () =>
    Effect.gen(function* () {
      const server = yield* start()
      yield* server.misbehave([
        [Fault.status(503), 1],
        [Fault.status(599), 1],
        [Fault.errorBody(), 1],
        [Fault.poison(({ id }) => id === "a"), 1],
        [Fault.partial(({ id }) => id === "a"), 1]
      ])
      assert.deepStrictEqual(yield* server.send("a"), [503, { error: "Service Unavailable" }])
      assert.deepStrictEqual(yield* server.send("a"), [599, { error: "599" }])
      assert.deepStrictEqual(yield* server.send("a"), [200, { error: "Bad Request" }])
      assert.deepStrictEqual(yield* server.send("a"), [400, { error: "Bad Request" }])
      assert.deepStrictEqual(yield* server.send("a", "b"), [200, { kept: 1 }])
      assert.deepStrictEqual(server.kept, [{ id: "b" }])
    })
  )

  it.effect("says no in its own words", () =>
    Effect.gen(function* () {
      const server = yield* start({
        refusal: (status, { path }) => VendorServer.json(status, { refused: path }),
        denial: ({ method }) => VendorServer.json(200, { denied: method })
      })
      yield* server.misbehave([
        [Fault.status(503), 1],
        [Fault.errorBody(), 1]
      ])
      assert.deepStrictEqual(yield* server.send("a"), [503, { refused: "/events" }])
      assert.deepStrictEqual(yield* server.send("a"), [200, { denied: "POST" }])
    })
  )

  it.effect("refuses what exceeds its limits with 413, and keeps nothing of it", () =>
    Effect.gen(function* () {
      const server = yield* start({ limits: { messages: 2, bytes: 100, messageBytes: 12 } })
      assert.strictEqual((yield* server.send("a", "b"))[0], 200)
      assert.strictEqual((yield* server.send("a", "b", "c"))[0], 413)
      assert.strictEqual((yield* server.send("abcd"))[0], 413)
      assert.strictEqual((yield* server.send(long(100)))[0], 413)
      assert.strictEqual(server.kept.length, 2)
    })
  )

  it.effect("reads Basic authentication and the media type", () =>
    Effect.gen(function* () {
      const server = yield* VendorServer.make({
        read: (request) => VendorServer.json(200, [VendorServer.basic(request), VendorServer.mediaType(request)])
      })
      const headers = { ...basic("user", "pass:word"), "content-type": "Text/CSV; charset=utf-8" }
      const { text } = yield* post(server.url, { body: "a,b", headers })
      assert.deepStrictEqual(JSON.parse(text), [["user", "pass:word"], "text/csv"])
    })
  )
})
