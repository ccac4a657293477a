import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import {
  Aggregate,
  Entity,
  EventSink,
  HttpTransport,
  Message,
  Plan,
  Receipt,
  SendError,
  TrackedEvent
} from "@trackmap/core"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as Tracer from "effect/Tracer"
import { Fault, MixpanelServer } from "../../testing/src/index.ts"
import * as SinkConformance from "../../testing/src/SinkConformance.ts"
import {
  against,
  always,
  at,
  fetched,
  group,
  identify,
  idsOf,
  options,
  outcomesOf,
  reasonsOf,
  time,
  timestamp,
  token,
  track,
  tracks
} from "../test/against.ts"
import { Mixpanel } from "./index.ts"
import * as requests from "./internal/requests.ts"
import * as response from "./internal/response.ts"

SinkConformance.suite("Mixpanel's sink", {
  runner: { describe, it },
  layer: HttpTransport.layerFetch,
  many: 3_000,
  make: Effect.map(MixpanelServer.make({ token }), (server) => ({
    // Its options are valid, so opening it does not fail.
    sink: Mixpanel.sink(options(server.url)) as unknown as EventSink.EventSink<never, HttpTransport.HttpTransport>,
    received: Effect.map(server.events, (events) => events.map(({ properties }) => properties["$insert_id"])),
    // Profile updates contain the token, which must not appear in records.
    records: Effect.map(server.requests, (requests) =>
      requests.flatMap(({ text }) => JSON.parse(text.replaceAll(token, "<token>")) as ReadonlyArray<unknown>)
    )
  }))
})

const common = { userId: "user-1", timestamp }
/** The outcomes of messages for which the sink sends nothing. */
const outcomesWithout = (messages: ReadonlyArray<Message.Message>) =>
  requests.make(
    messages,
    [...messages.keys()],
    { counters: "atMostOnce", groupKey: "$group_id", token, whenTooLarge: "cut" },
    new Map(),
    time
  ).outcomes

const through = (client: HttpClient.HttpClient) =>
  Effect.provide(Layer.provide(HttpTransport.layerHttpClient, Layer.succeed(HttpClient.HttpClient, client)))
const alias = (messageId: string): Message.Alias => ({ type: "alias", previousId: "user-0", messageId, ...common })

