import { once } from "node:events"
import { Agent, type IncomingMessage, request } from "node:http"
import { connect } from "node:net"
import { text } from "node:stream/consumers"
import { afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import { values } from "../../../../fixtures/wholesale/rows.ts"
import type { Rows } from "../wholesale/rows.ts"
import { open } from "../wholesale/shop.ts"
import { type SegmentStandIn, segmentServer } from "./segment.ts"

export interface Running {
  readonly url: string
  /** Ends it as in production. */
  readonly close: () => Promise<void>
}

type Received = Awaited<ReturnType<SegmentStandIn["received"]>>

export type Start = (segment: SegmentStandIn, shop?: ReturnType<typeof open>) => Promise<Running>

const headers = (user: string) => ({
  "content-type": "application/json",
  "x-user-id": user,
  "user-agent": "Toad/1.0",
  "accept-language": "it-IT,it;q=0.9",
  referer: "https://shop.example/order-lines",
  // As Cloudflare says it.
  "cf-connecting-ip": "127.0.0.1"
})

/** Users share these connections. A server has a queue of 511 to accept: the kernel resets connections beyond it, which `fetch` would open. */
const agent = new Agent({ keepAlive: true, maxSockets: 200 })

const ask = async (url: string, user: string, method: string, path: string, body?: unknown) => {
  const asked = request(url + path, { method, headers: headers(user), agent })
  asked.end(typeof body === "string" || body === undefined ? body : JSON.stringify(body))
  const [answer] = (await once(asked, "response")) as [IncomingMessage]
  return { status: answer.statusCode, text: await text(answer) }
}

/** Begins to change a line: the server has the request's head, and waits for its body. */
const begun = async (url: string, user: string, qty: number) => {
  const body = JSON.stringify({ qty })
  const asked = request(`${url}/order-lines/1001`, {
    method: "PATCH",
    agent: false,
    headers: { ...headers(user), "content-length": body.length, expect: "100-continue" }
  })
  asked.flushHeaders()
  await once(asked, "continue")
  return async () => {
    asked.end(body)
    const [answer] = (await once(asked, "response")) as [IncomingMessage]
    await once(answer.resume(), "end")
    return answer.statusCode
  }
}

/** Waits until a server takes no more connections. */
const refusing = async (url: string) => {
  const { hostname, port } = new URL(url)
  for (let refused = false; !refused;) {
    const socket = connect(Number(port), hostname)
    refused = await once(socket, "connect").then(
      () => false,
      () => true
    )
    socket.destroy()
  }
}

/** Sends a request, the whole of it or half, and is gone before there is an answer. */
const goneAfter = (url: string, qty: number, sent: "half" | "all") =>
  new Promise<void>((resolve) => {
    const body = Buffer.from(JSON.stringify({ qty }))
    const asked = request(`${url}/order-lines/1001`, {
      method: "PATCH",
      agent: false,
      headers: { ...headers("gone"), "content-length": body.length }
    })
    asked.on("error", () => {})
    asked.on("close", () => resolve())
    asked.write(sent === "all" ? body : body.subarray(0, body.length / 2), () => asked.destroy())
  })

const line = { ...values, Order_status: "open" }

/** The quantities of a line, by its events: each starts from the previous quantity, so a lost event shows. */
const changesFrom = (first: number, received: Received): ReadonlyArray<number> => {
  const changes = new Map<number, number>(
    received.map(({ properties }) => [properties.OrderLine_qty_before, properties.OrderLine_qty])
  )
  const seen: Array<number> = []
  for (let qty = changes.get(first); qty !== undefined; qty = changes.get(qty)) seen.push(qty)
  return seen
}

/** Rows whose products arrive on release, and their requesters. */
const held = (rows: Rows) => {
  const asked = Promise.withResolvers<AbortSignal>()
  const letGo = Promise.withResolvers<void>()
  const products: Rows["products"] = async (ids, options) => {
    asked.resolve(options.signal)
    await letGo.promise
    return rows.products(ids, options)
  }
  return { rows: { ...rows, products }, asked: asked.promise, letGo: letGo.resolve }
}

export interface Options {
  /** Whether `start` runs it in this process, and takes a shop. */
  readonly here: boolean
  /** Starts it as a separate process. */
  readonly child?: Start
  /** Whether it never receives a signal to end, and delivers after its responses. */
  readonly afterwards?: boolean
}

/** The guarantees of every server here, whatever its framework. */
export const suite = (name: string, start: Start, options: Options) =>
  describe(name, () => {
    let segment: SegmentStandIn
    let running: Running | undefined
    const begin = async (how = start, shop?: ReturnType<typeof open>) => {
      running = await how(segment, shop)
      return running.url
    }
    /** The messages at Segment after the server has ended. Without a signal to end, waits until they are `complete`. */
    const afterClosing = async (complete: (received: Received) => boolean = () => true) => {
      if (options.afterwards) await vi.waitUntil(async () => complete(await segment.received()), { timeout: 100_000 })
      await running?.close()
      running = undefined
      return segment.received()
    }
    beforeEach(async () => {
      segment = await segmentServer()
    })
    afterEach(async () => {
      await running?.close()
      running = undefined
      await segment.close()
    })

    it("sends the complete record of each event, with its user", async () => {
      const url = await begin()
      const answers = [
        await ask(url, "u-1", "GET", "/order-lines/1001"),
        await ask(url, "u-2", "PATCH", "/order-lines/1001", { qty: 5 }),
        await ask(url, "u-3", "POST", "/orders/357/place", { paidBy: "card" })
      ]
      assert.deepStrictEqual(
        answers.map(({ status, text }) => [status, JSON.parse(text)]),
        [
          [200, { id: 1001, qty: 3, productId: 123, orderId: 357 }],
          [200, { id: 1001, qty: 5, productId: 123, orderId: 357 }],
          [200, { id: 357, uuid: line.Order_uuid, total: 714328, status: "placed" }]
        ]
      )
      const received = await afterClosing(({ length }) => length === 3)
      assert.deepStrictEqual(
        received.map(({ event, userId, properties }) => ({ event, userId, properties })),
        [
          { event: "orderLineViewed", userId: "u-1", properties: line },
          {
            event: "orderLineUpdated",
            userId: "u-2",
            properties: {
              ...line,
              OrderLine_qty: 5,
              OrderLine_state: "updated",
              OrderLine_changed: ["qty"],
              OrderLine_qty_before: 3
            }
          },
          {
            event: "orderPlaced",
            userId: "u-3",
            properties: {
              paidBy: "card",
              Order_id: 357,
              Order_uuid: line.Order_uuid,
              Order_total: 714328,
              Order_status: "placed",
              Order_state: "updated",
              Order_changed: ["status"],
              Order_status_before: "open",
              Order_lines_count: 2,
              Order_lines_qty_sum: 17
            }
          }
        ]
      )
      for (const { context } of received)
        assert.deepInclude(context, {
          userAgent: "Toad/1.0",
          locale: "it-IT",
          page: { referrer: "https://shop.example/order-lines" },
          ip: "127.0.0.1"
        })
    })

    it("never confuses hundreds of concurrent users", async () => {
      const url = await begin()
      const users = Array.from({ length: 300 }, (_, index) => index + 1)
      const answers = await Promise.all(
        users.map(async (n) => [
          await ask(url, `user-${n}`, "PATCH", "/order-lines/1001", { qty: n }),
          await ask(url, `user-${n}`, "GET", "/order-lines/1002")
        ])
      )
      assert.deepStrictEqual([...new Set(answers.flat().map(({ status }) => status))], [200])
      const received = await afterClosing(({ length }) => length === 2 * users.length)
      const updated = received.filter(({ event }) => event === "orderLineUpdated")
      const byQty = new Map(updated.map(({ userId, properties }) => [properties.OrderLine_qty, userId]))
      assert.deepStrictEqual([updated.length, byQty], [users.length, new Map(users.map((n) => [n, `user-${n}`]))])
      const viewed = received.filter(({ event }) => event === "orderLineViewed").map(({ userId }) => userId)
      assert.deepStrictEqual(viewed.sort(), users.map((n) => `user-${n}`).sort())
    })

    it("tracks the change of a client that has disconnected, and nothing of an incomplete request", async () => {
      const url = await begin()
      const whole = Array.from({ length: 50 }, (_, index) => 10 + index)
      const half = Array.from({ length: 50 }, (_, index) => 1_000 + index)
      await Promise.all([
        ...whole.map((qty) => goneAfter(url, qty, "all")),
        ...half.map((qty) => goneAfter(url, qty, "half"))
      ])
      assert.strictEqual((await ask(url, "u-1", "PATCH", "/order-lines/1001", { qty: 7 })).status, 200)
      const { qty } = JSON.parse((await ask(url, "u-1", "GET", "/order-lines/1001")).text)
      const received = await afterClosing((soFar) => {
        const seen = changesFrom(3, soFar)
        return seen.includes(qty) && seen.length === soFar.length - 1
      })
      const seen = changesFrom(3, received)
      assert.strictEqual(seen.length, received.length - 1)
      assert.include(seen, 7)
      assert.deepStrictEqual(
        seen.filter((qty) => qty !== 7 && !whole.includes(qty)),
        []
      )
    })

    it.runIf(options.here)("does not track a page as seen if the client did not wait for it", async () => {
      let hold!: ReturnType<typeof held>
      const shop = open((rows) => (hold = held(rows)).rows)
      const url = await begin(start, shop)
      const leaving = new AbortController()
      const left = fetch(`${url}/order-lines/1001`, { headers: headers("u-1"), signal: leaving.signal })
      left.catch(() => {})
      const signal = await hold.asked
      leaving.abort()
      if (!signal.aborted) await once(signal, "abort")
      hold.letGo()
      assert.strictEqual((await ask(url, "u-2", "GET", "/order-lines/1001")).status, 200)
      assert.deepStrictEqual(
        (await afterClosing()).map(({ userId }) => userId),
        ["u-2"]
      )
    })

    it("responds with 400 to a malformed request, and tracks nothing", async () => {
      const url = await begin()
      const answers = [
        await ask(url, "u-1", "PATCH", "/order-lines/1001", { qty: "5" }),
        await ask(url, "u-1", "PATCH", "/order-lines/1001", { qty: 0 }),
        await ask(url, "u-1", "PATCH", "/order-lines/1001", "{"),
        await ask(url, "u-1", "PATCH", "/order-lines/one", { qty: 5 }),
        await ask(url, "u-1", "GET", "/order-lines/one"),
        await ask(url, "u-1", "POST", "/orders/357/place", { paidBy: "barter" }),
        await ask(url, "u-1", "PATCH", "/order-lines/7", { qty: 5 }),
        await ask(url, "u-1", "GET", "/order-lines/7"),
        await ask(url, "u-1", "POST", "/orders/358/place", { paidBy: "card" })
      ]
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        [400, 400, 400, 400, 400, 400, 404, 404, 409]
      )
      assert.deepStrictEqual(await afterClosing(), [])
    })

    const endsInTheMiddle = async (how: Start) => {
      const url = await begin(how)
      const users = Array.from({ length: 200 }, (_, index) => `user-${index}`)
      const requests = await Promise.all(users.map((user, index) => begun(url, user, index + 1)))
      const closed = afterClosing()
      await refusing(url)
      const answers = await Promise.all(requests.map((finish) => finish()))
      assert.deepStrictEqual(
        answers,
        users.map(() => 200)
      )
      assert.deepStrictEqual((await closed).map(({ userId }) => userId).sort(), users.sort())
    }

    it.skipIf(options.afterwards)("finishes pending requests before it ends, and delivers everything", () =>
      endsInTheMiddle(start)
    )

    it.runIf(options.child)("does so at SIGTERM", () => endsInTheMiddle(options.child!))
  })
