import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import { basic, long, open, post } from "../test/client.ts"
import type { Post } from "../test/client.ts"
import { Fault, MixpanelServer, SegmentServer } from "./index.ts"

const track = (messageId: string, more?: object) => ({ type: "track", event: "e", userId: "u", messageId, ...more })
const success = `{"success":true}`

const start = Effect.gen(function* () {
  const server = yield* SegmentServer.make()
  const request = (ids: ReadonlyArray<string>, more?: object): [string, Post] => [
    `${server.url}/v1/batch`,
    { body: { writeKey: server.writeKey, batch: ids.map((id) => track(id, more)) } }
  ]
  return {
    ...server,
    open: (...ids: ReadonlyArray<string>) => open(...request(ids)),
    send: (...ids: ReadonlyArray<string>) => post(...request(ids)),
    sendLarge: (id: string) => post(...request(many(id), { properties: { text: long(20_000) } })),
    ids: Effect.map(server.received, (messages) => messages.map(({ messageId }) => messageId))
  }
})
const many = (id: string) => Array.from({ length: 20 }, (_, n) => `${id}-${n}`)

/** A Segment server under one fault for one request. */
const under = (fault: Fault.Common) => Effect.tap(start, (server) => server.misbehave([[fault, 1]]))

/** After a fault the server behaves again, and has got only what it should have. */
const behavesAgain = Effect.fnUntraced(function* (server: Effect.Success<typeof start>, kept: ReadonlyArray<string>) {
  assert.strictEqual((yield* server.send("again")).text, success)
  assert.deepStrictEqual(yield* server.ids, [...kept, "again"])
})

describe("plans", () => {
  it.effect("faults follow one another, each for its number of requests", () =>
    Effect.gen(function* () {
      const server = yield* start
      yield* server.misbehave([
        [Fault.status(500), 2],
        [Fault.none, 1],
        [Fault.status(503), 1]
      ])
      const statuses: Array<number> = []
      for (const id of ["a", "b", "c", "d", "e"]) statuses.push((yield* server.send(id)).status)
      assert.deepStrictEqual(statuses, [500, 500, 200, 503, 200])
      assert.deepStrictEqual(
        (yield* server.requests).map(({ status }) => status),
        statuses
      )
    })
  )

  it.effect("a function picks requests by their head, until it is replaced", () =>
    Effect.gen(function* () {
      const server = yield* start
      yield* server.misbehave(({ headers, index, method, path, query }) => {
        assert.strictEqual(headers["content-type"], "application/json")
        assert.deepStrictEqual([method, path, query], ["POST", "/v1/batch", {}])
        return index === 1 ? Fault.status(500) : undefined
      })
      const statuses: Array<number> = []
      for (const id of ["a", "b", "c"]) statuses.push((yield* server.send(id)).status)
      assert.deepStrictEqual(statuses, [200, 500, 200])
      yield* server.misbehave(() => Fault.status(503))
      assert.strictEqual((yield* server.send("d")).status, 503)
      yield* server.misbehave([])
      assert.strictEqual((yield* server.send("d")).status, 200)
    })
  )

  it.effect("a function that throws is answered with 500 and logged", () =>
    Effect.gen(function* () {
      const messages: Array<unknown> = []
      const logger = Logger.make(({ message }) => void messages.push(message))
      const server = yield* Effect.provide(start, Logger.layer([logger]))
      const broken = new Error("no such property")
      const fail = () => {
        throw broken
      }
      yield* server.misbehave([[Fault.poison(fail), 1]])
      const reply = yield* server.send("a")
      assert.deepStrictEqual([reply.status, reply.text], [500, "Error: no such property"])
      yield* server.misbehave(fail)
      assert.strictEqual((yield* server.send("a")).status, 500)
      const logged = ["A function that you passed to misbehave, or a function of the vendor, threw", broken]
      assert.deepStrictEqual(messages, [logged, logged])
    })
  )

  it.effect("clear leaves the plan as it is", () =>
    Effect.gen(function* () {
      const server = yield* under(Fault.status(500))
      yield* server.clear
      assert.strictEqual((yield* server.send("a")).status, 500)
    })
  )
})