describe("Mixpanel's sink", () => {
  it.live(
    "delivers events to /import, profiles to /engage and groups to /groups, and skips what has no equivalent",
    () =>
      Effect.gen(function* () {
        const calls: ReadonlyArray<Message.Message> = [
          track("m1"),
          identify("m2"),
          group("m3"),
          alias("m4"),
          { type: "page", name: "Home", category: "Shop", properties: { search: "duck" }, messageId: "m5", ...common },
          { type: "screen", name: "Home", properties: { name: "Own" }, messageId: "m6", timestamp, anonymousId: "a-1" },
          { type: "page", properties: {}, messageId: "m7", ...common }
        ]
        const { events, groups, outcomes, profiles, reasons, receipts, rejected, requests } = yield* against([], calls)
        const ours = { time, distinct_id: "user-1", $user_id: "user-1", ip: 0 }
        assert.deepStrictEqual(events, [
          { event: "orderPlaced", properties: { Order_id: 357, ...ours, $insert_id: "m1" } },
          {
            event: "Page Viewed",
            properties: { search: "duck", ...ours, $insert_id: "m5", name: "Home", category: "Shop" }
          },
          {
            event: "Screen Viewed",
            properties: { name: "Own", time, distinct_id: "$device:a-1", $device_id: "a-1", $insert_id: "m6", ip: 0 }
          },
          { event: "Page Viewed", properties: { ...ours, $insert_id: "m7" } }
        ])
        assert.deepStrictEqual(profiles, new Map([["user-1", { plan: "pro" }]]))
        assert.deepStrictEqual(groups, new Map([["$group_id", new Map([["group-1", { seats: 3 }]])]]))
        assert.deepStrictEqual(rejected, [])
        assert.deepStrictEqual(
          receipts.map(({ attempts, messageId, sink }) => ({ attempts, messageId, sink })),
          idsOf(calls).map((messageId) => ({ attempts: 1, messageId, sink: "mixpanel" }))
        )
        const delivered = "Delivered"
        assert.deepStrictEqual(outcomes, [delivered, delivered, delivered, "Skipped", delivered, delivered, delivered])
        assert.include(reasons[3], "no equivalent of alias")

        const [imported, grouped, engaged] = requests
        assert.deepStrictEqual(
          requests.map(({ path, query }) => [path, query]),
          [
            ["/import", { strict: "1" }],
            ["/groups", { strict: "1", verbose: "1" }],
            ["/engage", { strict: "1", verbose: "1" }]
          ]
        )
        assert.strictEqual(imported!.headers["authorization"], `Basic ${Buffer.from(`${token}:`).toString("base64")}`)
        assert.isUndefined(engaged!.headers["authorization"])
        assert.isUndefined(imported!.headers["traceparent"])
        assert.deepStrictEqual(engaged!.body, [
          { $token: token, $distinct_id: "user-1", $ip: "0", $set: { plan: "pro" } }
        ])
        assert.deepStrictEqual(grouped!.body, [
          { $token: token, $group_key: "$group_id", $group_id: "group-1", $set: { seats: 3 } }
        ])
      })
  )

  it.live("says who acts by both ids, and takes an event of nobody as one", () =>
    Effect.gen(function* () {
      const { userId: _, ...nobody } = track("m1")
      const { events, outcomes } = yield* against(
        [],
        [nobody, track("m2", { anonymousId: "a-1" }), { ...nobody, messageId: "m3", anonymousId: "a-1", userId: "" }]
      )
      assert.deepStrictEqual(
        events.map(({ properties: { $device_id, $user_id, distinct_id } }) => [distinct_id, $user_id, $device_id]),
        [
          ["", undefined, undefined],
          ["user-1", "user-1", "a-1"],
          ["$device:a-1", undefined, "a-1"]
        ]
      )
      assert.deepStrictEqual(outcomes, ["Delivered", "Delivered", "Delivered"])
    })
  )

  it.live("makes of the context what Mixpanel has a property for, unless the event has it", () =>
    Effect.gen(function* () {
      const context = {
        ip: "203.0.113.7",
        locale: "de-DE",
        timezone: "Europe/Berlin",
        userAgent: "Mozilla/5.0",
        traceId: "0af7651916cd43dd8448eb211c80319c",
        groupId: "group-1",
        app: { name: "Shop", version: "1.2.3", build: "7", namespace: "com.example" },
        os: { name: "iOS", version: "" },
        device: { manufacturer: "Apple", model: "iPhone", name: "phone", type: "ios" },
        page: { url: "https://example.com/a", referrer: "https://example.com/", title: "A" },
        screen: { width: 320, height: 568, density: 2 },
        network: { carrier: "T", wifi: true },
        campaign: { source: "s", medium: "m", name: "n", term: "t", content: "c" },
        library: { name: "@trackmap/core" },
        requestId: "r-1"
      }
      const { events } = yield* against(
        [],
        [
          track("m1", { context, properties: { $os: "own", utm_term: "own" } }),
          track("m2", { context: { os: null, page: "/", ip: "", groupId: "", locale: 7 } }),
          track("m3", { context, properties: { company: "own" } })
        ],
        { groupKey: "company" }
      )
      const own = new Set(["time", "distinct_id", "$insert_id", "$user_id"])
      const derived = events.map(({ properties }) =>
        Object.fromEntries(Object.entries(properties).filter(([key]) => !own.has(key)))
      )
      assert.deepStrictEqual(derived[0], {
        $os: "own",
        utm_term: "own",
        ip: "203.0.113.7",
        $locale: "de-DE",
        $timezone: "Europe/Berlin",
        $user_agent: "Mozilla/5.0",
        trace_id: "0af7651916cd43dd8448eb211c80319c",
        company: ["group-1"],
        $app_name: "Shop",
        $app_version_string: "1.2.3",
        $app_build_number: "7",
        $manufacturer: "Apple",
        $model: "iPhone",
        $device: "phone",
        $device_type: "ios",
        $current_url: "https://example.com/a",
        $referrer: "https://example.com/",
        $screen_width: 320,
        $screen_height: 568,
        $carrier: "T",
        $wifi: true,
        utm_source: "s",
        utm_medium: "m",
        utm_campaign: "n",
        utm_content: "c"
      })
      assert.deepStrictEqual(derived[1], { Order_id: 357, ip: 0, $locale: 7 })
      assert.strictEqual(derived[2]!["company"], "own")
    })
  )

  it.live("makes an $insert_id of an id that is none, always the same", () =>
    Effect.gen(function* () {
      const ids = ["node-next-1718716477000-29fc2962-6d9c-455d-95ad-95b84f09b9e4", "a:b", "", "null", "é"]
      const messages = [...ids, "m1", ids[0]!].map((id) => track(id))
      const { events, outcomes, received } = yield* against([], messages)
      assert.deepStrictEqual(new Set(outcomes), new Set(["Delivered"]))
      assert.lengthOf(events, ids.length + 1)
      assert.include(received, "m1")
      const made = received.filter((id) => id !== "m1")
      for (const id of made) assert.match(id, /^[0-9a-f]{36}$/)
      assert.strictEqual(made[1], "6783a31eabf68ccc0660f935c0826282bdd2")
    })
  )

  it.live("keeps within 2,000 records and 10,000,000 bytes a request, and 1,000,000 bytes a message", () =>
    Effect.gen(function* () {
      const many = yield* against([], tracks(2_001))
      const sizes = many.requests.map(({ body }) => (body as ReadonlyArray<unknown>).length)
      assert.deepStrictEqual(sizes, [2_000, 1])

      const list = Array.from({ length: 20 }, () => "x".repeat(250))
      const properties = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, list]))
      const large = Array.from({ length: 25 }, (_, index) => track(`m${index}`, { properties }))
      const long = track("m99", { properties: { text: "x".repeat(1_000_000) } })
      const sent = yield* against([], [...large, long], { gzip: false })
      assert.deepStrictEqual(sent.received, idsOf(large))
      assert.isAtLeast(sent.requests.length, 2)
      for (const { bytes, status } of sent.requests) {
        assert.isAtMost(bytes, 10_000_000)
        assert.strictEqual(status, 200)
      }
      assert.include(sent.reasons.at(-1), "mixpanel accepts 1000000")

      // The sink writes each id three times, which makes the events larger than their messages.
      const userId = "u".repeat(250)
      const texts = Object.fromEntries(Array.from({ length: 18 }, (_, index) => [`text${index}`, "x".repeat(240)]))
      const wide = Array.from({ length: 2_000 }, (_, index) => track(`m${index}`, { userId, properties: texts }))
      const grown = yield* against([], wide, { gzip: false })
      assert.strictEqual(grown.requests.length, 2)
      assert.deepStrictEqual(grown.received, idsOf(wide))
      for (const { bytes } of grown.requests) assert.isAtMost(bytes, 10_000_000)
    })
  )

  it.live("sends more than 2,000 updates in several requests", () =>
    Effect.gen(function* () {
      const messages = Array.from({ length: 1_500 }, (_, index) =>
        identify(`m${index}`, { userId: `u${index}`, integrations: Mixpanel.profile({ setOnce: { a: 1 } }) })
      )
      const { outcomes, requests, updates } = yield* against([], messages)
      assert.deepStrictEqual(
        requests.map(({ body }) => (body as ReadonlyArray<unknown>).length),
        [1_500, 1_500]
      )
      assert.lengthOf(updates, 3_000)
      assert.deepStrictEqual(new Set(outcomes), new Set(["Delivered"]))
    })
  )

  it.live("rejects what Mixpanel would refuse or cut, and sends the rest", () =>
    Effect.gen(function* () {
      const ahead = (millis: number) => new Date(Date.now() + millis).toISOString()
      const refused: ReadonlyArray<readonly [Message.Message, string]> = [
        [track("m1", { userId: "anonymous" }), "Mixpanel does not allow this userId"],
        [track("m2", { userId: "", anonymousId: "undefined" }), "Mixpanel does not allow this anonymousId"],
        [track("m3", { userId: "u".repeat(256) }), "the userId is longer than 255 bytes"],
        [track("m4", { anonymousId: "a".repeat(250) }), "ok"],
        [track("m5", { userId: "", anonymousId: "a".repeat(250) }), "the anonymousId is longer than 255 bytes"],
        [track("m6", { timestamp: "1970-12-31T23:59:59.999Z" }), "before 1971"],
        [track("m7", { timestamp: "yesterday" }), "is not a date"],
        [track("m8", { timestamp: ahead(3_700_000) }), "more than an hour in the future"],
        [track("m9", { event: "" }), "no name"],
        [track("m10", { event: "é".repeat(128) }), "name has more than 255 bytes"],
        [track("m12", { properties: [] as any }), "not an object"],
        [
          track("m13", { integrations: Mixpanel.profile({ add: { a: 1 } }) as any }),
          "only identify and group messages can have"
        ],
        [identify("m14", { userId: "" }), "neither a userId nor an anonymousId"],
        [identify("m15", { userId: "null" }), "Mixpanel does not allow this userId"],
        [group("m16", { groupId: "" }), "the groupId is empty"],
        [group("m17", { groupId: "none" }), "Mixpanel does not allow this groupId"],
        [group("m18", { groupId: "g".repeat(256) }), "the groupId has more than 255 bytes"]
      ]
      const messages = refused.map(([message]) => message)
      const good = track("m99", { timestamp: ahead(3_000_000) })
      const { outcomes, reasons, received, rejected } = yield* against([], [...messages, good])
      assert.deepStrictEqual(rejected, [])
      assert.deepStrictEqual(received, ["m4", "m99"])
      refused.forEach(([{ messageId }, reason], index) => {
        if (reason === "ok") assert.strictEqual(outcomes[index], "Delivered")
        else assert.include(reasons[index], reason, messageId)
      })
      const none = yield* against([], [track("m1", { userId: "anonymous" })])
      assert.deepStrictEqual([none.outcomes, none.requests], [["Rejected"], []])
    })
  )

  it("rejects what has no JSON, alone", () => {
    const none: any = { big: 1n }
    const outcomes = outcomesWithout([
      track("m1", { properties: none, timestamp: "1970-01-01T00:00:00Z" }),
      identify("m2", { traits: none })
    ])
    assert.deepStrictEqual(
      outcomes.map((outcome) => outcome?._tag),
      ["Rejected", "Rejected"]
    )
    assert.deepStrictEqual(outcomes[1], Receipt.rejected("JSON cannot represent the message"))
  })

  it("leaves a message without JSON to the request, which rejects it", () => {
    const none: any = { big: 1n }
    const form = { groupKey: "$group_id", whenTooLarge: "cut" } as const
    assert.isUndefined(requests.encode(track("m1", { properties: none }), form, time))
    assert.include(requests.encode(track("m1"), form, time), '"$insert_id":"m1"')
  })

  it.live("skips a message whose integrations say so", () =>
    Effect.gen(function* () {
      const asked: ReadonlyArray<readonly [NonNullable<Message.Track["integrations"]>, boolean]> = [
        [{}, true],
        [{ All: true }, true],
        [{ All: false }, false],
        [{ Mixpanel: false }, false],
        [{ All: true, Mixpanel: false }, false],
        [{ All: false, Mixpanel: true }, true],
        [{ All: false, Mixpanel: {} }, true],
        [{ mixpanel: false }, true]
      ]
      const messages = asked.map(([integrations], index) => track(`m${index}`, { integrations }))
      const { outcomes } = yield* against([], messages)
      assert.deepStrictEqual(
        outcomes,
        asked.map(([, on]) => (on ? "Delivered" : "Skipped"))
      )
    })
  )

  it.live("gzips events unless it is told not to, and never profiles", () =>
    Effect.gen(function* () {
      const messages = [...tracks(100), ...tracks(100).map(({ messageId }) => identify(messageId))]
      const { requests } = yield* against([], messages)
      assert.strictEqual(requests[0]!.headers["content-encoding"], "gzip")
      assert.isBelow(requests[0]!.bytes, requests[0]!.text.length / 4)
      assert.isUndefined(requests[1]!.headers["content-encoding"])
      assert.isUndefined((yield* against([], messages, { gzip: false })).requests[0]!.headers["content-encoding"])
    })
  )

  it.live("imports as a service account, and updates profiles with the token", () =>
    Effect.gen(function* () {
      const account = { username: "robot", secret: "a-robots-secret", projectId: "42 &" }
      const server = yield* MixpanelServer.make({ token, serviceAccount: account })
      const send = (secret: string) =>
        EventSink.deliver(
          Mixpanel.sink(options(server.url, { serviceAccount: { ...account, secret: Redacted.make(secret) } })),
          [track("m1"), identify("m2")]
        )
      assert.deepStrictEqual(outcomesOf(yield* send(account.secret)), ["Delivered", "Delivered"])
      const [imported, engaged] = yield* server.requests
      assert.deepStrictEqual(imported!.query, { strict: "1", project_id: "42 &" })
      assert.strictEqual(
        imported!.headers["authorization"],
        `Basic ${Buffer.from("robot:a-robots-secret").toString("base64")}`
      )
      assert.notProperty(engaged!.query, "project_id")
      // If one path refuses the sink, messages that another path accepted are still delivered.
      const wrong = yield* send("another")
      assert.deepStrictEqual(outcomesOf(wrong), ["Rejected", "Delivered"])
      assert.include(reasonsOf(wrong)[0], "status 401")
    }).pipe(fetched)
  )

  it.effect("does not open with settings that cannot be right, and does not repeat them", () =>
    Effect.gen(function* () {
      const account = { username: "robot", secret: Redacted.make(token), projectId: "1" }
      const wrong: ReadonlyArray<readonly [Partial<Mixpanel.Options>, string]> = [
        [{ token: token as never }, "not Redacted"],
        [{ token: undefined as never }, "not Redacted"],
        [{ token: Redacted.make("") }, "is empty"],
        [{ token: Redacted.make(undefined as never) }, "is empty"],
        [{ token: Redacted.make(`${token}:`) }, "contains a colon"],
        [{ endpoint: token }, "not an http"],
        [{ endpoint: `ftp://${token}` }, "not an http"],
        [{ endpoint: `https://${token}@example.com` }, "contains a user"],
        [{ endpoint: `https://example.com?key=${token}` }, "a query"],
        [{ endpoint: `https://example.com#${token}` }, "a hash"],
        [{ serviceAccount: { ...account, username: `${token}:` } }, "username"],
        [{ serviceAccount: { ...account, username: "" } }, "username"],
        [{ serviceAccount: { ...account, secret: token as never } }, "not Redacted"],
        [{ serviceAccount: { ...account, secret: Redacted.make("") } }, "no secret"],
        [{ serviceAccount: { ...account, projectId: "" } }, "no project id"],
        [{ serviceAccount: { ...account, username: undefined as never } }, "username"],
        [{ serviceAccount: { ...account, secret: Redacted.make(undefined as never) } }, "no secret"],
        [{ serviceAccount: { ...account, projectId: undefined as never } }, "no project id"],
        [{ groupKey: "" }, "group key"],
        [{ groupKey: "g".repeat(256) }, "group key"],
        [{ groupKey: "time" }, "group key"]
      ]
      for (const [more, reason] of wrong) {
        const error = yield* Effect.flip(EventSink.deliver(Mixpanel.sink(options("https://example.com", more)), []))
        assert.instanceOf(error, SendError.Misconfigured)
        assert.include(error.reason, reason)
        assert.notInclude(String(error) + JSON.stringify(error), token)
      }
    }).pipe(fetched)
  )

  /** The addresses to which a sink posts one event and one update. */
  const addressesOf = Effect.fnUntraced(function* (
    sink: EventSink.EventSink<SendError.Misconfigured, HttpTransport.HttpTransport>
  ) {
    const urls: Array<string> = []
    const client = HttpClient.make((request, url) =>
      Effect.sync(() => {
        urls.push(url.href)
        return HttpClientResponse.fromWeb(request, Response.json({ status: 1, num_records_imported: 1 }))
      })
    )
    yield* TestClock.setTime(time)
    const sent = EventSink.deliver(sink, [track("m1"), identify("m2")])
    const outcomes = outcomesOf(yield* through(client)(sent))
    assert.deepStrictEqual(outcomes, ["Delivered", "Delivered"])
    return urls
  })

  it.effect("posts to Mixpanel's own addresses, or under another one's path", () =>
    Effect.gen(function* () {
      const of = (endpoint?: string) => addressesOf(Mixpanel.sink({ token: Redacted.make(token), endpoint }))
      const update = "strict=1&verbose=1"
      assert.deepStrictEqual(yield* of(), [
        "https://api.mixpanel.com/import?strict=1",
        `https://api.mixpanel.com/engage?${update}`
      ])
      assert.deepStrictEqual(yield* of(Mixpanel.endpoints.eu), [
        "https://api-eu.mixpanel.com/import?strict=1",
        `https://api-eu.mixpanel.com/engage?${update}`
      ])
      assert.strictEqual((yield* of(Mixpanel.endpoints.in))[0], "https://api-in.mixpanel.com/import?strict=1")
      assert.strictEqual((yield* of("https://example.com/mp/"))[0], "https://example.com/mp/import?strict=1")
    })
  )

  it.effect("is set up by the environment", () =>
    Effect.gen(function* () {
      const parse = (env: Record<string, string>) =>
        Effect.provideService(Mixpanel.config, ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))
      const told = { MIXPANEL_TOKEN: token }
      const places: ReadonlyArray<readonly [Record<string, string>, string]> = [
        [told, Mixpanel.endpoints.us],
        [{ ...told, MIXPANEL_ENDPOINT: "eu", MIXPANEL_GZIP: "false" }, Mixpanel.endpoints.eu],
        [{ ...told, MIXPANEL_ENDPOINT: "https://example.com" }, "https://example.com"]
      ]
      for (const [env, place] of places) {
        assert.strictEqual((yield* addressesOf(yield* parse(env)))[0], `${place}/import?strict=1`)
      }
      assert.instanceOf(yield* Effect.flip(parse({})), Config.ConfigError)
      const unopened = EventSink.deliver(yield* parse({ ...told, MIXPANEL_ENDPOINT: "moon" }), []).pipe(fetched)
      assert.instanceOf(yield* Effect.flip(unopened), SendError.Misconfigured)
      assert.notInclude(inspect(yield* parse(told), { depth: 9 }), token)
    })
  )
})

