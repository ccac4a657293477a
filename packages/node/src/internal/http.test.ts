import { assert, describe, it } from "@effect/vitest"
import { HttpSink } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import { execFile } from "node:child_process"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import { promisify } from "node:util"
import { afterAll, afterEach, beforeAll, beforeEach, vi } from "vitest"
import { EventSink, Receipt, Tracking } from "../index.ts"

let received: Array<http.IncomingHttpHeaders> = []
const server = http.createServer((request, response) => {
  received.push(request.headers)
  request.resume().on("end", () => response.end())
})
const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

beforeAll(() => new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve)))
afterAll(() => void server.close().closeAllConnections())
beforeEach(() => {
  received = []
})
afterEach(() => void vi.unstubAllGlobals())

const sink = () => HttpSink.make({ name: "warehouse", url: url() })
const message = {
  type: "identify",
  traits: {},
  userId: "1",
  messageId: "1",
  timestamp: "2026-11-30T00:00:00.000Z"
} as const

const deliver = async (): Promise<void> => {
  const [receipt] = await EventSink.deliver(sink(), [message])
  assert.strictEqual(receipt?.outcome._tag, "Delivered")
}

const track = async (services?: Layer.Layer<never>): Promise<void> => {
  const tracking = Tracking.make({ sinks: sink(), services, flushAtExit: false })
  const { receipts } = await tracking.send(message)
  assert.strictEqual((await receipts)[0]?.outcome._tag, "Delivered")
  await tracking.close()
}

/** Only `fetch` says how it treats other origins. */
const isFetch = (headers: http.IncomingHttpHeaders): boolean => headers["sec-fetch-mode"] !== undefined

const key = Symbol.for(`undici.globalDispatcher.${Number(process.versions.undici?.split(".")[0]) > 7 ? 2 : 1}`)
const global = globalThis as unknown as Record<symbol, object | undefined>

/** Sets a dispatcher for `fetch` while something runs, as undici's `setGlobalDispatcher` does. */
const withDispatcher = async (dispatcher: (own: object) => object, run: () => Promise<void>): Promise<void> => {
  await (await fetch(url())).text()
  received = []
  const own = global[key]!
  global[key] = dispatcher(own)
  try {
    await run()
  } finally {
    global[key] = own
  }
}