describe("answers instead of the vendor's own", () => {
  it.effect("status: with the vendor's body, and nothing kept", () =>
    Effect.gen(function* () {
      const server = yield* under(Fault.status(500))
      const reply = yield* server.send("a")
      assert.strictEqual(reply.status, 500)
      assert.strictEqual(JSON.parse(reply.text).success, false)
      yield* behavesAgain(server, [])
    })
  )

  it.effect("status: with headers and a body of one's own", () =>
    Effect.gen(function* () {
      const server = yield* start
      yield* server.misbehave([
        [Fault.status(502, { headers: { "content-type": "text/html" }, body: "<html>" }), 1],
        [Fault.status(500, { body: { code: 1 } }), 1]
      ])
      const page = yield* server.send("a")
      assert.deepStrictEqual([page.status, page.headers.get("content-type"), page.text], [502, "text/html", "<html>"])
      assert.strictEqual((yield* server.send("a")).text, `{"code":1}`)
    })
  )

  it.effect("retryAfter: in seconds, at a date, or not at all", () =>
    Effect.gen(function* () {
      const server = yield* start
      yield* server.misbehave([
        [Fault.retryAfter(429, 7), 1],
        [Fault.retryAfter(503, new Date(0)), 1],
        [Fault.retryAfter(429), 1]
      ])
      const heads: Array<ReadonlyArray<unknown>> = []
      for (const id of ["a", "b", "c"]) {
        const { headers, status } = yield* server.send(id)
        heads.push([status, headers.get("retry-after"), headers.get("x-ratelimit-reset")])
      }
      assert.deepStrictEqual(heads, [
        [429, "7", "7"],
        [503, "Thu, 01 Jan 1970 00:00:00 GMT", null],
        [429, null, null]
      ])
      yield* behavesAgain(server, [])
    })
  )

  it.effect("errorBody: a 200 that says no", () =>
    Effect.gen(function* () {
      const server = yield* start
      yield* server.misbehave([
        [Fault.errorBody(), 1],
        [Fault.errorBody({ success: false, code: 7 }), 1]
      ])
      const reply = yield* server.send("a")
      assert.deepStrictEqual([reply.status, JSON.parse(reply.text).success], [200, false])
      assert.strictEqual((yield* server.send("a")).text, `{"success":false,"code":7}`)
      yield* behavesAgain(server, [])
    })
  )

  it.effect("redirect: to another place, by another status where one is given", () =>
    Effect.gen(function* () {
      const server = yield* start
      yield* server.misbehave([
        [Fault.redirect("https://example.com/login"), 1],
        [Fault.redirect("/elsewhere", 308), 1]
      ])
      const found = yield* server.send("a")
      assert.deepStrictEqual([found.status, found.headers.get("location")], [302, "https://example.com/login"])
      assert.strictEqual((yield* server.send("a")).status, 308)
      yield* behavesAgain(server, [])
    })
  )
})