describe("a profile", () => {
  it.live("gets traits under Mixpanel's names for them, and where the user is", () =>
    Effect.gen(function* () {
      const traits = {
        email: "a@example.com",
        phone: "+49",
        firstName: "Ann",
        lastName: "Ott",
        name: "Ann Ott",
        avatar: "https://example.com/a.png",
        createdAt: timestamp,
        plan: "pro",
        $name: "Own"
      }
      const { profiles, updates } = yield* against(
        [],
        [
          identify("m1", { traits, context: { ip: "203.0.113.7" } }),
          identify("m2", { userId: "", anonymousId: "a-1" }),
          identify("m3", { traits: {} }),
          group("m4", { traits: { name: "Acme", createdAt: timestamp } })
        ]
      )
      assert.deepStrictEqual(profiles.get("user-1"), {
        $email: "a@example.com",
        $phone: "+49",
        $first_name: "Ann",
        $last_name: "Ott",
        $avatar: "https://example.com/a.png",
        $created: timestamp,
        plan: "pro",
        $name: "Own"
      })
      assert.deepStrictEqual(profiles.get("$device:a-1"), { plan: "pro" })
      assert.deepStrictEqual(
        updates.map(({ $ip, $set }) => [$ip, Object.keys($set).length]),
        [
          [undefined, 2],
          ["203.0.113.7", 8],
          ["0", 1]
        ]
      )
    })
  )

  it.live("is changed by every operation, in their order", () =>
    Effect.gen(function* () {
      const { outcomes, profiles } = yield* against(
        [],
        [
          identify("m1", { traits: { tags: ["a"], logins: 1, old: true } }),
          identify("m2", {
            traits: { plan: "pro" },
            integrations: Mixpanel.profile({
              setOnce: { plan: "free", first: 1 },
              add: { logins: 2 },
              append: { tags: "b" },
              union: { tags: ["b", "c"] },
              remove: { tags: "a" },
              unset: ["old"]
            })
          }),
          identify("m3", { userId: "user-2" }),
          identify("m4", { userId: "user-2", traits: {}, integrations: Mixpanel.profile({ delete: true }) }),
          identify("m5", { userId: "user-3", traits: {}, integrations: Mixpanel.profile({ add: { logins: 1 } }) })
        ]
      )
      assert.deepStrictEqual(
        outcomes,
        tracks(5).map(() => "Delivered")
      )
      assert.deepStrictEqual(
        profiles,
        new Map<string, any>([
          ["user-1", { tags: ["b", "c"], logins: 3, plan: "pro", first: 1 }],
          ["user-3", { logins: 1 }]
        ])
      )
    })
  )

  it.live("of a group is under the key that is set, or asked for", () =>
    Effect.gen(function* () {
      const { groups, outcomes } = yield* against(
        [],
        [
          group("m1", { traits: { tags: ["a"], old: true } }),
          group("m2", {
            traits: {},
            integrations: Mixpanel.profile({
              setOnce: { first: 1 },
              union: { tags: ["b"] },
              remove: { tags: "a" },
              unset: ["old"]
            })
          }),
          group("m3", { integrations: Mixpanel.profile({ groupKey: "team_id" }) }),
          group("m4", { traits: {}, integrations: Mixpanel.profile({ groupKey: "team_id", delete: true }) }),
          group("m5", { groupId: "team-2", integrations: Mixpanel.profile({ groupKey: "team_id" }) })
        ],
        { groupKey: "company_id" }
      )
      assert.deepStrictEqual(
        outcomes,
        tracks(5).map(() => "Delivered")
      )
      assert.deepStrictEqual(
        groups,
        new Map([
          ["company_id", new Map<string, object>([["group-1", { tags: ["b"], first: 1 }]])],
          ["team_id", new Map<string, object>([["team-2", { seats: 3 }]])]
        ])
      )
    })
  )

  it.live("is not changed by what is no operation: the receipt names the path, and no value", () =>
    Effect.gen(function* () {
      const asking = (operations: unknown, more?: Partial<Message.Identify>) =>
        identify("m1", { integrations: { Mixpanel: operations as any }, ...more })
      const wrong: ReadonlyArray<readonly [Message.Message, string]> = [
        [asking({ add: { Orders: "a-value" } }), "integrations.Mixpanel.add.Orders is not"],
        [asking({ union: { tags: "a-value" } }), "integrations.Mixpanel.union.tags is not"],
        [asking({ unset: "a-value" }), "integrations.Mixpanel.unset is not"],
        [asking({ unset: [7] }), "integrations.Mixpanel.unset.0 is not"],
        [asking({ delete: false }), "integrations.Mixpanel.delete is not"],
        [asking({ sett: { plan: "a-value" } }), "integrations.Mixpanel.sett is not"],
        [asking(["a-value"]), "integrations.Mixpanel"],
        [asking({ groupKey: "a-value" }), "integrations.Mixpanel.groupKey is only for group messages"],
        [asking({ delete: true }), "integrations.Mixpanel.delete cannot be combined with"],
        [
          asking({ delete: true, add: { a: 1 } }, { traits: {} }),
          "integrations.Mixpanel.delete cannot be combined with"
        ],
        [
          asking({ setOnce: { Text: "a-value".repeat(40) } }),
          "integrations.Mixpanel.setOnce is too large: the destination does not accept all of Text"
        ],
        [
          group("m1", { integrations: Mixpanel.profile({ add: { a: 1 } }) }),
          "integrations.Mixpanel.add is only for users"
        ],
        [
          group("m1", { integrations: Mixpanel.profile({ append: { a: 1 } }) }),
          "integrations.Mixpanel.append is only for users"
        ]
      ]
      const { outcomes, reasons, requests } = yield* against(
        [],
        wrong.map(([message]) => message)
      )
      assert.deepStrictEqual(new Set(outcomes), new Set(["Rejected"]))
      wrong.forEach(([, reason], index) => assert.include(reasons[index], reason))
      for (const reason of reasons) assert.notInclude(reason, "a-value")
      assert.deepStrictEqual(requests, [])
    })
  )

  it.live("that nothing is said of is skipped", () =>
    Effect.gen(function* () {
      const empty = { integrations: Mixpanel.profile({ add: {}, unset: [] }), traits: {} }
      const { outcomes, reasons } = yield* against([], [identify("m1", empty), identify("m2", { traits: {} })])
      assert.deepStrictEqual(outcomes, ["Skipped", "Skipped"])
      assert.include(reasons[0], "no traits")
    })
  )
})

