import { assert, describe, it } from "@effect/vitest"
import { EventSink, type Message, Receipt } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { SignedUp, plan } from "../../test/wholesale.ts"
import { make } from "./masking.ts"

const base = { messageId: "m", timestamp: "2026-01-01T00:00:00.000Z" }
const track = (properties: Message.Track["properties"], rest: Partial<Message.Track> = {}): Message.Track => ({
  type: "track",
  event: "signedUp",
  properties,
  ...base,
  ...rest
})
const maskedOf = make(plan)
const textOf = (value: unknown): string => JSON.stringify(value)

describe("personal data", () => {
  it("of an envelope is what its service knew, and what the plan knows today", () => {
    const properties = {
      Buyer_id: 1,
      Buyer_email: "ada@example.com",
      Buyer_city: "London",
      lines: [{ note: "fragile" }]
    }
    const context = { traits: { plan: "pro", city: "Rome" }, device: { id: "d-1" }, locale: "en" }
    const shown = (event: string, paths: ReadonlyArray<string>) =>
      maskedOf(track(properties, { context, event }), event === "signedUp" ? SignedUp : undefined, paths)
        .message as unknown as { readonly properties: unknown; readonly context: unknown }
    assert.deepStrictEqual(
      shown("signedUp", ["/properties/lines/note", "/context/traits/city", "/context/device/id"]),
      {
        ...track({}),
        properties: { Buyer_id: 1, Buyer_email: "•••", Buyer_city: "London", lines: "•••" },
        context: { traits: { plan: "pro", city: "•••" }, device: "•••", locale: "en" }
      } as never
    )
    assert.deepStrictEqual(shown("other", ["/properties"]).properties, {
      Buyer_id: "•••",
      Buyer_email: "•••",
      Buyer_city: "•••",
      lines: "•••"
    })
    assert.deepInclude(shown("signedUp", ["/properties"]).properties as object, { Buyer_city: "London" })
    assert.deepStrictEqual(shown("other", ["/properties/Buyer_city/a~1b"]).properties, {
      ...properties,
      Buyer_email: "•••",
      Buyer_city: "•••"
    })
    const traits = { plan: "pro", email: "ada@example.com" }
    const identify = { type: "identify", traits, ...base } as Message.Message
    const ofTraits = (paths: ReadonlyArray<string>) =>
      (maskedOf(identify, undefined, paths).message as { readonly traits: unknown }).traits
    assert.deepStrictEqual(ofTraits([]), { plan: "pro", email: "•••" })
    assert.deepStrictEqual(ofTraits(["/traits"]), { plan: "•••", email: "•••" })
  })

  it("is masked by the event's own definition, and for an event that is not known by all of the plan", () => {
    const message = track({ Buyer_id: 1, Buyer_email: "ada@example.com", Buyer_city: "London", n: "ada@example.com" })
    assert.deepStrictEqual((maskedOf(message, SignedUp).message as { properties: unknown }).properties, {
      Buyer_id: 1,
      Buyer_email: "•••",
      Buyer_city: "London",
      n: "•••"
    })
    assert.notInclude(textOf(maskedOf({ ...message, event: "other" }, undefined).message), "ada@")
    assert.include(textOf(make(undefined)({ ...message, event: "other" }, undefined).message), "ada@")
  })

  it("is every trait that tells who somebody is, in any spelling, in calls and in contexts, and the address", () => {
    const traits = {
      first_name: "Ada",
      lastName: "Lovelace",
      plan: "pro",
      buyer_email: "x@y.z",
      address: { city: "London" }
    }
    for (const type of ["identify", "group"] as const) {
      const message = { type, groupId: "g", traits, ...base } as Message.Message
      assert.deepStrictEqual((maskedOf(message, undefined).message as { traits: unknown }).traits, {
        first_name: "•••",
        lastName: "•••",
        plan: "pro",
        buyer_email: "•••",
        address: "•••"
      })
    }
    const context = { traits, ip: "10.1.2.3", locale: "en", page: { referrer: "https://x/?who=lovelace" } }
    const shown = maskedOf(track({ Buyer_city: "London" }, { context }), SignedUp).message as { context: unknown }
    assert.deepStrictEqual(shown.context, {
      traits: { first_name: "•••", lastName: "•••", plan: "pro", buyer_email: "•••", address: "•••" },
      ip: "•••",
      locale: "en",
      page: { referrer: "https://x/?who=•••" }
    })
  })

  it("is found again in what a sink makes of it, under any name, within texts, cut or escaped", () => {
    const note = 'a "quoted" note & that is rather long'
    const message = track({ phone: "0123456789", Buyer_email: "Ada@Example.com", Buyer_id: 42 })
    const masked = maskedOf(message, SignedUp)
    assert.deepStrictEqual(
      masked.json({
        $email: "ada@example.com",
        d: "call 0123456789 now",
        n: 123_456_789,
        id: 42,
        ada: { "ada@example.com": 1 }
      }),
      { $email: "•••", d: "call ••• now", n: 123_456_789, id: 42, ada: { "•••": 1 } }
    )
    const long = maskedOf(track({ phone: note }), SignedUp)
    assert.strictEqual(long.text(note.slice(0, 20)), "•••")
    assert.strictEqual(long.text(`{"note":${JSON.stringify(note)}}`), "•••")
    assert.strictEqual(long.text(`/?q=${encodeURIComponent(note)}`), "•••")
    assert.strictEqual(long.text(""), "")
  })

  it("is a number too, and short texts where they stand alone", () => {
    const masked = maskedOf({ type: "identify", traits: { age: 36, gender: "f", title: " Dr " }, ...base }, undefined)
    assert.deepStrictEqual(masked.json([36, "36", "f", "F", "dr", "of 36", 360]), [
      "•••",
      "•••",
      "•••",
      "•••",
      "•••",
      "of 36",
      360
    ])
  })

  it("is all that there is where there is too much of it to be looked for", () => {
    const address = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`key ${n}!`, `value ${n}`]))
    const masked = maskedOf({ type: "identify", traits: { address }, ...base }, undefined)
    assert.deepStrictEqual(masked.json({ a: "other", b: 1, c: true }), { "•••": "•••", "••• 2": "•••", "••• 3": true })
  })

  it("is found in megabytes of text that contain it again and again, or almost do", () => {
    const found = maskedOf(track({ phone: "abc", Buyer_email: "Ann" }), SignedUp)
    const plenty = "an ".repeat(2_000_000)
    assert.strictEqual(found.text(plenty), plenty)
    assert.strictEqual(found.text("abc".repeat(2_000_000)), "•••")
    assert.strictEqual(found.text("abc ".repeat(2_000_000)), "••• ".repeat(2_000_000))
    assert.strictEqual(found.text(`${plenty}Ann${plenty}`), `${plenty}•••${plenty}`)
  })

  it("may be as long as it likes, as a user's id may", () => {
    const long = `${"princess ".repeat(1_000_000)}toadstool`
    const masked = maskedOf({ ...track({ phone: long, n: long }), userId: long }, SignedUp)
    const { properties, userId } = masked.message as { properties: unknown; userId: string }
    assert.deepStrictEqual(properties, { phone: "•••", n: "•••…" })
    assert.strictEqual(userId, "•••…")
    const other = { ...track({ phone: "0123456789" }), userId: `${"9876543210 ".repeat(20_000)}0123456789` }
    const shown = (maskedOf(other, SignedUp).message as { userId: string }).userId
    assert.strictEqual(shown, `${"9876543210 ".repeat(20_000).slice(0, 100_000)}…`)
  })

  it("is not shown in part where a text is cut", () => {
    const masked = maskedOf(track({ phone: "0123456789", Buyer_city: "x" }), SignedUp)
    for (let before = 99_980; before < 100_030; before++) {
      const text = `0123456789${"x".repeat(before - 10)}0123456789${"y".repeat(100)}`
      assert.notMatch(JSON.stringify(masked.json(text)), /x01|x0"|x0…/, String(before))
    }
  })

  it("masks the names of parts where they stand alone, and keeps them where they do not", () => {
    const masked = maskedOf({ type: "identify", traits: { address: { state: "X1" } }, ...base }, undefined)
    assert.deepStrictEqual(masked.json({ State: 1, Order_state: 2 }), { "•••": 1, Order_state: 2 })
  })

  it("is masked as a whole where it changes its length with its case", () => {
    const masked = maskedOf(track({ phone: "abc" }), SignedUp)
    assert.strictEqual(masked.text("İ abc"), "•••")
  })

  it("is in no text of a summary, cut wherever it may be", () => {
    const secret = "0123456789"
    fc.assert(
      fc.property(fc.nat(1_050), (before) => {
        const masked = maskedOf(track({ Buyer_city: `${" ".repeat(before)}${secret}`, phone: secret }), SignedUp)
        assert.notInclude(masked.start(1_000), secret.slice(0, 3))
      })
    )
  })

  it("appears nowhere, however sinks call it", () => {
    const word = fc.string({ unit: "binary", minLength: 3, maxLength: 40 }).filter((text) => text.trim().length >= 3)
    const cases = ["snake_case", "camelCase", "Title Case"] as const
    return fc.assert(
      fc.asyncProperty(word, word, fc.integer(), fc.constantFrom(...cases), async (email, phone, trait, to) => {
        const context = { traits: { name: `${email}!`, age: trait }, ip: "203.0.113.77" }
        const given = track({ Buyer_email: email, phone, Buyer_city: `to ${email} and ${phone}` }, { context })
        const masked = maskedOf(given, SignedUp)
        const got: Array<unknown> = []
        const sink = EventSink.make({
          name: "sink",
          send: (batch) => Effect.sync(() => batch.map((message) => (got.push(message), Receipt.delivered)))
        }).pipe(
          EventSink.recase(to),
          EventSink.rename((name) => `x ${name}`)
        )
        await Effect.runPromise(Effect.scoped(EventSink.deliver(sink, [given])))
        const clean = JSON.stringify([
          ["Buyer_email", "phone", "Buyer_city", "to", "and", "•••", "traits", "name", "age", "ip", "context"],
          [
            "x signedUp",
            "Signed Up",
            "X Signed Up",
            "xSignedUp",
            "messageId",
            base,
            "track",
            "properties",
            "type",
            "event",
            to
          ],
          ["buyer_email", "Buyer Email", "buyerEmail", "buyer_city", "Buyer City", "buyerCity", "Phone", "x_signed_up"]
        ]).toLowerCase()
        const said = [masked.message, masked.json(got), masked.start(1_000)].map(textOf).join("\n").toLowerCase()
        for (const secret of [email, phone, "203.0.113.77"]) {
          const lower = secret.toLowerCase()
          const part = JSON.stringify(lower).slice(1, -1)
          if (clean.includes(lower) || clean.includes(part.trim())) continue
          assert.notInclude(said, part)
        }
      }),
      { numRuns: 300 }
    )
  })

  it("is masked though the message is none", () => {
    const odd = { ...track({}), properties: null, context: "no", traits: 3 } as unknown as Message.Message
    assert.doesNotThrow(() => maskedOf(odd, undefined).message)
    assert.strictEqual(maskedOf(odd, undefined).start(10), "{}")
    const throwing = track(
      Object.defineProperty({}, "a", {
        enumerable: true,
        get: () => {
          throw new Error("no")
        }
      })
    )
    assert.strictEqual(maskedOf(throwing, SignedUp).start(10), "{}")
  })
})
