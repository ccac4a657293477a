import { assert, describe, it } from "vitest"
import { Actor } from "./index.ts"

describe("an actor", () => {
  it("is nobody where nothing is set", () => {
    assert.deepStrictEqual(Actor.current(), {})
  })

  it("holds for what a function calls and awaits, and no longer", async () => {
    const seen = await Actor.run({ userId: "u-1" }, async () => {
      await Promise.resolve()
      return Actor.current().userId
    })
    assert.deepStrictEqual([seen, Actor.current().userId], ["u-1", undefined])
  })

  it("within another adds to it, contexts merged, without what is undefined", () => {
    const inner = Actor.run({ userId: "u-1", context: { ip: "::1", page: "a" } }, () =>
      Actor.run({ anonymousId: "a-1", context: { page: "b", locale: undefined } }, Actor.current)
    )
    assert.deepStrictEqual(inner, { userId: "u-1", anonymousId: "a-1", context: { ip: "::1", page: "b" } })
  })

  it("that is none leaves the one around it", () => {
    assert.strictEqual(Actor.run({ userId: "u-1" }, () => Actor.run(undefined, Actor.current)).userId, "u-1")
  })

  it("lets through what the function throws", () => {
    assert.throws(() => Actor.run({}, () => assert.fail("mine")), "mine")
  })
})

describe("a bound function", () => {
  const name = (greeting: string) => `${greeting} ${Actor.current().userId}`

  it("runs as the actor of when it was bound, also where it awaits, whoever calls it", async () => {
    const bound = Actor.run({ userId: "u-1" }, () =>
      Actor.bind(async (greeting: string) => {
        await Promise.resolve()
        return name(greeting)
      })
    )
    assert.strictEqual(await Actor.run({ userId: "u-2" }, () => bound("hello")), "hello u-1")
    assert.strictEqual(await bound("hello"), "hello u-1")
  })

  it("runs as nobody if it was bound by nobody, and leaves its caller who it is", () => {
    const bound = Actor.bind(name)
    assert.deepStrictEqual(
      Actor.run({ userId: "u-2" }, () => [bound("hello"), name("hello")]),
      ["hello undefined", "hello u-2"]
    )
  })
})

describe("the context of a request", () => {
  it("is read from Node's headers and from the web platform's alike", () => {
    const headers = { "user-agent": "curl/8.0", "accept-language": "de-AT,de;q=0.9", referer: "https://a.example/b" }
    const expected = { userAgent: "curl/8.0", locale: "de-AT", page: { referrer: "https://a.example/b" } }
    assert.deepStrictEqual(Actor.contextOf(headers), expected)
    assert.deepStrictEqual(Actor.contextOf(new Headers(headers)), expected)
    const own = { get: (name: string) => new Headers(headers).get(name) }
    assert.deepStrictEqual(Actor.contextOf(own as Headers), expected)
  })

  it("has no query, fragment or user of the referrer, and nothing that is no address of a page", () => {
    const of = (referer: string) => Actor.contextOf({ referer }).page?.referrer
    assert.strictEqual(
      of("https://u:p@a.example:8443/reset?token=s3cret&mail=a@b.de#t"),
      "https://a.example:8443/reset"
    )
    assert.isUndefined(of("about:blank"))
    assert.isUndefined(of("android-app:a@b.de"))
    assert.isUndefined(of("not an address"))
  })

  it.each([{}, { "accept-language": "*", "user-agent": "" }, { "accept-language": " ;q=1" }])(
    "has nothing of headers that say nothing: %o",
    (headers) => {
      assert.deepStrictEqual(Actor.contextOf(headers), {})
      assert.deepStrictEqual(Actor.contextOf(new Headers(headers)), {})
    }
  )
})
