import { connect } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Tracker } from "@trackmap/core"
import { InMemory } from "@trackmap/testing"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import * as fc from "fast-check"
import { ask, shop, visitor } from "./testShop.ts"

const forms = [
  "/lines",
  "/orders/1201/lines/4001/quantity",
  "/orders/1201/cancel",
  "/products/123/name",
  "/products/123/price",
  "/sign-in"
]

const fields = ["product", "qty", "reason", "name", "price", "buyer", "state", "__proto__", "constructor", ""]

/** Numbers in forms that the shop does not accept. */
const wrongNumbers = [
  "",
  "abc",
  "-1",
  "+1",
  "1.5",
  "1e3",
  "0x10",
  "NaN",
  "Infinity",
  " 1",
  "01",
  "١",
  "9".repeat(400),
  "null"
]

/** A body that no form of the shop sends: every name, quantity and id in it is invalid. */
const malformed: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 500 }).map((bytes) => Uint8Array.from(bytes)),
  fc.json().map((json) => json.slice(0, 10_000)),
  fc.array(fc.tuple(fc.constantFrom(...fields), fc.constantFrom(...wrongNumbers)), { maxLength: 6 }).map((pairs) =>
    // Any single name would be valid, so send none, or two.
    new URLSearchParams(pairs.flatMap((pair) => (pair[0] === "name" ? [pair, pair] : [pair]))).toString()
  ),
  fc.string({ unit: "binary", maxLength: 300 }).map((text) => `qty[]=${text}`),
  fc.constantFrom("%", "%%%=%", "&&&===", "qty=%ff%fe", "qty", "=", "a=1&".repeat(3_000), "x".repeat(40_000))
)

const state = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* Effect.all([
    sql`SELECT count(*), sum(qty) FROM orderLines`,
    sql`SELECT status, count(*), sum(total) FROM orders GROUP BY status`,
    sql`SELECT sum(price), group_concat(name) FROM products`
  ])
})

const received = Effect.andThen(
  Tracker.flush,
  Effect.map(InMemory.InMemory, ({ received }) => received.length)
)

/** Writes raw bytes, and then more as long as the server reads them. Returns the response when the connection closes. */
const raw = (address: string, head: string, endlessly?: string) =>
  Effect.callback<string>((resume) => {
    const { hostname, port } = new URL(address)
    let answer = ""
    const socket = connect(Number(port), hostname)
    const more = (): void => {
      let taken = endlessly !== undefined
      while (taken && !socket.destroyed) taken = socket.write(endlessly!)
    }
    socket.write(head)
    socket.on("drain", more).on("data", (data) => (answer += String(data)))
    socket.on("error", () => {}).on("close", () => resume(Effect.succeed(answer)))
    more()
  })