describe("what is too large", () => {
  const list = (length: number) => Array.from({ length }, (_, index) => index)
  const keys = (length: number) => Object.fromEntries(list(length).map((index) => [`k${index}`, index]))
  const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

  it.live("is cut, and its keys are listed", () =>
    Effect.gen(function* () {
      const properties = {
        fine: "x".repeat(255),
        long: "x".repeat(256),
        wide: "é".repeat(128),
        emoji: `x${"🦆".repeat(100)}`,
        elements: list(300),
        nested: { a: { b: { c: {}, d: 1 } } },
        deep: [[["kept", ["lost"], "kept too"]]],
        heavy: Array.from({ length: 40 }, () => "x".repeat(250)),
        inner: ["x".repeat(300)],
        object: keys(300),
        $insert_id: "own",
        ["k".repeat(256)]: 1
      }
      const { events, outcomes, rejected } = yield* against([], [track("m1", { properties })])
      assert.deepStrictEqual([outcomes, rejected], [["Delivered"], []])
      const got = events[0]!.properties
      const { _truncated } = got
      assert.deepStrictEqual(_truncated, [
        ...Object.keys(properties).filter((key) => key !== "fine" && key.length < 256),
        "k".repeat(255)
      ])
      assert.strictEqual(got["fine"], properties.fine)
      assert.strictEqual(got["long"], "x".repeat(255))
      assert.strictEqual(got["wide"], "é".repeat(127))
      assert.strictEqual(got["emoji"], `x${"🦆".repeat(63)}`)
      assert.lengthOf(got["elements"], 254)
      assert.deepStrictEqual(got["nested"], { a: { b: { d: 1 } } })
      assert.deepStrictEqual(got["deep"], [[["kept", "kept too"]]])
      assert.lengthOf(got["heavy"], 31)
      assert.isAtMost(bytes(got["heavy"]), 8_000)
      assert.deepStrictEqual(got["inner"], ["x".repeat(255)])
      assert.lengthOf(Object.keys(got["object"]), 254)
      assert.strictEqual(got["$insert_id"], "m1")
    })
  )

  it.live("of properties leaves as many as have room", () =>
    Effect.gen(function* () {
      const context = { ip: "203.0.113.7", groupId: "g", page: { url: `https://example.com/${"x".repeat(300)}` } }
      const full = track("m1", { properties: keys(249) })
      const { events, outcomes } = yield* against(
        [],
        [
          full,
          track("m2", { properties: keys(250) }),
          track("m3", { properties: keys(900), context }),
          track("m4", { context }),
          track("m5", { properties: { ...keys(254), gone: undefined as any } })
        ]
      )
      assert.deepStrictEqual(new Set(outcomes), new Set(["Delivered"]))
      const counts = events.map(({ properties }) => Object.keys(properties).length)
      assert.deepStrictEqual(counts.slice(0, 3), [254, 254, 254])
      assert.notProperty(events[0]!.properties, "_truncated")
      assert.deepStrictEqual(events[1]!.properties["_truncated"], ["k248", "k249"])
      assert.strictEqual(events[2]!.properties["_truncated"][0], "$current_url")
      assert.deepStrictEqual(events[3]!.properties["_truncated"], ["$current_url"])
      assert.strictEqual(Buffer.byteLength(events[3]!.properties["$current_url"]), 255)
    })
  )

  it.live("of an event leaves what fits into it", () =>
    Effect.gen(function* () {
      const heavy = Array.from({ length: 31 }, () => "x".repeat(240))
      const properties = Object.fromEntries(list(125).map((index) => [`k${index}`, heavy]))
      const { events, outcomes } = yield* against([], [track("m1", { properties })])
      assert.deepStrictEqual(outcomes, ["Delivered"])
      assert.isBelow(bytes(events[0]), 1_000_000)
      assert.isAbove(bytes(events[0]), 890_000)
      const whole = yield* against([], [track("m1", { properties })], { whenTooLarge: "reject" })
      assert.deepStrictEqual(whole.outcomes, ["Delivered"])
      const ids = { userId: "u".repeat(255), anonymousId: "a".repeat(240) }
      const most = Object.fromEntries(list(133).map((index) => [`k${index}`, heavy]))
      const rejected = yield* against([], [track("m1", { properties: most, ...ids })], { whenTooLarge: "reject" })
      assert.match(rejected.reasons[0]!, /999999 bytes|accepts 1000000/)
    })
  )

  it.live("is rejected where it is asked to, and the receipt names the keys and no value", () =>
    Effect.gen(function* () {
      const secret = "a-value"
      const more: ReadonlyArray<readonly [Record<string, any>, string]> = [
        [{ Order_note: secret.repeat(60) }, "the destination does not accept all of Order_note"],
        [{ a: secret, time: 1, token: 2 }, "all of time, token"],
        [{ a: secret, deep: [[[[secret]]]] }, "all of deep"],
        [{ a: secret, long: list(255) }, "all of long"],
        [{ a: secret, heavy: Array.from({ length: 40 }, () => "x".repeat(250)) }, "all of heavy"],
        [keys(250), "there are 250 properties, but only 249 fit"],
        [
          Object.fromEntries(list(12).map((index) => [`k${index}`, secret.repeat(60)])),
          "all of k0, k1, k2, k3, k4, k5, k6, k7, k8, k9 and 2 more"
        ],
        [{ ["k".repeat(300)]: 1 }, `all of ${"k".repeat(255)}`]
      ]
      const { outcomes, reasons, requests } = yield* against(
        [],
        [
          ...more.map(([properties], index) => track(`m${index}`, { properties })),
          identify("m90", { traits: { note: secret.repeat(60) } }),
          track("m91", { context: { page: { url: secret.repeat(60) } } })
        ],
        { whenTooLarge: "reject" }
      )
      more.forEach(([, reason], index) => assert.include(reasons[index], reason))
      assert.include(reasons.at(-2), "all of note")
      for (const reason of reasons) assert.notInclude(reason, secret)
      assert.strictEqual(outcomes.at(-1), "Delivered")
      assert.deepStrictEqual((requests[0]!.body as any)[0].properties._truncated, ["$current_url"])
    })
  )

  it.live("of a profile is cut to a profile's limits", () =>
    Effect.gen(function* () {
      const traits = {
        all: list(5_000),
        note: "x".repeat(300),
        heavy: Array.from({ length: 2_000 }, () => "x".repeat(200))
      }
      const operations = Mixpanel.profile({ setOnce: { heavy: traits.heavy } })
      const { outcomes, profiles, reasons } = yield* against(
        [],
        [
          identify("m1", { traits }),
          identify("m2", { integrations: operations }),
          identify("m3", { traits: keys(2_001) })
        ]
      )
      assert.deepStrictEqual(outcomes, ["Delivered", "Rejected", "Delivered"])
      assert.include(reasons[1], "setOnce is too large: the destination does not accept all of heavy")
      const got = profiles.get("user-1")!
      assert.deepStrictEqual(got["all"], traits.all)
      assert.isAtMost(bytes(got["heavy"]), 256_000)
      assert.isAbove(bytes(got["heavy"]), 255_000)
    })
  )

  it("of an update is rejected, should it come so far", () => {
    const long = "x".repeat(255)
    const setOnce = Object.fromEntries(list(1_990).map((index) => [`${index}`.padEnd(255, "k"), long]))
    const outcomes = outcomesWithout([identify("m1", { traits: {}, integrations: Mixpanel.profile({ setOnce }) })])
    const reason = "an update is longer than the 1000000 bytes that Mixpanel accepts"
    assert.deepStrictEqual(outcomes, [Receipt.rejected(reason)])
  })
})