describe("answers that do not come as they should", () => {
  it.effect("malformed: a 200 that is no JSON, and the messages are kept", () =>
    Effect.gen(function* () {
      const server = yield* under(Fault.malformed)
      const reply = yield* server.send("a")
      assert.strictEqual(reply.status, 200)
      assert.throws(() => JSON.parse(reply.text))
      yield* behavesAgain(server, ["a"])
    })
  )

  it.effect("reset before: the body is not read", () =>
    Effect.gen(function* () {
      const server = yield* under(Fault.reset("before"))
      yield* Effect.flip(server.send("a"))
      const [request] = yield* server.requests
      assert.deepStrictEqual([request!.bytes, request!.text, request!.status], [0, "", undefined])
      yield* behavesAgain(server, [])
    })
  )

  it.effect("reset during: a part of the body is read", () =>
    Effect.gen(function* () {
      const server = yield* under(Fault.reset("during"))
      yield* Effect.flip(server.sendLarge("a"))
      const [request] = yield* server.requests
      assert.isAbove(request!.bytes, 0)
      assert.isBelow(request!.bytes, Number(request!.headers["content-length"]))
      yield* behavesAgain(server, [])
    })
  )

  it.effect("reset during a request without a body", () =>
    Effect.gen(function* () {
      const server = yield* under(Fault.reset("during"))
      yield* Effect.flip(post(server.url, { method: "DELETE" }))
      assert.strictEqual((yield* server.requests)[0]!.bytes, 0)
    })
  )

  it.effect("reset after: the messages are kept, and sending them again makes duplicates", () =>
    Effect.gen(function* () {
      const server = yield* under(Fault.reset("after"))
      yield* Effect.flip(server.send("a"))
      assert.deepStrictEqual(yield* server.ids, ["a"])
      yield* server.send("a")
      assert.strictEqual((yield* server.duplicates).length, 1)
      yield* behavesAgain(server, ["a"])
    })
  )

  it.effect("hang: the request is read and never answered", () =>
    Effect.gen(function* () {
      const server = yield* under(Fault.hang)
      const sending = yield* Effect.forkChild(server.send("a"))
      const [request] = yield* server.awaitRequests(1)
      assert.strictEqual((request!.body as any).batch.length, 1)
      yield* TestClock.adjust("1 day")
      assert.isUndefined(sending.pollUnsafe())
      yield* Fiber.interrupt(sending)
      yield* behavesAgain(server, [])
    })
  )

  it.effect("slow: a byte of the answer each second", () =>
    Effect.gen(function* () {
      const server = yield* under(Fault.slow)
      const response = yield* server.open("a")
      assert.strictEqual(response.headers.get("content-length"), String(success.length))
      const reader = response.body!.getReader()
      for (const byte of success) {
        const { value } = yield* Effect.promise(() => reader.read())
        assert.strictEqual(Buffer.from(value!).toString(), byte)
        yield* TestClock.adjust("1 second")
      }
      assert.isTrue((yield* Effect.promise(() => reader.read())).done)
      yield* behavesAgain(server, ["a"])
    })
  )

  it.effect("cut: less comes than was announced, and the messages are kept", () =>
    Effect.gen(function* () {
      const server = yield* under(Fault.cut)
      const response = yield* server.open("a")
      assert.deepStrictEqual([response.status, response.headers.get("content-length")], [200, String(success.length)])
      yield* Effect.flip(Effect.tryPromise(() => response.text()))
      yield* behavesAgain(server, ["a"])
    })
  )

  it.effect("delay: the answer comes late", () =>
    Effect.gen(function* () {
      const server = yield* under(Fault.delay(1_500))
      const sending = yield* Effect.forkChild(server.send("a"))
      yield* server.awaitRequests(1)
      yield* TestClock.adjust(1_499)
      assert.deepStrictEqual(yield* server.ids, [])
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* Fiber.join(sending)).text, success)
      yield* behavesAgain(server, ["a"])
    })
  )
})

describe("refusals that depend on the messages", () => {
  it.effect("poison: a whole batch for the sake of one message, which is not named", () =>
    Effect.gen(function* () {
      const server = yield* start
      yield* server.misbehave([[Fault.poison(({ messageId }) => messageId === "b"), Infinity]])
      assert.strictEqual((yield* server.send("a", "b")).status, 400)
      assert.strictEqual((yield* server.send("b")).status, 400)
      yield* behavesAgain(server, [])
    })
  )

  it.effect("tooLarge: more than so many messages", () =>
    Effect.gen(function* () {
      const server = yield* start
      yield* server.misbehave([[Fault.tooLarge(2), Infinity]])
      assert.strictEqual((yield* server.send("a", "b", "c")).status, 413)
      assert.strictEqual((yield* server.send("a", "b")).status, 200)
      yield* behavesAgain(server, ["a", "b"])
    })
  )
})