describe("hostile requests", () => {
  it.live("with a thousand malformed bodies are refused one by one, and the shop lives", () =>
    Effect.gen(function* () {
      const { get, post } = yield* visitor()
      const before = yield* state
      const bodies = fc.sample(fc.tuple(fc.constantFrom(...forms), malformed), { numRuns: 1_000, seed: 1 })
      const answers = yield* Effect.forEach(bodies, ([path, body]) => post(path, body), { concurrency: 8 })
      answers.forEach(({ status, text }, index) => {
        assert.include([400, 413], status, JSON.stringify(bodies[index]))
        assert.notMatch(text, /\bat .*\.ts|SqlError|SchemaError|node:/)
      })
      assert.deepStrictEqual(yield* state, before)
      assert.strictEqual(yield* received, 0)
      assert.strictEqual((yield* get("/orders/1201")).status, 200)
    }).pipe(Effect.provide(shop))
  )

  it.live("for numbers that are none find nothing, and change nothing", () =>
    Effect.gen(function* () {
      const { get, post } = yield* visitor()
      const before = yield* state
      for (const number of [
        ...wrongNumbers.slice(1),
        "-0",
        "2147483648",
        "%00",
        "%ZZ",
        "..",
        "1%2F2",
        "%F0%9F%98%80"
      ]) {
        const id = /%/.test(number) ? number : encodeURIComponent(number)
        for (const path of [`/orders/${id}`, `/products/${id}`]) {
          assert.strictEqual((yield* get(path)).status, 404, path)
        }
        for (const path of [`/orders/${id}/ship`, `/orders/1201/lines/${id}/remove`, `/products/${id}/name`]) {
          assert.strictEqual((yield* post(path, { name: "x" })).status, 404, path)
        }
        for (const path of [`/catalogue?page=${id}`, `/orders?page=${id}`, `/sign-in?page=${id}`]) {
          assert.include([400, 404], (yield* get(path)).status, path)
        }
      }
      for (const qty of ["0", "10000", ...wrongNumbers]) {
        const { status, text } = yield* post("/orders/1201/lines/4001/quantity", { qty })
        assert.strictEqual(status, 400, qty)
        assert.include(text, "Enter a quantity from 1 to 9,999, as a whole number.")
      }
      assert.deepStrictEqual(yield* state, before)
    }).pipe(Effect.provide(shop))
  )

  it.live("with HTML in a name have it shown as text, and tracked as it is", () =>
    Effect.gen(function* () {
      const { get, post } = yield* visitor()
      const names = [
        `<script>alert(1)</script>`,
        `"><img src=x onerror=alert(1)>`,
        `' onfocus='alert(1)`,
        `</title><base href="//evil.example">`,
        `&lt;b&gt; &amp; {{7*7}} \${7*7}`,
        "\u202Edlog\u202C and \u2066more"
      ]
      const escaped = (text: string) =>
        text
          .replaceAll("&", "&amp;")
          .replaceAll("<", "&lt;")
          .replaceAll(">", "&gt;")
          .replaceAll('"', "&quot;")
          .replaceAll("'", "&#39;")
      for (const name of names) {
        assert.strictEqual((yield* post("/products/123/name", { name })).status, 303)
        for (const path of ["/orders/1201", "/products/123", "/catalogue?page=7"]) {
          const { text } = yield* get(path)
          assert.include(text, `<bdi>${escaped(name)}</bdi>`, path)
          if (escaped(name) !== name) assert.notInclude(text, name)
        }
        const found = yield* get(`/catalogue?q=${encodeURIComponent(name)}`)
        assert.include(found.text, `value="${escaped(name)}"`)
        if (escaped(name) !== name) assert.notInclude(found.text, name)
      }
      yield* Tracker.flush
      const messages = (yield* InMemory.InMemory).received as ReadonlyArray<Record<string, any>>
      assert.deepStrictEqual(
        messages.map(({ properties }) => properties.Product_name),
        names
      )
    }).pipe(Effect.provide(shop))
  )

  it.live("with a name of 200 characters have it, of more or of what cannot be seen do not", () =>
    Effect.gen(function* () {
      const { get, post } = yield* visitor()
      for (const name of ["W".repeat(200), "鴨".repeat(200), "🦆".repeat(100)]) {
        assert.strictEqual((yield* post("/products/123/name", { name })).status, 303)
        assert.include((yield* get("/orders/1201")).text, `<bdi>${name}</bdi>`)
      }
      for (const name of ["", "   ", "W".repeat(201), "W".repeat(100_000), "a\nb", "a\u0000b", "\u001B[2J"]) {
        assert.include([400, 413], (yield* post("/products/123/name", { name })).status)
      }
      assert.strictEqual(yield* received, 3)
    }).pipe(Effect.provide(shop))
  )

  it.live("of many bytes are not read to their end", () =>
    Effect.gen(function* () {
      const { address, get, post } = yield* visitor()
      const { status, text } = yield* post("/lines", `product=123&qty=1&x=${"x".repeat(20_000)}`)
      assert.strictEqual(status, 413)
      assert.include(text, "larger than any form of this shop")
      const chunk = `1000\r\n${"x".repeat(4_096)}\r\n`
      const head = "POST /lines HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
      const endless = yield* raw(address, head, chunk)
      assert.match(endless, /^HTTP\/1\.1 413 /)
      assert.strictEqual((yield* get("/catalogue")).status, 200)
    }).pipe(Effect.provide(shop))
  )

  it.live("from other sites change nothing", () =>
    Effect.gen(function* () {
      const { address, post } = yield* visitor()
      const quantity = (headers: Record<string, string>) =>
        Effect.map(post("/orders/1201/lines/4001/quantity", { qty: "7" }, headers), ({ status }) => status)
      for (const headers of [
        { origin: "http://evil.example" },
        { origin: "null" },
        { origin: "http://127.0.0.1:1" },
        { origin: address.replace("http:", "https:") },
        { "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "same-site" },
        { "sec-fetch-site": "none" },
        { "sec-fetch-site": "cross-site", origin: address }
      ])
        assert.strictEqual(yield* quantity(headers as Record<string, string>), 403, JSON.stringify(headers))
      assert.strictEqual(yield* received, 0)
      // A page that sends no referrer has the origin "null".
      const own = [{}, { origin: address }, { "sec-fetch-site": "same-origin", origin: "null" }]
      for (const headers of own) assert.strictEqual(yield* quantity(headers as Record<string, string>), 303)
    }).pipe(Effect.provide(shop))
  )

  it.live("by another name than this machine's own are answered with nothing", () =>
    Effect.gen(function* () {
      const { address, get } = yield* visitor()
      for (const host of [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:80",
        "127.0.0.2",
        "0.0.0.0"
      ])
        for (const path of ["/orders/1201", "/none", "/inspector/"]) {
          const { status, text } = yield* get(path, { host })
          assert.strictEqual(status, 403, host)
          assert.notInclude(text, "Duck Tape")
        }
      for (const head of ["GET /orders/1201 HTTP/1.1\r\nHost:", "GET /orders/1201 HTTP/1.0"])
        assert.match(yield* raw(address, `${head}\r\nConnection: close\r\n\r\n`), /^HTTP\/1\.1 403 /)
      for (const host of ["localhost", "LOCALHOST:4000", "127.0.0.1:80", "[::1]:4000"])
        assert.strictEqual((yield* get("/orders/1201", { host })).status, 200, host)
    }).pipe(Effect.provide(shop))
  )

  it.live("with another method, or for pages that are not there, are told so", () =>
    Effect.gen(function* () {
      const { address, get } = yield* visitor()
      for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]) {
        const { headers, status } = yield* ask(address, method, "/orders/1201")
        assert.deepStrictEqual([status, headers["allow"]], [405, "GET"], method)
      }
      const { headers, status } = yield* get("/orders/1201/place")
      assert.deepStrictEqual([status, headers["allow"]], [405, "POST"])
      assert.strictEqual((yield* ask(address, "HEAD", "/orders/1201")).text, "")
      for (const path of [
        "/none",
        "/orders/1/2/3",
        "/.env",
        "/../etc/passwd",
        "/%2e%2e/",
        "/orders//",
        "/shop.css.map"
      ])
        assert.include([404, 200], (yield* get(path)).status, path)
      const { text } = yield* get("/<script>")
      assert.notInclude(text, "<script>")
      const upgraded = yield* get("/catalogue", { connection: "upgrade", upgrade: "websocket" })
      assert.strictEqual(upgraded.status, 200)
    }).pipe(Effect.provide(shop))
  )
})