describe("a plan", () => {
  const property = (type: Schema.Top) => TrackedEvent.make("anEvent", { properties: { value: type } as any })
  const open = (...events: ReadonlyArray<TrackedEvent.Any>) =>
    EventSink.deliver(Mixpanel.sink({ token: Redacted.make(token) }), [], { plan: Plan.make(...events) }).pipe(
      Effect.as("opened"),
      Effect.catchTag("Misconfigured", ({ reason }) => Effect.succeed(reason)),
      fetched
    )
  const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int } })
  const lines = (max: number) =>
    Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }).pipe(
      Entity.many(
        "lines",
        Line,
        (order: { readonly lines: ReadonlyArray<{ readonly id: number }> }) => order.lines,
        Aggregate.list({ max }),
        Aggregate.count
      )
    )

  const shop = (...aggregates: readonly [Aggregate.Aggregate<never>, ...ReadonlyArray<Aggregate.Aggregate<never>>]) =>
    Entity.make("Shop", { key: "id", attributes: { id: Schema.Int } }).pipe(
      Entity.many("orders", lines(300), (shop: { readonly orders: any }) => shop.orders, ...aggregates)
    )

  it.effect("that fits is opened", () =>
    Effect.gen(function* () {
      const nested = Schema.Array(Schema.Struct({ a: Schema.Array(Schema.String) }))
      interface Tree {
        readonly trees: ReadonlyArray<Tree>
      }
      const Tree = Schema.Struct({ trees: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree)) })
      const optional = Object.fromEntries(
        Array.from({ length: 300 }, (_, index) => [`k${index}`, Schema.optionalKey(Schema.String)])
      )
      const events = [
        property(nested),
        property(Tree),
        property(Schema.Union([Schema.String, Schema.Array(Schema.Array(Schema.Array(Schema.Array(Schema.String))))])),
        property(Schema.Json),
        TrackedEvent.make("optional", { properties: optional }),
        TrackedEvent.make("lines", { entities: { order: lines(254) } }),
        TrackedEvent.make("counted", { entities: { shop: shop(Aggregate.count) } })
      ]
      for (const event of events) assert.strictEqual(yield* open(event), "opened")
    })
  )

  it.effect("that could never arrive whole is not, and the events and the keys are named", () =>
    Effect.gen(function* () {
      const many = Object.fromEntries(Array.from({ length: 251 }, (_, index) => [`k${index}`, Schema.String]))
      const Deep = Schema.Array(Schema.Struct({ a: Schema.Array(Schema.Record(Schema.String, Schema.String)) }))
      const Customer = Entity.make("Customer", { key: "id", attributes: { id: Schema.Int } }).pipe(
        Entity.one("order", lines(400), (customer: { readonly order: any }) => customer.order, { prefix: "Last" })
      )
      const wrong: ReadonlyArray<readonly [TrackedEvent.Any, string]> = [
        [TrackedEvent.make("many", { properties: many }), "many has 251 keys, of which only 250 fit: k250"],
        [
          TrackedEvent.make("names", {
            properties: { time: Schema.Int, alias: Schema.String, fine: Schema.String }
          }),
          "names has time, alias, which the destination"
        ],
        [
          TrackedEvent.make("deep", { properties: { tree: Deep, fine: Schema.Array(Schema.Int) } }),
          "deep has tree, which are nested deeper"
        ],
        [
          TrackedEvent.make("line", { entities: { order: lines(255) } }),
          "line has Order_lines, which are lists of more than 254"
        ],
        [TrackedEvent.make("last", { entities: { customer: Customer } }), "last has Last_lines, which are lists"],
        [
          TrackedEvent.make("shop", { entities: { shop: shop(Aggregate.list({ max: 255 })) } }),
          "Shop_orders, Shop_orders.Order_lines, which are lists"
        ],
        [
          TrackedEvent.make("firstOf", { entities: { shop: shop(Aggregate.first) } }),
          "firstOf has Shop_orders_first.Order_lines, which are lists"
        ],
        [TrackedEvent.make("é".repeat(200)), "has a name of more than 255 bytes"]
      ]
      for (const [event, reason] of wrong) assert.include(yield* open(event), reason)
      const all = yield* open(...wrong.map(([event]) => event), property(Schema.Int))
      for (const [, reason] of wrong) assert.include(all, reason)
      assert.notInclude(all, "anEvent")
    })
  )
})