describe("the transport of the promise face on Node", () => {
  it("is node:http, also after the service has used fetch itself", async () => {
    await deliver()
    await (await fetch(url())).text()
    await deliver()
    await track()
    assert.deepStrictEqual(received.map(isFetch), [false, true, false, false])
  })

  it("is fetch while another function takes its place, from the next request on", async () => {
    const asked: Array<unknown> = []
    const own = globalThis.fetch
    const tracking = Tracking.make({ sinks: sink(), flushAtExit: false })
    const send = async () => (await (await tracking.send(message)).receipts)[0]?.outcome._tag
    assert.strictEqual(await send(), "Delivered")
    vi.stubGlobal("fetch", (...args: Parameters<typeof fetch>) => (asked.push(args[0]), own(...args)))
    assert.strictEqual(await send(), "Delivered")
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("{}")))
    assert.strictEqual(await send(), "Delivered")
    vi.unstubAllGlobals()
    assert.strictEqual(await send(), "Delivered")
    await tracking.close()
    assert.deepStrictEqual(asked.map(String), [`${url()}/`])
    assert.deepStrictEqual(received.map(isFetch), [false, true, false])
  })

  it("is fetch where it has a dispatcher of its own: with options, composed, of another class", async () => {
    interface Agent {
      readonly constructor: new (options: object) => object
      readonly compose: (interceptor: (dispatch: unknown) => unknown) => object
      readonly dispatch: (...args: ReadonlyArray<unknown>) => boolean
    }
    const dispatchers: ReadonlyArray<(own: Agent) => object> = [
      (own) => new own.constructor({ connections: 1 }),
      (own) => own.compose((dispatch) => dispatch),
      (own) => new (class EnvHttpProxyAgent extends own.constructor {})({}),
      (own) =>
        Object.assign(Object.create(null), { dispatch: (...args: ReadonlyArray<unknown>) => own.dispatch(...args) })
    ]
    for (const dispatcher of dispatchers) {
      await withDispatcher(dispatcher as (own: object) => object, deliver)
      assert.deepStrictEqual(received.map(isFetch), [true])
    }
  })

  it("is fetch while something watches its requests", async () => {
    const watch = (): void => {}
    subscribe("undici:request:create", watch)
    await deliver()
    unsubscribe("undici:request:create", watch)
    await deliver()
    assert.deepStrictEqual(received.map(isFetch), [true, false])
  })

  it("is the client or the fetch among the service's own services", async () => {
    const asked: Array<string> = []
    const client = HttpClient.make((request) => {
      asked.push(`client ${request.url}`)
      return Effect.succeed(HttpClientResponse.fromWeb(request, new Response("{}")))
    })
    await track(Layer.succeed(HttpClient.HttpClient, client) as never)
    const own: typeof fetch = (input) => {
      asked.push(`fetch ${String(input)}`)
      return Promise.resolve(new Response("{}"))
    }
    await track(Layer.succeed(FetchHttpClient.Fetch, own) as never)
    assert.deepStrictEqual(asked, [`client ${url()}/`, `fetch ${url()}/`])
    await track(Layer.succeed(FetchHttpClient.RequestInit, { headers: { "x-shop": "1" } }) as never)
    assert.deepStrictEqual(
      received.map((headers) => [isFetch(headers), headers["x-shop"]]),
      [[true, "1"]]
    )
  })

  it("leaves Effect's client to the sinks that need it: on fetch, with all that the client can do", async () => {
    const statuses: Array<number> = []
    const own = EventSink.make({
      name: "own",
      open: () =>
        Effect.map(HttpClient.HttpClient, (client) => {
          assert.isTrue(HttpClient.isHttpClient(client))
          const patient = client.pipe(HttpClient.filterStatusOk, HttpClient.retryTransient({ times: 1 }))
          return async (batch: EventSink.Batch) => {
            const requests = [client.post(url()), client.del(url()), patient.execute(HttpClientRequest.get(url()))]
            const responses = await Effect.runPromise(Effect.all(requests))
            statuses.push(...responses.map(({ status }) => status))
            return batch.all(Receipt.delivered)
          }
        })
    })
    const [receipt] = await EventSink.deliver(own, [message])
    assert.strictEqual(receipt?.outcome._tag, "Delivered")
    assert.deepStrictEqual(statuses, [200, 200, 200])
    assert.deepStrictEqual(received.map(isFetch), [true, true, true])
  })

  it("is fetch on platforms that only look like Node", async () => {
    vi.stubGlobal("process", Object.create(process, { versions: { value: { ...process.versions, bun: "1.4" } } }))
    await deliver()
    vi.unstubAllGlobals()
    vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" })
    await deliver()
    assert.deepStrictEqual(received.map(isFetch), [true, true])
  })

  it("goes through the proxy of an environment that Node is told to use, and so does layerNodeHttp", async () => {
    const paths: Array<string> = []
    const proxy = http.createServer((request, response) => {
      paths.push(request.url!)
      request.resume().on("end", () => response.end("{}"))
    })
    proxy.on("connect", (request, socket) => (paths.push(request.url!), socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n")))
    await new Promise<void>((resolve) => void proxy.listen(0, "127.0.0.1", resolve))
    const script = `
      import { EventSink, HttpTransport, Tracking } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)}
      import { HttpSink } from ${JSON.stringify(import.meta.resolve("@trackmap/core"))}
      const sinks = HttpSink.make({ name: "warehouse", url: "http://warehouse.invalid/events" })
      for (const services of [undefined, HttpTransport.layerNodeHttp()]) {
        const tracking = Tracking.make({ sinks, services, flushAtExit: false })
        await tracking.send(${JSON.stringify(message)})
        await tracking.close()
      }`
    const { port } = proxy.address() as AddressInfo
    await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
      env: { ...process.env, NODE_USE_ENV_PROXY: "1", HTTP_PROXY: `http://127.0.0.1:${port}` }
    })
    proxy.close().closeAllConnections()
    assert.deepStrictEqual(
      paths.map((path) => path.includes("warehouse.invalid")),
      [true, true]
    )
  })
})
