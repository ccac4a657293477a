import { assert, describe, it } from "@effect/vitest"
import { DefinitionError, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import { letter, outboxOf, progress } from "../test/outbox.ts"
import { impl, inspected, memory, open, served, until } from "../test/service.ts"
import type { LetterDetail, LetterList, OutboxState } from "./internal/protocol.ts"
import * as Inspector from "./Inspector.ts"

const email = "ada@example.com"
const secret = { properties: { Buyer_email: email, Buyer_city: "London" }, reason: `${email} is blocked in London` }

const get = async <A>(address: string): Promise<A> => (await (await fetch(address)).json()) as A

const listOf = (base: string, query = "") => get<LetterList>(`${base}api/outbox/letters${query}`)

const json = { "content-type": "application/json" }

const replay = (base: string, body: unknown, headers: Record<string, string> = json) =>
  fetch(`${base}api/outbox/replay`, { method: "POST", headers, body: JSON.stringify(body) })

const replayed = async (base: string, body: unknown): Promise<unknown> => (await replay(base, body)).json()

const statesIn = (tab: Effect.Success<ReturnType<typeof open>>): ReadonlyArray<OutboxState> =>
  tab.said.flatMap((said) => (said.event === "outbox" ? [said.data] : []))

class OutboxError extends Error {
  readonly _tag = "OutboxError"
  readonly transient: boolean
  constructor(message: string, transient: boolean) {
    super(message)
    this.transient = transient
  }
}

describe("the outbox in the stream", () => {
  it.live("is each sink's progress, read only while somebody looks, and what is wrong with the database", () => {
    const { asked, outbox } = outboxOf(letter("segment", 1))
    let fails = false
    const down = new OutboxError("outbox, stats: no database", true)
    const stats = () => (fails ? Effect.fail(down) : outbox.stats())
    return served(
      (base) =>
        Effect.gen(function* () {
          yield* Effect.sleep(50)
          assert.strictEqual(asked.stats, 0)
          const tab = yield* open(base)
          yield* until(() => statesIn(tab).length > 0)
          assert.deepStrictEqual(statesIn(tab)[0], { sinks: [progress("segment", 1)] } as never)
          fails = true
          yield* until(() => statesIn(tab).length > 1)
          assert.deepStrictEqual(statesIn(tab)[1], {
            sinks: [progress("segment", 1)],
            error: "outbox, stats: no database"
          })
          const another = yield* open(base)
          yield* until(() => statesIn(another).length > 0)
          const { data } = another.said.find(({ event }) => event === "hello")!
          assert.deepInclude(data, { outbox: { readOnly: false } })
        }).pipe(Effect.scoped),
      { options: { outbox: { ...outbox, stats } } }
    )
  })

  it.live("is none in a service that has none", () =>
    served((base) =>
      Effect.gen(function* () {
        const tab = yield* open(base)
        yield* until(() => tab.said.length > 0)
        assert.notProperty(tab.said[0]!.data, "outbox")
        for (const path of ["letters", "letter"]) {
          assert.strictEqual((yield* Effect.promise(() => fetch(`${base}api/outbox/${path}`))).status, 404)
        }
        assert.strictEqual((yield* Effect.promise(() => replay(base, {}))).status, 404)
      }).pipe(Effect.scoped)
    )
  )
})

describe("dead letters", () => {
  it.live("are listed newest first, in pages, by sink and by event", () => {
    const segment = Array.from({ length: 60 }, (_, n) =>
      letter("segment", n, { event: n % 2 === 0 ? "ping" : "signedUp" })
    )
    const { outbox } = outboxOf(...segment, letter("mixpanel", 7))
    return served(
      (base) =>
        Effect.promise(async () => {
          const pages: Array<LetterList> = []
          do {
            const after = pages.at(-1)?.next
            pages.push(await listOf(base, after === undefined ? "" : `?after=${encodeURIComponent(after)}`))
          } while (pages.at(-1)!.next !== undefined)
          assert.deepStrictEqual(
            pages.map(({ letters }) => letters.length),
            [25, 25, 11]
          )
          const all = pages.flatMap(({ letters }) => letters)
          assert.lengthOf(new Set(all.map(({ id, sink }) => `${sink} ${id}`)), 61)
          assert.deepStrictEqual(
            all.map(({ at }) => at),
            all.map(({ at }) => at).sort((a, b) => b - a)
          )
          assert.deepStrictEqual(all[0], {
            sink: "segment",
            id: "m-59",
            event: "signedUp",
            state: "rejected",
            reason: "no such field",
            attempts: 1,
            created: 59,
            at: 59
          })
          const some = await listOf(base, "?sink=mixpanel&event=signedUp")
          assert.deepStrictEqual(
            some.letters.map(({ id }) => id),
            ["m-7"]
          )
          assert.isEmpty((await listOf(base, "?sink=mixpanel&event=ping")).letters)
        }),
      { options: { outbox } }
    )
  })

  it.live(
    "have their personal data masked by the plan and by their envelopes, in the message and in the reason",
    () => {
      const { outbox } = outboxOf(
        letter("segment", 1, secret),
        letter("segment", 2, { ...secret, event: "unknown", personal: ["/properties/Buyer_email"] }),
        letter("segment", 3, { ...secret, event: "unknown", personal: ["/properties"] })
      )
      return served(
        (base) =>
          Effect.promise(async () => {
            const list = await listOf(base)
            assert.deepStrictEqual(
              list.letters.map(({ reason }) => reason),
              ["••• is blocked in •••", "••• is blocked in London", "••• is blocked in London"]
            )
            const bodies = list.letters.map(({ id }) =>
              get<LetterDetail>(`${base}api/outbox/letter?sink=segment&id=${id}`)
            )
            const opened = await Promise.all(bodies)
            assert.deepStrictEqual(
              opened.map(({ message }) => (message as { readonly properties: unknown }).properties),
              [
                { Buyer_email: "•••", Buyer_city: "•••" },
                { Buyer_email: "•••", Buyer_city: "London" },
                { Buyer_email: "•••", Buyer_city: "London" }
              ]
            )
            assert.notInclude(JSON.stringify([list, opened]), "ada@")
          }),
        { options: { outbox } }
      )
    }
  )

  it.live("that cannot be read say why, and show nothing of their bodies", () => {
    const { outbox } = outboxOf(
      letter("segment", 1, { ...secret, body: `{"format":2,"email":"${email}"}` }),
      letter("segment", 2, { ...secret, body: `${email}` })
    )
    return served(
      (base) =>
        Effect.promise(async () => {
          const list = await listOf(base)
          const [text, newer] = await Promise.all(
            list.letters.map(({ id }) => get<LetterDetail>(`${base}api/outbox/letter?sink=segment&id=${id}`))
          )
          assert.include(newer!.unreadable, "format 2")
          assert.include(text!.unreadable, "not JSON")
          assert.isUndefined(text!.message)
          assert.notInclude(JSON.stringify([list, text, newer]), email)
        }),
      { options: { outbox } }
    )
  })
})

describe("sending again", () => {
  it.live("takes one letter, those that conditions select, or all, and says how many", () => {
    const ping = { event: "ping" }
    const { left, outbox } = outboxOf(
      letter("segment", 1),
      letter("segment", 2, ping),
      letter("segment", 3, ping),
      letter("mixpanel", 1),
      letter("mixpanel", 2, ping)
    )
    return served(
      (base) =>
        Effect.promise(async () => {
          assert.deepStrictEqual(await replayed(base, { sink: "segment", id: "m-1" }), { replayed: 1 })
          assert.deepStrictEqual(await replayed(base, { sink: "segment", id: "m-1" }), { replayed: 0 })
          assert.deepStrictEqual(left(), ["segment m-3", "mixpanel m-2", "segment m-2", "mixpanel m-1"])
          assert.deepStrictEqual(await replayed(base, { sink: "segment", event: "ping" }), { replayed: 2 })
          assert.deepStrictEqual(left(), ["mixpanel m-2", "mixpanel m-1"])
          assert.deepStrictEqual(await replayed(base, {}), { replayed: 2 })
          const gone = await fetch(`${base}api/outbox/letter?sink=segment&id=m-1`)
          assert.strictEqual(gone.status, 404)
          assert.include(await gone.text(), "no such dead letter")
        }),
      { options: { outbox } }
    )
  })

  it("works through the fetch handler, too", async () => {
    const { left, outbox } = outboxOf(letter("segment", 1), letter("segment", 2))
    const tracker = Effect.runPromise(Effect.scoped(Tracker.make(memory)))
    await using inspector = await Inspector.attach({ tracker }, { outbox, path: "/" })
    const body = JSON.stringify({ sink: "segment", id: "m-1" })
    const request = new Request("http://localhost/api/outbox/replay", { method: "POST", headers: json, body })
    const response = await inspector.handler(request, { remoteAddress: "127.0.0.1" })
    assert.deepStrictEqual(await response.json(), { replayed: 1 })
    assert.deepStrictEqual(left(), ["segment m-2"])
    const long = new Request(request.url, { method: "POST", headers: json, body: "x".repeat(200_000) })
    assert.strictEqual((await inspector.handler(long, { remoteAddress: "127.0.0.1" })).status, 413)
  })

  it.live("refuses what is not the page's own request, with a clear answer, and sends nothing", () => {
    const { left, outbox } = outboxOf(letter("segment", 1))
    const post = (body: string, headers: Record<string, string> = json): RequestInit => ({
      method: "POST",
      headers,
      body
    })
    const cases: ReadonlyArray<readonly [status: number, says: RegExp, path: string, init?: RequestInit]> = [
      [405, /Use POST/, "replay"],
      [405, /Use GET or HEAD/, "letters", post("{}")],
      [403, /another site/, "replay", post("{}", { ...json, origin: "http://evil.example" })],
      [403, /another site/, "replay", post("{}", { ...json, origin: "null" })],
      [403, /another site/, "replay", post("{}", { ...json, "sec-fetch-site": "cross-site" })],
      [403, /another site/, "replay", post("{}", { ...json, "sec-fetch-site": "same-site" })],
      [415, /application\/json/, "replay", post("{}", { "content-type": "text/plain" })],
      [
        415,
        /application\/json/,
        "replay",
        post("sink=segment", { "content-type": "application/x-www-form-urlencoded" })
      ],
      [400, /not JSON/, "replay", post("")],
      [400, /not JSON/, "replay", post("{")],
      [400, /object/, "replay", post("[]")],
      [400, /object/, "replay", post("null")],
      [400, /no condition "sinks": use sink, event, id/, "replay", post(`{"sinks":"segment"}`)],
      [400, /no condition "__proto__"/, "replay", post(`{"__proto__":"segment"}`)],
      [400, /sink must be a string/, "replay", post(`{"sink":null}`)],
      [400, /event must be a string/, "replay", post(`{"event":["ping"]}`)],
      [400, /id must be a string/, "replay", post(`{"sink":"segment","id":""}`)],
      [400, /needs its sink/, "replay", post(`{"id":"m-1"}`)],
      [413, /longer than/, "replay", post(`{"sink":"${"x".repeat(200_000)}"}`)],
      [400, /no condition "page"/, "letters?page=2"],
      [400, /`next`/, "letters?after=2"],
      [400, /`next`/, "letters?after=[1"],
      [400, /`next`/, `letters?after=${encodeURIComponent(`[1,"a",2]`)}`],
      [400, /Name a sink and an id/, "letter?sink=segment"],
      [400, /Name a sink and an id/, "letter"],
      [404, /no such page/, "other"]
    ]
    return served(
      (base) =>
        Effect.promise(async () => {
          for (const [status, says, path, init] of cases) {
            const response = await fetch(`${base}api/outbox/${path}`, init)
            const { error } = (await response.json()) as { readonly error: string }
            assert.match(error, says, path)
            assert.strictEqual(response.status, status, error)
            assert.include(response.headers.get("content-security-policy"), "default-src 'none'")
          }
          assert.deepStrictEqual(left(), ["segment m-1"])
          assert.strictEqual((await replay(base, {}, { ...json, "sec-fetch-site": "same-origin" })).status, 200)
        }),
      { options: { outbox } }
    )
  })

  it.live("is off on a page that can only be read, which shows all the same", () => {
    const { left, outbox } = outboxOf(letter("segment", 1))
    return served(
      (base) =>
        Effect.gen(function* () {
          const tab = yield* open(base)
          yield* until(() => tab.said.length > 0)
          assert.deepInclude(tab.said[0]!.data, { outbox: { readOnly: true } })
          const refused = yield* Effect.promise(() => replay(base, {}))
          assert.strictEqual(refused.status, 403)
          assert.lengthOf((yield* Effect.promise(() => listOf(base))).letters, 1)
          assert.deepStrictEqual(left(), ["segment m-1"])
        }).pipe(Effect.scoped),
      { options: { outbox }, serve: { readOnly: true } }
    )
  })
})

describe("an outbox that fails", () => {
  it.live("is quoted if the error is the outbox's own, and never otherwise", () => {
    const { outbox } = outboxOf(letter("segment", 1))
    const errors: Record<string, unknown> = {
      down: new OutboxError("outbox, letters: the database does not respond", true),
      unknown: new OutboxError("outbox, letters: the sink has not started", false),
      other: new Error("postgres://user:password@host")
    }
    const failing: Inspector.Outbox = {
      ...outbox,
      letters: ({ sink }) => Effect.fail(errors[sink!]),
      letter: (sink) => Promise.reject(errors[sink] as Error),
      replay: ({ sink }) => {
        throw errors[sink!] as Error
      }
    }
    return served(
      (base) =>
        Effect.promise(async () => {
          for (const [sink, status, says] of [
            ["down", 503, "does not respond"],
            ["unknown", 409, "has not started"],
            ["other", 503, "see the service's log"]
          ] as const) {
            for (const response of [
              await fetch(`${base}api/outbox/letters?sink=${sink}`),
              await fetch(`${base}api/outbox/letter?sink=${sink}&id=x`),
              await replay(base, { sink })
            ]) {
              const text = await response.text()
              assert.strictEqual(response.status, status, text)
              assert.include(text, says)
              assert.notInclude(text, "password")
            }
          }
          assert.strictEqual((await fetch(base)).status, 200)
        }),
      { options: { outbox: failing } }
    )
  })

  it("is refused when the inspector is made, if it is none", () => {
    const { outbox } = outboxOf()
    for (const wrong of [null, {}, { ...outbox, stats: undefined }, { ...outbox, replay: 1 }]) {
      assert.throws(
        () => Inspector.layer({ outbox: wrong as never }),
        DefinitionError.DefinitionError,
        "pass the OutboxStore"
      )
    }
  })

  it.effect("takes Effects as well as functions that return promises", () => {
    const { outbox } = outboxOf()
    const stats = Effect.succeed([progress("segment")])
    return inspected(
      Effect.gen(function* () {
        const { watch } = yield* impl
        yield* watch!.look
        yield* watch!.look
        assert.deepStrictEqual(watch!.state?.sinks, [progress("segment")])
        assert.strictEqual(watch!.revision, 1)
      }),
      { options: { outbox: { ...outbox, stats } } }
    )
  })

  it.effect("goes on after an answer that it cannot read", () => {
    const { outbox } = outboxOf()
    const answers: Array<unknown> = [undefined, [progress("segment")]]
    return inspected(
      Effect.gen(function* () {
        const { watch } = yield* impl
        yield* watch!.look
        assert.isUndefined(watch!.state)
        yield* watch!.look
        assert.deepStrictEqual(watch!.state, { sinks: [progress("segment")], error: undefined })
      }),
      { options: { outbox: { ...outbox, stats: async () => answers.shift() as never } } }
    )
  })
})