describe("a response", () => {
  const respond = (
    status: number,
    init: { readonly headers?: Record<string, string>; readonly body?: string } = {}
  ): HttpTransport.Response => ({ status, headers: init.headers ?? {}, text: init.body ?? "" })
  const json = (status: number, body: unknown) =>
    respond(status, { body: JSON.stringify(body), headers: { "content-type": "application/json" } })
  const now = Date.parse("2026-01-01T00:00:00Z")
  const record = JSON.stringify({
    event: "orderPlaced",
    properties: { Order_note: "a-value", Order_id: 12_345, time: 1_767_225_600_000 }
  })
  const readAll = (given: HttpTransport.Response, path: requests.Path, count = 1) =>
    response.read(
      given,
      { path, count, records: () => Array.from({ length: count }, () => JSON.parse(record)) },
      [token],
      now
    )
  const read = (given: HttpTransport.Response, path: requests.Path, count = 1) =>
    readAll(given, path, count).pipe(
      Effect.match({
        onFailure: ({ _tag, reason }) => ({ is: _tag as string, reasons: [reason] }),
        onSuccess: (outcomes) => ({
          is: outcomes.map(({ _tag }) => _tag).join(),
          reasons: outcomes.map((outcome) => ("reason" in outcome ? outcome.reason : ""))
        })
      })
    )

  it.effect("has a meaning by its status, from 201 to 599", () =>
    Effect.gen(function* () {
      for (const status of [0, ...Array.from({ length: 399 }, (_, index) => 201 + index)]) {
        const expected =
          status === 0 || (status >= 300 && status < 400)
            ? "Unavailable"
            : status < 300
              ? "Delivered"
              : status === 400 || status === 422
                ? "Refused"
                : status === 413
                  ? "TooLarge"
                  : status === 408 || status === 425 || status === 429 || status >= 500
                    ? "Unavailable"
                    : "Misconfigured"
        for (const path of ["/import", "/engage"] as const) {
          const { is, reasons } = yield* read(json(status, { num_records_imported: 1, status: 1 }), path)
          assert.strictEqual(is, expected, `status ${status}`)
          if (expected !== "Delivered") assert.include(reasons[0], `status ${status}`)
        }
      }
    })
  )

  it.effect("says when to come back, in milliseconds", () =>
    Effect.gen(function* () {
      const asked: ReadonlyArray<readonly [Record<string, string>, number | undefined]> = [
        [{}, undefined],
        [{ "retry-after": "7" }, 7_000],
        [{ "retry-after": "soon" }, undefined],
        [{ "retry-after": "-1" }, undefined],
        [{ "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" }, 30_000],
        [{ "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" }, 0]
      ]
      for (const [headers, expected] of asked) {
        for (const status of [429, 503]) {
          const failure = (yield* Effect.flip(
            readAll(respond(status, { headers }), "/import")
          )) as SendError.Unavailable
          assert.strictEqual(failure.retryAfter, expected, JSON.stringify(headers))
        }
      }
    })
  )

  it.effect("is a yes, a no, or not understood, by its body", () =>
    Effect.gen(function* () {
      const bodies: ReadonlyArray<readonly [body: unknown, imported: string, updated: string]> = [
        [{ code: 200, num_records_imported: 1, status: "OK" }, "Delivered", "Delivered"],
        [{ status: 1, error: null }, "Delivered", "Delivered"],
        [1, "Delivered", "Delivered"],
        [{ num_records_imported: 0, status: "OK" }, "Delivered", "Delivered"],
        [{}, "Delivered", "Unavailable"],
        [[], "Delivered", "Unavailable"],
        [{ status: 0, error: "some data" }, "Refused", "Refused"],
        [0, "Refused", "Refused"],
        [{ code: 400, status: "OK" }, "Refused", "Refused"],
        [{ status: "Bad Request" }, "Refused", "Refused"],
        [{ error: "no", status: 1 }, "Refused", "Refused"]
      ]
      for (const [body, imported, updated] of bodies) {
        assert.strictEqual((yield* read(json(200, body), "/import")).is, imported, JSON.stringify(body))
        assert.strictEqual((yield* read(json(200, body), "/groups")).is, updated, JSON.stringify(body))
      }
      const page = respond(200, { body: "<html>", headers: { "content-type": "text/html" } })
      assert.strictEqual((yield* read(page, "/import")).is, "Unavailable")
      assert.strictEqual((yield* read(respond(200), "/import")).is, "Unavailable")
    }).pipe(Effect.provide(Logger.layer([])))
  )

  it.effect("about events that does not add up is logged, and the events are not sent again", () =>
    Effect.gen(function* () {
      const logged: Array<string> = []
      const logger = Logger.layer([Logger.make(({ message }) => void logged.push(String(message)))])
      const bodies = [`{"num_records_imported":1,"status":"OK"}`, `{"status":"OK"}`, `{"`, `{"num_records_imported":2}`]
      for (const body of bodies) {
        const response = respond(200, { body, headers: { "content-type": "application/json" } })
        const { is } = yield* Effect.provide(read(response, "/import", 2), logger)
        assert.strictEqual(is, "Delivered,Delivered")
      }
      assert.deepStrictEqual(logged, [
        "Mixpanel responded with 200 to 2 events, but counted 1",
        "Mixpanel responded with 200 to 2 events, but returned no count",
        "Mixpanel responded with 200 to 2 events, but returned no count"
      ])
    })
  )

  it.effect("names records, whatever its status, by their index", () =>
    Effect.gen(function* () {
      const failed = (...records: ReadonlyArray<unknown>) => ({ failed_records: records, num_records_imported: 0 })
      for (const status of [200, 400, 422]) {
        for (const path of ["/import", "/engage"] as const) {
          const { is } = yield* read(json(status, failed({ index: 1 })), path, 3)
          assert.strictEqual(is, "Delivered,Rejected,Delivered")
        }
      }
      // A response about records that were not sent says nothing about those that were.
      for (const index of [3, -1, 1.5, "1", undefined]) {
        assert.strictEqual((yield* read(json(400, failed({ index: 0 }, { index })), "/import", 3)).is, "Refused")
      }
      assert.strictEqual((yield* read(json(400, failed(7)), "/import", 3)).is, "Refused")
    })
  )

  it.effect("is repeated as far as nothing that was sent is in it", () =>
    Effect.gen(function* () {
      const said: ReadonlyArray<readonly [field: unknown, message: unknown, reason: string]> = [
        ["properties.time", "'properties.time' is invalid", "properties.time: 'properties.time' is invalid"],
        ["event", "must be shorter", "event: must be shorter"],
        ["properties.Order_note", "must not be a-value", "properties.Order_note"],
        ["properties.Order_note", `must not be "x"`, "properties.Order_note"],
        ["properties.Order_note", "must not be 'x'", "properties.Order_note"],
        ["properties.Order_id", "12345 is too much", "properties.Order_id"],
        ["properties.a-value", "is wrong", "it: is wrong"],
        [undefined, `the token is ${token}`, "it"],
        [7, 7, "it"],
        ["event", "x".repeat(300), "event"],
        ["event", "", "event"]
      ]
      for (const [field, message, reason] of said) {
        const { reasons } = yield* read(json(400, { failed_records: [{ index: 0, field, message }] }), "/import")
        assert.deepStrictEqual(reasons, [`Mixpanel refused ${reason}`])
      }
      const no = (error: string) =>
        Effect.map(read(json(200, { status: 0, error }), "/engage"), ({ reasons }) => reasons[0])
      assert.strictEqual(yield* no("bad data"), "status 200 with an error body: bad data")
      assert.strictEqual(yield* no("not a-value"), "status 200 with an error body")
    })
  )
})

