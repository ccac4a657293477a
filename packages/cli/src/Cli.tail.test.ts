import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { assert, describe, it } from "@effect/vitest"
import { Actor, Pii, Plan, TrackedEvent, Tracker } from "@trackmap/core"
import { Inspector } from "@trackmap/inspector"
import { InMemory } from "@trackmap/testing"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { trackmap } from "../test/command.ts"

/** A server, and the address of an inspector on it. */
const serving = (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.promise(
      () =>
        new Promise<{ readonly url: string; readonly close: () => void }>((resolve) => {
          const server = createServer(answer).listen(0, "127.0.0.1", () => {
            const { port } = server.address() as AddressInfo
            const close = () => {
              server.closeAllConnections()
              server.close()
            }
            resolve({ url: `http://127.0.0.1:${port}/inspector/`, close })
          })
        })
    ),
    ({ close }) => Effect.sync(close)
  )

const summary = (messageId: string) => ({
  messageId,
  at: 0,
  type: "track",
  name: "seen",
  entities: [],
  text: "{}",
  sinks: [{ sink: "a", state: "delivered", attempts: 1 }]
})
const stream = { "content-type": "text/event-stream" }
const events = (id: string, ...ids: ReadonlyArray<string>) =>
  `id: ${id}\nevent: tick\ndata: {}\n\nid: ${id}\nevent: events\ndata: ${JSON.stringify(ids.map(summary))}\n\n`

describe("trackmap tail", () => {
  it.live("goes on where a lost connection ended, and shows no event twice", () =>
    Effect.gen(function* () {
      const asked: Array<unknown> = []
      const { url } = yield* serving((request, response) => {
        asked.push([request.url, request.headers["last-event-id"]])
        if (asked.length === 2) return void response.writeHead(503).end()
        response.writeHead(200, stream)
        if (asked.length === 1) response.end(events("run:1", "m1", "m2"))
        else response.write(events("run:2", "m2", "m3"))
      })
      const { code, err, out } = yield* trackmap("tail", url, "--json", "--limit", "3")
      assert.deepStrictEqual([code, out.split("\n").map((line) => JSON.parse(line).messageId)], [0, ["m1", "m2", "m3"]])
      assert.deepStrictEqual(asked, [
        ["/inspector/api/stream", undefined],
        ["/inspector/api/stream", "run:1"],
        ["/inspector/api/stream", "run:1"]
      ])
      assert.strictEqual(
        err,
        "trackmap: the service has ended it, trying again\ntrackmap: it answers 503, trying again"
      )
    })
  )

  it.live("says what to do if it is refused, or if there is no inspector", () =>
    Effect.gen(function* () {
      const failing = Effect.fnUntraced(function* (status: number, headers: object, body = "") {
        const { url } = yield* serving((_, response) => void response.writeHead(status, { ...headers }).end(body))
        const { code, err, out } = yield* trackmap("tail", url)
        assert.deepStrictEqual([code, out], [2, ""])
        return err.replace(url, "URL")
      })
      assert.strictEqual(
        yield* failing(401, {}),
        "trackmap: URL: it answers 401: set TRACKMAP_INSPECTOR_TOKEN to its token"
      )
      assert.match(yield* failing(403, {}), /it answers 403: run this on the machine of the service/)
      assert.match(yield* failing(404, {}), /it answers 404: pass the address/)
      assert.match(yield* failing(200, { "content-type": "text/html" }), /it answers 200: pass the address/)
      const odd = `event: events\ndata: [{}]\n\n`
      assert.match(yield* failing(200, stream, odd), /it is of another version: use the version of @trackmap\/cli/)
      const { code, err } = yield* trackmap("tail", "localhost:3000")
      assert.strictEqual(code, 2)
      assert.match(err, /localhost:3000 is not an address: pass the inspector's, such as http:/)
      const none = yield* trackmap("tail", "http://127.0.0.1:1/inspector", "--limit", "1")
      assert.deepStrictEqual([none.code, none.out], [2, ""])
      assert.match(
        none.err,
        /127\.0\.0\.1:1\/inspector: nothing answers there: start the service with its inspector, or/
      )
    })
  )

  it.live("prints the events of a tracker as they are delivered, without personal data", () => {
    const Seen = TrackedEvent.make("seen", { properties: { n: Schema.Int, name: Pii.personal(Schema.String) } })
    const plan = Plan.make(Seen)
    return Effect.gen(function* () {
      const handle = yield* Inspector.handler({ path: "/inspector" })
      const { url } = yield* serving((request, response) => {
        const asked = new Request(`http://${request.headers.host}${request.url}`, {
          headers: { ...request.headers } as never
        })
        void handle(asked, { remoteAddress: request.socket.remoteAddress }).then(({ body, headers, status }) => {
          response.writeHead(status, Object.fromEntries(headers))
          return pipeline(Readable.fromWeb(body as never), response).catch(() => {})
        })
      })
      for (const n of [1, 2, 3])
        yield* Tracker.track(Seen, { properties: { n, name: "Pauline" } }).pipe(Actor.as({ userId: "user-1" }))
      const { code, err, out } = yield* trackmap("tail", url, "--search", `"n":2`, "--limit", "1")
      assert.deepStrictEqual([code, err], [0, ""])
      assert.match(out, /^[\d:.]+ {2}track seen {2}user-1 {2}\S+ delivered {2}.*"n":2/)
      assert.notInclude(out, "Pauline")
    }).pipe(Effect.provide(Layer.provideMerge(Inspector.layer({ plan }), InMemory.layer({ plan }))))
  })
})
