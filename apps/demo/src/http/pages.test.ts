import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { shop, visitor } from "./testShop.ts"

const pages = [
  "/catalogue",
  "/orders",
  "/orders/1201",
  "/products/123",
  "/sign-in",
  "/vendors",
  "/shop.css",
  "/",
  "/none"
]

const headers = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; form-action 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store"
}

/** The names of products on a page, in order. */
const productsOn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/<a href="\/products\/\d+"><bdi>(.*?)<\/bdi><\/a>/g)].map(([, name]) => name!)

describe("the shop's pages", () => {
  it.live("forbid all but their own stylesheet and forms, whatever is asked for", () =>
    Effect.gen(function* () {
      const { get, post } = yield* visitor()
      for (const path of pages) assert.deepInclude((yield* get(path)).headers, headers, path)
      const refused = [
        yield* post("/lines"),
        yield* post("/catalogue"),
        yield* post("/orders/1201/ship"),
        yield* post("/orders/1201/place"),
        yield* get("/catalogue", { host: "shop.example" })
      ]
      assert.deepStrictEqual(
        refused.map(({ status }) => status),
        [400, 405, 409, 303, 403]
      )
      for (const answer of refused) assert.deepInclude(answer.headers, headers)
    }).pipe(Effect.provide(shop))
  )

  it.live("have neither script nor style of their own, a title, a heading, and a way to the inspector", () =>
    Effect.gen(function* () {
      const { get } = yield* visitor()
      for (const path of pages.filter((path) => path !== "/shop.css" && path !== "/")) {
        const { headers, text } = yield* get(path)
        assert.strictEqual(headers["content-type"], "text/html; charset=utf-8")
        assert.notMatch(text, /<script|<style|style=|javascript:| on\w+=/i, path)
        assert.match(text, /<title>[^<]+ · Pipeworks Wholesale<\/title>/)
        assert.strictEqual(text.match(/<h1>/g)?.length, 1)
        assert.include(text, '<a class="inspector" href="/inspector/">See events in the inspector</a>')
      }
    }).pipe(Effect.provide(shop))
  )

  it.live("begin with an order that is half done, where a quantity can be changed", () =>
    Effect.gen(function* () {
      const { get } = yield* visitor()
      const root = yield* get("/")
      assert.deepStrictEqual([root.status, root.headers["location"]], [303, "/orders/1201"])
      const { text } = yield* get("/orders/1201")
      assert.strictEqual(productsOn(text)[0], "Gold Plated Duck Tape")
      assert.include(
        text,
        '<label for="qty-4001">Quantity<span class="unseen"> of Gold Plated Duck Tape</span></label>'
      )
      assert.include(text, "Place this order")
    }).pipe(Effect.provide(shop))
  )

  it.live("of the catalogue have all products, twenty at a time, and find some by name", () =>
    Effect.gen(function* () {
      const { get } = yield* visitor()
      const all: Array<string> = []
      for (let page = 1; page <= 45; page++) all.push(...productsOn((yield* get(`/catalogue?page=${page}`)).text))
      assert.strictEqual(all.length, 900)
      assert.strictEqual((yield* get("/catalogue?page=46")).status, 404)
      const found = yield* get("/catalogue?q=gold+PLATED")
      assert.deepStrictEqual(productsOn(found.text), ["Gold Plated Duck Tape"])
      const next = yield* get("/catalogue?q=clamp")
      assert.include(next.text, 'href="/catalogue?q=clamp&amp;page=2"')
      // Every character matches only itself.
      for (const text of ["%", "_", "'", "\\", "*"]) {
        const { status, text: page } = yield* get(`/catalogue?q=${encodeURIComponent(text)}`)
        assert.deepStrictEqual([status, productsOn(page)], [200, []], text)
      }
    }).pipe(Effect.provide(shop))
  )

  it.live("of the buyer's own orders have them alone, the latest first", () =>
    Effect.gen(function* () {
      const { get } = yield* visitor()
      const ids = [...(yield* get("/orders")).text.matchAll(/href="\/orders\/(\d+)"/g)].map(([, id]) => Number(id))
      assert.strictEqual(ids[0], 1201)
      assert.deepStrictEqual(
        ids,
        ids.toSorted((a, b) => b - a)
      )
      const peach = yield* visitor(0)
      assert.include((yield* peach.get("/orders?page=1")).text, "All orders of <bdi>Toad Town Hardware</bdi>")
      assert.include((yield* peach.get("/orders/357")).text, "714,328&nbsp;coins")
    }).pipe(Effect.provide(shop))
  )

  it.live("greet the first buyer where nobody has signed in, or somebody whom nobody knows", () =>
    Effect.gen(function* () {
      for (const buyer of [undefined, "", "x", "-1", "1e0", "999999", "99999999999", "%00", "1;1", "[object Object]"]) {
        const { get } = yield* visitor(buyer)
        const { status, text } = yield* get("/catalogue")
        assert.strictEqual(status, 200)
        assert.include(text, "<bdi>Pauline Sirena</bdi>", buyer)
      }
    }).pipe(Effect.provide(shop))
  )

  it.live("say of the first who ever signed up what becomes of what she does", () =>
    Effect.gen(function* () {
      const { get } = yield* visitor()
      assert.match(
        (yield* get("/sign-in")).text,
        /Princess Peach[^]*Her id is 0, which Mixpanel does not accept as a user/
      )
      assert.include((yield* get("/sign-in?q=peach")).text, "1 in all")
    }).pipe(Effect.provide(shop))
  )

  it.live("say that nothing is tracked where it is not", () =>
    Effect.gen(function* () {
      const { get } = yield* visitor()
      const done = encodeURIComponent(JSON.stringify({ sentence: "Line removed.", events: [""], messageId: "" }))
      const { text } = yield* get("/catalogue", { cookie: `done=${done}` })
      assert.match(text, /Line removed\.\s+Tracking is off: the shop was started with --untracked\./)
    }).pipe(Effect.provide(shop))
  )

  it.live("say no more than can be believed of what has just been done", () =>
    Effect.gen(function* () {
      const { get } = yield* visitor()
      const forged = [
        "x",
        "{}",
        JSON.stringify({ sentence: "x", events: [], messageId: '"><script>' }),
        JSON.stringify({ sentence: "x".repeat(201), events: [], messageId: "" }),
        "%"
      ]
      for (const done of forged) {
        const { status, text } = yield* get("/catalogue", { cookie: `done=${encodeURIComponent(done)}` })
        assert.strictEqual(status, 200)
        assert.notInclude(text, 'role="status"')
      }
    }).pipe(Effect.provide(shop))
  )
})
