import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as fc from "fast-check"
import * as access from "./access.ts"

const token = Redacted.make("s3cret-token")
const local = "localhost:3000"

interface Asked {
  readonly token?: boolean
  readonly hosts?: ReadonlyArray<string>
  readonly page?: boolean
  readonly from?: string
  readonly forwardedFrom?: string
  readonly headers?: Record<string, string>
}

const statusOf = ({ forwardedFrom, from = "127.0.0.1", headers, hosts, page = false, ...asked }: Asked) => {
  const address = Option.fromUndefinedOr(from === "" ? undefined : from)
  const request = HttpServerRequest.fromWeb(
    new Request("http://localhost/", { headers: { host: local, ...headers } })
  ).modify({ peerAddress: address, remoteAddress: forwardedFrom === undefined ? address : Option.some(forwardedFrom) })
  const to = access.make(asked.token === true ? token : undefined, hosts)
  return Effect.runPromise(Effect.map(access.refusalOf(to, request, page), (refusal) => refusal?.status ?? 200))
}

const bearer = { authorization: "Bearer s3cret-token" }
const host = (name: string) => ({ host: name })

describe("without a token", () => {
  const cases: ReadonlyArray<readonly [number, string, Asked]> = [
    [200, "this machine", {}],
    [200, "this machine, by IPv6", { from: "::1", headers: host("[::1]:80") }],
    [200, "this machine, by IPv4 in IPv6", { from: "::ffff:127.0.0.1", headers: host("127.0.0.1") }],
    [200, "this machine, by IPv4 in IPv6, in hexadecimal", { from: "::ffff:7f00:1" }],
    [200, "another loopback address", { from: "127.8.9.10" }],
    [403, "another machine", { from: "192.168.1.7" }],
    [403, "another machine, by IPv6", { from: "2001:db8::1" }],
    [403, "another machine, by IPv4 in IPv6", { from: "::ffff:10.0.0.1" }],
    [403, "an address that begins like a loopback one", { from: "127.0.0.1.evil.example" }],
    [403, "nobody knows where from", { from: "" }],
    [403, "another machine, as a proxy on this one says that the service trusts", { forwardedFrom: "203.0.113.9" }],
    [403, "another machine, for the page too", { from: "192.168.1.7", page: true }],
    [403, "another host's name", { headers: host("evil.example:3000") }],
    [403, "a name that begins like this machine's", { headers: host("localhost.evil.example") }],
    [403, "a name with a user", { headers: host("localhost@evil.example") }],
    [403, "no name", { headers: host("") }],
    [200, "a name that was told", { hosts: ["dev.example"], headers: host("dev.example:3000") }],
    [200, "this machine, though names were told", { hosts: ["dev.example"] }],
    [403, "a name that was not told", { hosts: ["dev.example"], headers: host("other.example") }],
    [200, "its own page", { headers: { origin: "http://localhost:3000", "sec-fetch-site": "same-origin" } }],
    [200, "its own page, by https", { headers: { origin: "https://LOCALHOST:3000" } }],
    [200, "a person", { headers: { "sec-fetch-site": "none" } }],
    [
      200,
      "its own page, behind a proxy that changes the Host header",
      { headers: { origin: "https://shop.example", "sec-fetch-site": "same-origin" } }
    ],
    [403, "another origin", { headers: { origin: "http://evil.example" } }],
    [403, "another port's origin", { headers: { origin: "http://localhost:3001" } }],
    [403, "no origin at all", { headers: { origin: "null" } }],
    [403, "another site", { headers: { "sec-fetch-site": "cross-site" } }],
    [403, "another port", { headers: { "sec-fetch-site": "same-site" } }],
    [403, "a link to data", { headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" } }],
    [403, "another site that asks for the page", { page: true, headers: { "sec-fetch-site": "cross-site" } }],
    [
      200,
      "a link to the page",
      {
        page: true,
        headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }
      }
    ],
    [200, "a token that nobody asks for", { headers: bearer }],
    ...["forwarded", "via", "x-forwarded-for", "x-forwarded-proto", "x-real-ip", "cf-connecting-ip"].map(
      (name): readonly [number, string, Asked] => [403, `a proxy (${name})`, { headers: { [name]: "127.0.0.1" } }]
    )
  ]
  it.each(cases)("answers %i to %s", async (status, _, asked) => {
    assert.strictEqual(await statusOf(asked), status)
  })
})

describe("with a token", () => {
  const cases: ReadonlyArray<readonly [number, string, Asked]> = [
    [401, "nobody who has none", {}],
    [200, "who has it", { headers: bearer }],
    [
      200,
      "who has it, from anywhere and by any name",
      { from: "203.0.113.9", headers: { ...bearer, ...host("a.example") } }
    ],
    [200, "who has it, from nobody knows where", { from: "", headers: bearer }],
    [200, "who has it, behind a proxy", { headers: { ...bearer, "x-forwarded-for": "203.0.113.9" } }],
    [200, "a scheme in another case", { headers: { authorization: "bearer   s3cret-token" } }],
    [401, "another token", { headers: { authorization: "Bearer s3cret-tokem" } }],
    [401, "the beginning of it", { headers: { authorization: "Bearer s3cret" } }],
    [401, "more than it", { headers: { authorization: "Bearer s3cret-token s3cret-token" } }],
    [401, "another scheme", { headers: { authorization: "Basic s3cret-token" } }],
    [
      200,
      "who asks for the page alone, which has no data",
      { page: true, from: "203.0.113.9", headers: host("a.example") }
    ],
    [403, "another origin, though it has the token", { headers: { ...bearer, origin: "http://evil.example" } }],
    [403, "another site, though it has the token", { headers: { ...bearer, "sec-fetch-site": "cross-site" } }],
    [403, "a host that was not told", { hosts: ["a.example"], headers: { ...bearer, ...host("b.example") } }],
    [
      200,
      "a host that was told, in another case",
      { hosts: ["A.example"], headers: { ...bearer, ...host("a.EXAMPLE") } }
    ],
    [403, "what is no host", { headers: { ...bearer, ...host("a b") } }]
  ]
  it.each(cases)("answers %i to %s", async (status, _, asked) => {
    assert.strictEqual(await statusOf({ token: true, ...asked }), status)
  })

  it("opens to no other text", () =>
    fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme-ascii" }), async (other) => {
        fc.pre(other.trim() !== "s3cret-token")
        assert.strictEqual(await statusOf({ token: true, headers: { authorization: `Bearer ${other}` } }), 401)
      })
    ))
})

it("refuses a token and a host that are none when it is made", () => {
  for (const wrong of ["", "with space", "ümlaut", "new\nline"]) {
    assert.throws(() => access.make(Redacted.make(wrong), undefined), /visible ASCII/)
  }
  for (const wrong of ["", "http://a.example", "a.example/path", "a b"])
    assert.throws(() => access.make(undefined, [wrong]))
})