describe.concurrent("against a server that misbehaves, the sink", () => {
  const ids = ["m0", "m1", "m2"]

  // Only for tests with a server that is too slow. The others wait, however busy the machine is.
  const impatient = { timeout: "1 second" } as const
  const passing: Record<string, readonly [fault: Fault.Fault, twice: boolean, options?: Partial<Mixpanel.Options>]> = {
    "a connection reset before the body": [Fault.reset("before"), false],
    "a connection reset within the body": [Fault.reset("during"), false],
    "a connection reset after the body": [Fault.reset("after"), true],
    "no answer in time": [Fault.hang, false, impatient],
    "an answer too slow": [Fault.delay("3 seconds"), false, impatient],
    "a body too slow": [Fault.slow, true, impatient],
    "a body that is cut": [Fault.cut, true]
  }
  for (const status of [408, 429, 500, 501, 502, 503, 504, 511, 599])
    passing[`status ${status}`] = [Fault.status(status), false]

  for (const [name, [fault, twice, options]] of Object.entries(passing)) {
    it.live(`sends the same events again after ${name}`, () =>
      Effect.gen(function* () {
        const sent = yield* against([[fault, 1]], tracks(3), options)
        assert.deepStrictEqual(sent.received, ids)
        assert.deepStrictEqual(sent.raw, twice ? [...ids, ...ids] : ids)
        assert.deepStrictEqual(sent.outcomes, ["Delivered", "Delivered", "Delivered"])
        assert.deepStrictEqual(
          sent.receipts.map(({ attempts }) => attempts),
          [2, 2, 2]
        )
        assert.lengthOf(sent.requests, 2)
        assert.strictEqual(sent.requests.at(0)?.text || sent.requests.at(1)!.text, sent.requests.at(1)!.text)
      })
    )

    it.live(`sends updates that may be applied twice again after ${name}`, () =>
      Effect.gen(function* () {
        const sent = yield* against([[fault, 1]], [group("m1"), group("m2")], options)
        assert.deepStrictEqual(sent.outcomes, ["Delivered", "Delivered"])
        assert.lengthOf(sent.requests, 2)
      })
    )

    const untouched = ["status 429", "status 503"].includes(name)
    const add = identify("m1", { traits: {}, integrations: Mixpanel.profile({ add: { logins: 1 } }) })
    it.live(`${untouched ? "sends a counter again" : "does not send a counter again"} after ${name}`, () =>
      Effect.gen(function* () {
        const once = yield* against([[fault, 1]], [add, identify("m2")], options)
        assert.deepStrictEqual(once.outcomes, [untouched ? "Delivered" : "Expired", "Delivered"])
        const counted = once.updates.filter(({ $add }) => $add !== undefined).length
        assert.strictEqual(counted, untouched || twice ? 1 : 0)
        if (!untouched) assert.include(once.reasons[0], "may have arrived")

        const more = yield* against([[fault, 1]], [add], { ...options, counters: "atLeastOnce" })
        assert.deepStrictEqual(more.outcomes, ["Delivered"])
        assert.strictEqual(more.profiles.get("user-1")!["logins"], twice ? 2 : 1)
      })
    )
  }

  it.live("does not send a counter again after an answer that is not understood", () =>
    Effect.gen(function* () {
      const add = identify("m1", { integrations: Mixpanel.profile({ add: { logins: 1 } }) })
      const { outcomes, profiles, requests, updates } = yield* against(at("/engage", Fault.malformed), [add])
      assert.deepStrictEqual(outcomes, ["Expired"])
      assert.deepStrictEqual(profiles.get("user-1"), { plan: "pro", logins: 1 })
      assert.lengthOf(requests, 1)
      assert.lengthOf(updates, 2)
    })
  )

  it.live("counts events as sent where the answer is no JSON", () =>
    Effect.gen(function* () {
      const { outcomes, received, requests } = yield* against([[Fault.malformed, 1]], tracks(3))
      assert.deepStrictEqual([outcomes, received], [["Delivered", "Delivered", "Delivered"], ids])
      assert.lengthOf(requests, 1)
    }).pipe(Effect.provide(Logger.layer([])))
  )

  for (const status of [401, 403, 404, 405, 418]) {
    it.live(`stops at status ${status}`, () =>
      Effect.gen(function* () {
        const messages = [...tracks(2), identify("m9")]
        const { outcomes, reasons, requests } = yield* against([[Fault.status(status), 9]], messages)
        assert.deepStrictEqual(outcomes, ["Rejected", "Rejected", "Rejected"])
        for (const reason of reasons) assert.include(reason, `status ${status}`)
        assert.lengthOf(requests, 2)
      })
    )
  }

  for (const status of [301, 302, 303, 307, 308]) {
    it.live(`does not follow a redirect of status ${status}, and sends the same ids again`, () =>
      Effect.gen(function* () {
        const elsewhere = yield* MixpanelServer.make({ token })
        const fault = Fault.redirect(`${elsewhere.url}/import?strict=1`, status)
        const { outcomes } = yield* against([[fault, 1]], tracks(2))
        assert.deepStrictEqual(outcomes, ["Delivered", "Delivered"])
        assert.deepStrictEqual(yield* elsewhere.requests, [])
      })
    )
  }

  it.live("is not led on by a client that follows redirects", () =>
    Effect.gen(function* () {
      const server = yield* MixpanelServer.make({ token })
      yield* server.misbehave([[Fault.redirect(`${server.url}/groups?strict=1`, 307), 1]])
      const following = HttpTransport.layerHttpClient.pipe(
        Layer.provide(
          Layer.effect(
            HttpClient.HttpClient,
            Effect.map(HttpClient.HttpClient, (client) => HttpClient.followRedirects(client))
          )
        ),
        Layer.provide(FetchHttpClient.layer)
      )
      const receipts = yield* Effect.provide(
        EventSink.deliver(Mixpanel.sink(options(server.url)), [track("m1")]),
        following
      )
      assert.deepStrictEqual(outcomesOf(receipts), ["Rejected"])
      assert.include(reasonsOf(receipts)[0], "redirect")
    })
  )

  it.live("finds the one message for which a batch is refused, whatever says no", () =>
    Effect.gen(function* () {
      const isBad = (record: Fault.Message) =>
        record["properties"]?.$insert_id === "m5" || record["$distinct_id"] === "m5"
      const profiles = tracks(16).map(({ messageId }) => identify(messageId, { userId: messageId }))
      const others = idsOf(tracks(16)).filter((id) => id !== "m5")
      const events = yield* against(() => Fault.poison(isBad), tracks(16))
      assert.deepStrictEqual(events.received, others)
      const updates = yield* against(() => Fault.poison(isBad), profiles)
      assert.deepStrictEqual([...updates.profiles.keys()], others)
      for (const { receipts } of [events, updates]) {
        assert.deepStrictEqual(idsOf(receipts.filter(({ outcome }) => Receipt.isLost(outcome))), ["m5"])
      }
      for (const messages of [tracks(4), profiles.slice(0, 4)]) {
        const denied = yield* against([[Fault.errorBody(), 1]], messages)
        assert.deepStrictEqual(
          denied.outcomes,
          messages.map(() => "Delivered")
        )
        assert.lengthOf(denied.requests, 3)
      }
      const denied = yield* against([[Fault.errorBody({ error: token, status: 0 }), 9]], [identify("m1")])
      assert.deepStrictEqual(denied.reasons, ["status 200 with an error body"])
    })
  )

  it.live("rejects the records that the answer names, and delivers the others", () =>
    Effect.gen(function* () {
      const isBad = (record: Fault.Message) =>
        ["m1", "m3"].includes(record["properties"]?.$insert_id ?? record["$distinct_id"])
      const expected = ["Delivered", "Rejected", "Delivered", "Rejected", "Delivered"]
      const events = yield* against(() => Fault.partial(isBad), tracks(5))
      assert.deepStrictEqual([events.outcomes, events.received], [expected, ["m0", "m2", "m4"]])
      const profiles = tracks(5).map(({ messageId }) => identify(messageId, { userId: messageId }))
      const updates = yield* against(() => Fault.partial(isBad), profiles)
      assert.deepStrictEqual([updates.outcomes, [...updates.profiles.keys()]], [expected, ["m0", "m2", "m4"]])
      for (const { reasons, requests } of [events, updates]) {
        assert.strictEqual(reasons[1], "Mixpanel refused it: refused by the test")
        assert.lengthOf(requests, 1)
      }
    })
  )

  it.live("splits a batch that is too large", () =>
    Effect.gen(function* () {
      const { outcomes, received } = yield* against(() => Fault.tooLarge(3), tracks(10))
      assert.deepStrictEqual(received, idsOf(tracks(10)))
      assert.deepStrictEqual(new Set(outcomes), new Set(["Delivered"]))
    })
  )

  it.live("comes back when it is asked to, in seconds or at a date", () =>
    Effect.gen(function* () {
      const attempt = Effect.fnUntraced(function* (wait: number | Date) {
        const begun = Date.now()
        const { requests } = yield* against([[Fault.retryAfter(429, wait), 1]], tracks(1))
        assert.lengthOf(requests, 2)
        return { gap: Date.now() - begun, end: Date.now() }
      })
      assert.isAtLeast((yield* attempt(1)).gap, 990)
      const date = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 1_000)
      // Node's timers may fire a millisecond early.
      assert.isAtLeast((yield* attempt(date)).end, date.getTime() - 10)
    })
  )

  it.live("takes a refused connection, an unknown host and a certificate that it cannot trust as not available", () =>
    Effect.gen(function* () {
      const closed = yield* Effect.scoped(Effect.map(MixpanelServer.make(), ({ url }) => url))
      const untrusted = yield* MixpanelServer.make({ tls: true })
      const failing: ReadonlyArray<readonly [endpoint: string, reason: RegExp]> = [
        [closed, /^the endpoint was not reached \(ECONNREFUSED\)$/],
        ["http://no-such-host.invalid", /^the endpoint was not reached \((ENOTFOUND|EAI_AGAIN)\)$/],
        [untrusted.url, /^the endpoint was not reached \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/]
      ]
      for (const [endpoint, reason] of failing) {
        const add = identify("m1", { traits: {}, integrations: Mixpanel.profile({ add: { logins: 1 } }) })
        const sink = Mixpanel.sink(options(endpoint)).pipe(EventSink.retried({ limit: 0 }))
        // A failed connection sent nothing, so the sink may resend a counter.
        const receipts = yield* EventSink.deliver(sink, [track("m1"), add])
        assert.deepStrictEqual(outcomesOf(receipts), ["Expired", "Expired"])
        for (const said of reasonsOf(receipts)) assert.match(said, reason)
      }
    }).pipe(fetched)
  )
})