describe("Mixpanel", () => {
  const now = Date.UTC(2026, 0, 1)
  const event = (id: string) => ({ event: "e", properties: { time: now, distinct_id: "u", $insert_id: id } })
  const update = (id: string) => ({ $token: "project-token", $distinct_id: id, $set: {} })

  const startMixpanel = Effect.gen(function* () {
    yield* TestClock.setTime(now)
    const server = yield* MixpanelServer.make()
    return {
      ...server,
      import: (...ids: ReadonlyArray<string>) =>
        post(`${server.url}/import?strict=1`, { body: ids.map(event), headers: basic(server.token, "") }),
      engage: (...ids: ReadonlyArray<string>) => post(`${server.url}/engage`, { body: ids.map(update) })
    }
  })

  it.effect("partial: some events fail, by name, and the others are kept", () =>
    Effect.gen(function* () {
      const server = yield* startMixpanel
      yield* server.misbehave([[Fault.partial(({ properties }) => properties.$insert_id === "b"), 1]])
      const reply = yield* server.import("a", "b", "c")
      assert.strictEqual(reply.status, 400)
      const { failed_records, num_records_imported } = JSON.parse(reply.text)
      assert.deepStrictEqual(
        failed_records.map((failed: any) => [failed.index, failed.insert_id]),
        [[1, "b"]]
      )
      assert.strictEqual(num_records_imported, 2)
      assert.deepStrictEqual(yield* server.events, [event("a"), event("c")])
      assert.strictEqual((yield* server.import("b")).status, 200)
    })
  )

  it.effect("partial: some profile updates fail", () =>
    Effect.gen(function* () {
      const server = yield* startMixpanel
      yield* server.misbehave([[Fault.partial(({ $distinct_id }) => $distinct_id === "b"), Infinity]])
      assert.strictEqual((yield* server.engage("a", "b")).text, "1")
      assert.strictEqual((yield* server.engage("b")).text, "0")
      assert.deepStrictEqual(yield* server.updates, [update("a")])
    })
  )

  it.effect("cut: an answer of one byte does not come at all", () =>
    Effect.gen(function* () {
      const server = yield* startMixpanel
      yield* server.misbehave([[Fault.cut, 1]])
      yield* Effect.flip(server.engage("a"))
      assert.deepStrictEqual(yield* server.updates, [update("a")])
    })
  )

  it.effect("says a status in its own way at each path", () =>
    Effect.gen(function* () {
      const server = yield* startMixpanel
      yield* server.misbehave([
        [Fault.status(429), 2],
        [Fault.tooLarge(1), 1],
        [Fault.status(599), 1]
      ])
      const error = "Project exceeded rate limits. Please retry the request with exponential backoff."
      assert.deepStrictEqual(JSON.parse((yield* server.import("a")).text), {
        code: 429,
        error,
        status: "Too Many Requests"
      })
      assert.deepStrictEqual(JSON.parse((yield* server.engage("a")).text), { error, status: "error" })
      assert.deepStrictEqual(JSON.parse((yield* server.import("a", "b")).text), {
        code: 413,
        error: "request exceeds max limit of 10000000 bytes",
        status: "Request Entity Too Large"
      })
      assert.deepStrictEqual(JSON.parse((yield* server.engage("a")).text), { error: "599", status: "error" })
    })
  )

  it.effect("says no in the body of a 200 in its own way at each path", () =>
    Effect.gen(function* () {
      const server = yield* startMixpanel
      yield* server.misbehave([[Fault.errorBody(), 2]])
      const reply = yield* server.import("a")
      assert.deepStrictEqual([reply.status, JSON.parse(reply.text).num_records_imported], [200, 0])
      assert.strictEqual((yield* server.engage("a")).text, "0")
      assert.deepStrictEqual(yield* server.raw, [])
      assert.deepStrictEqual(yield* server.updates, [])
    })
  )
})