describe("a batch of several kinds", () => {
  const add = identify("m2", { integrations: Mixpanel.profile({ add: { logins: 1 } }) })
  const mixed: ReadonlyArray<Message.Message> = [
    add,
    track("m1"),
    group("m3"),
    identify("m4"),
    track("m5"),
    alias("m6")
  ]
  const paths = (requests: ReadonlyArray<{ readonly path: string }>) => requests.map(({ path }) => path)
  const delivered = ["Delivered", "Delivered", "Delivered", "Delivered", "Delivered", "Skipped"]

  for (const path of ["/import", "/groups", "/engage"]) {
    it.live(`sends again only what is left after ${path} was not available`, () =>
      Effect.gen(function* () {
        const order = ["/import", "/groups", "/engage"]
        const fault = Fault.status(503)
        const { outcomes, profiles, raw, requests, updates } = yield* against(at(path, fault, fault), mixed)
        assert.deepStrictEqual(outcomes, delivered)
        assert.deepStrictEqual(raw, ["m1", "m5"])
        assert.lengthOf(updates, 4)
        assert.strictEqual(profiles.get("user-1")!["logins"], 1)
        const before = order.slice(0, order.indexOf(path))
        assert.deepStrictEqual(paths(requests), [...before, path, path, path, ...order.slice(before.length + 1)])
      })
    )

    it.live(`rejects only what goes to ${path} where that does not take the sink's requests`, () =>
      Effect.gen(function* () {
        const { outcomes, reasons, requests } = yield* against(always(path, Fault.status(403)), mixed)
        const isThere = ({ type }: Message.Message) =>
          path === (type === "track" ? "/import" : type === "group" ? "/groups" : "/engage")
        assert.deepStrictEqual(
          outcomes,
          mixed.map((message, index) => (isThere(message) && message.type !== "alias" ? "Rejected" : delivered[index]))
        )
        for (const reason of reasons.slice(0, -1)) assert.include(["", reason], reason.includes("403") ? reason : "")
        assert.lengthOf(requests, 3)
      })
    )
  }

  it.live("finds the one event that is refused, and sends nothing else twice", () =>
    Effect.gen(function* () {
      const poison = Fault.poison((record) => record["properties"]?.$insert_id === "m5")
      const { outcomes, profiles, received, requests, updates } = yield* against(() => poison, mixed)
      assert.deepStrictEqual(outcomes, ["Delivered", "Delivered", "Delivered", "Delivered", "Rejected", "Skipped"])
      assert.deepStrictEqual(received, ["m1"])
      assert.strictEqual(profiles.get("user-1")!["logins"], 1)
      assert.lengthOf(updates, 4)
      assert.lengthOf(
        requests.filter(({ path }) => path !== "/import"),
        2
      )
      const alone = yield* against(() => poison, [identify("m1"), track("m5")])
      assert.deepStrictEqual(alone.outcomes, ["Delivered", "Rejected"])
      assert.lengthOf(alone.requests, 2)
    })
  )

  it.live("does not lose what was refused at one place because another is not available or strange", () =>
    Effect.gen(function* () {
      let denied = 0
      const { outcomes, profiles, received } = yield* against(({ path }) => {
        if (path === "/engage") return Fault.status(403)
        return path === "/import" && denied++ === 0 ? Fault.status(400, { body: {} }) : undefined
      }, mixed)
      assert.deepStrictEqual(received, ["m1", "m5"])
      assert.deepStrictEqual(outcomes, ["Rejected", "Delivered", "Delivered", "Rejected", "Delivered", "Skipped"])
      assert.strictEqual(profiles.size, 0)
    })
  )

  it.live("tells of each message what became of all of its updates", () =>
    Effect.gen(function* () {
      const both = identify("m1", { integrations: Mixpanel.profile({ setOnce: { a: 1 } }) })
      const refused = yield* against(
        () => Fault.partial(({ $set_once }) => $set_once !== undefined),
        [both, identify("m2")]
      )
      assert.deepStrictEqual(refused.outcomes, ["Rejected", "Delivered"])
      assert.strictEqual(refused.reasons[0], "Mixpanel refused it: refused by the test")
    })
  )

  it.effect("says what has arrived, even where the rest is given up", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(time)
      const counts = new Map<string, number>()
      const client = HttpClient.make((request, { pathname }) =>
        Effect.sync(() => {
          counts.set(pathname, (counts.get(pathname) ?? 0) + 1)
          const response =
            pathname === "/engage"
              ? new Response(null, { status: 503, headers: { "retry-after": "90" } })
              : Response.json({ status: 1, num_records_imported: 2 })
          return HttpClientResponse.fromWeb(request, response)
        })
      )
      const sent = EventSink.deliver(Mixpanel.sink({ token: Redacted.make(token) }), mixed)
      const fiber = yield* Effect.forkChild(through(client)(sent))
      yield* TestClock.adjust("15 minutes")
      const receipts = yield* Fiber.join(fiber)
      assert.deepStrictEqual(outcomesOf(receipts), [
        "Expired",
        "Delivered",
        "Delivered",
        "Expired",
        "Delivered",
        "Skipped"
      ])
      assert.strictEqual(reasonsOf(receipts)[0], "status 503")
      assert.strictEqual(counts.get("/import"), 1)
      assert.isAbove(counts.get("/engage")!, 5)
    })
  )
})

describe("another limit of retries than the sink's own", () => {
  it.effect("expires what Mixpanel has not taken, and nothing that it has", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(time)
      const paths: Array<string> = []
      const client = HttpClient.make((request, { pathname }) =>
        Effect.sync(() => {
          paths.push(pathname)
          const isImport = pathname === "/import"
          const response = isImport ? Response.json({ num_records_imported: 2 }) : new Response(null, { status: 503 })
          return HttpClientResponse.fromWeb(request, response)
        })
      )
      for (const limit of ["0 seconds", "300 millis", "1 hour"] as const) {
        paths.length = 0
        const sink = Mixpanel.sink({ token: Redacted.make(token) }).pipe(EventSink.retried({ limit }))
        const sent = EventSink.deliver(sink, [track("m1"), identify("m2"), track("m3")])
        const fiber = yield* Effect.forkChild(through(client)(sent))
        yield* TestClock.adjust("2 hours")
        const receipts = yield* Fiber.join(fiber)
        assert.deepStrictEqual(outcomesOf(receipts), ["Delivered", "Expired", "Delivered"], limit)
        assert.deepStrictEqual(
          paths.filter((path) => path === "/import"),
          ["/import"],
          limit
        )
      }
    })
  )
})

describe("a secret", () => {
  it.live("is in no receipt, log, span or path, and there is one span for each request", () =>
    Effect.gen(function* () {
      const secret = "a-robots-secret"
      const account = { username: "robot", secret: Redacted.make(secret), projectId: "1" }
      const encoded = [`${token}:`, `robot:${secret}`].map((text) => Buffer.from(text).toString("base64"))
      const leak = `${token} ${secret} ${encoded.join(" ")}`
      const seen: Array<string> = []
      const spans: Array<Tracer.NativeSpan> = []
      const logger = Logger.layer([Logger.make(({ cause, message }) => void seen.push(deep(message), deep(cause)))])
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          // The result of the server's own span is the server, which contains the token.
          if (span.name !== "MixpanelServer.make") spans.push(span)
          return span
        }
      })
      const faults = [
        Fault.none,
        Fault.status(400, { body: leak }),
        Fault.status(400, { body: { failed_records: [{ index: 0, field: leak, message: leak }] } }),
        Fault.status(401, { body: leak }),
        Fault.redirect(`/${token}`),
        Fault.status(503, { body: leak }),
        Fault.errorBody({ error: leak }),
        Fault.malformed,
        Fault.cut,
        Fault.reset("before")
      ]
      for (const fault of faults) {
        for (const serviceAccount of [undefined, account]) {
          const before = spans.length
          const { receipts, requests } = yield* against([[fault, 2]], [track("m1"), identify("m2")], {
            serviceAccount
          }).pipe(Effect.withTracer(tracer), Effect.provide(logger))
          seen.push(deep(receipts), ...requests.map(({ path, query }) => deep([path, query])))
          assert.deepStrictEqual(
            spans.slice(before).map(({ name }) => name),
            requests.map(() => "Mixpanel.send")
          )
        }
      }
      seen.push(deep(Mixpanel.sink(options("https://example.com", { serviceAccount: account }))))
      for (const { attributes, events, links, name, status } of spans) {
        seen.push(deep([name, [...attributes], events, links, status]))
      }
      assert.isAbove(spans.length, faults.length)
      for (const text of seen) for (const one of [token, secret, ...encoded]) assert.notInclude(text, one)
    })
  )
})

/** Everything visible in a value, including the causes of errors and their properties. */
const deep = (value: unknown): string => inspect(value, { depth: 20, showHidden: true, maxArrayLength: null })

describe("options from code without types", () => {
  const own = Redacted.make("token")
  const make = (options: object) => () => Mixpanel.sink({ token: own, ...options })

  it("are refused where the sink is made if one is misspelt", () => {
    assert.throws(
      make({ whenTooLarg: "cut" }),
      /Mixpanel\.sink: it has no option "whenTooLarg": did you mean whenTooLarge\?/
    )
    assert.throws(
      make({ serviceAccount: { user: "u" } }),
      /serviceAccount: it has no option "user": use one of username,/
    )
    assert.throws(
      () => Mixpanel.sink("token" as never),
      /it takes an object with its options, not a string of length 5/
    )
  })

  it.effect("are refused where the sink opens if one is no word of theirs", () =>
    Effect.gen(function* () {
      for (const [options, said] of [
        [{ counters: "atmostonce" }, 'counters is "atMostOnce" or "atLeastOnce"'],
        [{ whenTooLarge: "ct" }, 'whenTooLarge is "cut" or "reject"']
      ] as const) {
        const failure = yield* Effect.flip(Effect.scoped(EventSink.deliver(make(options)(), [])))
        assert.include(failure.reason, said)
      }
    }).pipe(Effect.provide(HttpTransport.layerFetch))
  )
})
