import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { EventSink, type Message, type Observer, Plan, TrackedEvent, Tracker } from "@trackmap/core"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { Fault, PostHogServer } from "../../testing/src/index.ts"
import {
  against,
  apis,
  fetched,
  id,
  message,
  options,
  outcomesOf,
  projectKey,
  timestamp,
  track,
  tracks
} from "../test/against.ts"
import { PostHog } from "./index.ts"

/** The parts of an event that a message decides. */
const sentFor = (given: Message.Message, more?: Partial<PostHog.Options>) =>
  Effect.map(against([], [given], more), ({ outcomes, raw, reasons, requests }) => {
    assert.deepStrictEqual([outcomes, reasons], [["Delivered"], [""]])
    assert.lengthOf(requests, 1)
    const { $geoip_disable: _, $lib: _lib, $lib_version: _version, ...properties } = raw[0]!.properties
    return { event: raw[0]!.event, distinct_id: raw[0]!.distinct_id, properties }
  })

const context = {
  ip: "203.0.113.7",
  locale: "de-AT",
  timezone: "Europe/Vienna",
  userAgent: "Mozilla",
  groupId: "acme",
  traceId: "t1",
  app: { name: "Shop", version: "2", build: "7", namespace: "at.shop" },
  browser: { name: "Firefox", version: 140 },
  os: { name: "iOS", version: "19" },
  device: { id: "d", manufacturer: "Apple", model: "iPhone", name: "mine", type: "ios" },
  page: { url: "https://shop.example/a", path: "/a", referrer: "https://b.example/", title: "A" },
  screen: { width: 390, height: 844, density: 3 },
  network: { carrier: "A1", cellular: true, wifi: false },
  campaign: { source: "s", medium: "m", name: "n", term: "t", content: "c" },
  unknown: { name: "left out" },
  consent: null
}

const mappings: ReadonlyArray<readonly [string, Message.Message, object, Partial<PostHog.Options>?]> = [
  [
    "a track",
    track(1, { anonymousId: "anon-1" }),
    { event: "orderPlaced", distinct_id: "user-1", properties: { Order_id: 357, $device_id: "anon-1" } }
  ],
  [
    "a track without a user",
    { ...message("track", { event: "e", properties: {}, anonymousId: "anon-1" }), userId: "" },
    { event: "e", distinct_id: "anon-1", properties: {} }
  ],
  [
    "a track without a user, if only users have persons",
    { ...message("track", { event: "e", properties: {}, anonymousId: "anon-1" }), userId: "" },
    { event: "e", distinct_id: "anon-1", properties: { $process_person_profile: false } },
    { personProfiles: "identified_only" }
  ],
  [
    "a track that sets a person's property, if only users have persons",
    {
      ...message("track", {
        event: "e",
        properties: {},
        anonymousId: "a",
        integrations: PostHog.options({ set: { a: 1 } })
      }),
      userId: ""
    },
    { event: "e", distinct_id: "a", properties: { $set: { a: 1 } } },
    { personProfiles: "identified_only" }
  ],
  [
    "a track with changes of its person",
    track(1, {
      properties: {},
      integrations: PostHog.options({ set: { plan: "pro" }, setOnce: { first: 1 }, unset: ["trial"] })
    }),
    {
      event: "orderPlaced",
      distinct_id: "user-1",
      properties: { $set: { plan: "pro" }, $set_once: { first: 1 }, $unset: ["trial"] }
    }
  ],
  [
    "a track that makes no person",
    track(1, { properties: {}, integrations: PostHog.options({ personProfile: false }) }),
    { event: "orderPlaced", distinct_id: "user-1", properties: { $process_person_profile: false } }
  ],
  [
    "a context",
    track(1, { properties: { $os: "own" }, context }),
    {
      event: "orderPlaced",
      distinct_id: "user-1",
      properties: {
        $os: "own",
        $ip: "203.0.113.7",
        $locale: "de-AT",
        $timezone: "Europe/Vienna",
        $raw_user_agent: "Mozilla",
        $groups: { company: "acme" },
        trace_id: "t1",
        $app_name: "Shop",
        $app_version: "2",
        $app_build: "7",
        $app_namespace: "at.shop",
        $browser: "Firefox",
        $browser_version: 140,
        $os_version: "19",
        $device_manufacturer: "Apple",
        $device_model: "iPhone",
        $device_name: "mine",
        $device_type: "ios",
        $current_url: "https://shop.example/a",
        $pathname: "/a",
        $referrer: "https://b.example/",
        title: "A",
        $screen_width: 390,
        $screen_height: 844,
        $network_carrier: "A1",
        $network_cellular: true,
        $network_wifi: false,
        utm_source: "s",
        utm_medium: "m",
        utm_campaign: "n",
        utm_term: "t",
        utm_content: "c"
      }
    }
  ],
  [
    "a page",
    message("page", {
      name: "Home",
      category: "shop",
      properties: { url: "https://shop.example:8080/?a=1", path: "/", referrer: "" },
      context: { page: { url: "https://shop.example/other", title: "Other" } }
    }),
    {
      event: "$pageview",
      distinct_id: "user-1",
      properties: {
        url: "https://shop.example:8080/?a=1",
        path: "/",
        referrer: "",
        name: "Home",
        category: "shop",
        $current_url: "https://shop.example:8080/?a=1",
        $pathname: "/",
        $host: "shop.example:8080",
        title: "Other"
      }
    }
  ],
  [
    "a page without an address",
    message("page", { properties: { url: "no address" } }),
    { event: "$pageview", distinct_id: "user-1", properties: { url: "no address", $current_url: "no address" } }
  ],
  [
    "a screen",
    message("screen", { name: "Home", category: "shop", properties: {} }),
    { event: "$screen", distinct_id: "user-1", properties: { $screen_name: "Home", category: "shop" } }
  ],
  [
    "an identify",
    message("identify", {
      anonymousId: "anon-1",
      traits: { plan: "pro", email: "a@b.example" },
      integrations: PostHog.options({ set: { plan: "free" }, setOnce: { first: 1 } })
    }),
    {
      event: "$identify",
      distinct_id: "user-1",
      properties: {
        $anon_distinct_id: "anon-1",
        $device_id: "anon-1",
        $set: { plan: "free", email: "a@b.example" },
        $set_once: { first: 1 }
      }
    }
  ],
  [
    "an identify of a visitor",
    { ...message("identify", { anonymousId: "anon-1", traits: { plan: "pro" } }), userId: "" },
    { event: "$identify", distinct_id: "anon-1", properties: { $set: { plan: "pro" } } }
  ],
  [
    "an alias",
    message("alias", { previousId: "old" }),
    { event: "$create_alias", distinct_id: "user-1", properties: { alias: "old" } }
  ],
  [
    "a group",
    message("group", { groupId: "acme", traits: { seats: 3 } }),
    {
      event: "$groupidentify",
      distinct_id: "user-1",
      properties: { $group_type: "company", $group_key: "acme", $group_set: { seats: 3 } }
    }
  ],
  [
    "a group without a user",
    {
      ...message("group", { groupId: "acme", traits: {}, integrations: PostHog.options({ groupType: "team" }) }),
      userId: ""
    },
    {
      event: "$groupidentify",
      distinct_id: "$team_acme",
      properties: { $group_type: "team", $group_key: "acme", $group_set: {} }
    }
  ],
  [
    "a context with a group, under the group type of the sink, unless the event has its own",
    track(1, { properties: { $groups: { team: "t" }, $ip: "198.51.100.1" }, context: { groupId: "acme", ip: "" } }),
    {
      event: "orderPlaced",
      distinct_id: "user-1",
      properties: { $groups: { team: "t" }, $ip: "198.51.100.1" }
    },
    { groupType: "org" }
  ]
]

describe.each(apis)("the event of a message (%s)", (api) => {
  it.live.each(mappings)("%s", ([, given, expected, more]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* sentFor(given, { api, ...more }), expected as never)
    }).pipe(Effect.scoped)
  )

  it.live("names this package as its library, and locates nobody at the server", () =>
    Effect.gen(function* () {
      const { raw } = yield* against([], [track(1)], { api })
      const { $geoip_disable, $lib, $lib_version } = raw[0]!.properties
      assert.deepStrictEqual([$geoip_disable, $lib, $lib_version], [true, "@trackmap/posthog", "0.0.0"])
    }).pipe(Effect.scoped)
  )

  it.live("makes persons and groups of identify, alias and group", () =>
    Effect.gen(function* () {
      const { groups, persons } = yield* against(
        [],
        [
          message("identify", { messageId: id(1), anonymousId: "anon-1", traits: { plan: "pro" } }),
          message("alias", { messageId: id(2), previousId: "old" }),
          message("group", { messageId: id(3), groupId: "acme", traits: { seats: 3 } })
        ],
        { api }
      )
      for (const each of ["user-1", "anon-1", "old"]) assert.deepStrictEqual(persons.get(each), { plan: "pro" })
      assert.deepStrictEqual(groups.get("company")?.get("acme"), { seats: 3 })
    }).pipe(Effect.scoped)
  )

  it.live("has the message's id as its uuid, or a UUID made of an id that is none, the same each time", () =>
    Effect.gen(function* () {
      const given = ["m1", "m1", "ü", id(1), id(2).toUpperCase()].map((messageId) => track(1, { messageId }))
      const { outcomes, raw } = yield* against([], given, { api })
      assert.notInclude(outcomes, "Rejected")
      const [first, second, third, ...rest] = raw.map(({ uuid }) => uuid).sort()
      assert.deepStrictEqual([first, second], [id(1), id(2)])
      assert.match(third!, /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
      assert.lengthOf(new Set(raw.map(({ uuid }) => uuid)).size === 4 ? rest : [], 2)
    }).pipe(Effect.scoped)
  )

  it.live("is the record that observers see, and a message without an event has none", () =>
    Effect.gen(function* () {
      const server = yield* PostHogServer.make({ projectKey })
      const tracker = yield* Tracker.make(PostHog.sink(options(server.url, { api })))
      const attempts: Array<Observer.Attempt> = []
      yield* tracker.observe({
        observe: () => ({
          resolved: () => {},
          tracked: () => {},
          received: () => {},
          sent: (attempt) => void attempts.push(attempt)
        })
      })
      yield* tracker.send(track(1))
      yield* tracker.send(track(2, { userId: "guest" }))
      yield* tracker.flush
      const [request] = yield* server.requests
      const path = api === "events" ? "/i/v1/analytics/events" : "/batch/"
      const seen = yield* Effect.forEach(attempts, ({ records }) => records)
      assert.deepStrictEqual(seen.flat(), [{ to: `POST ${path}`, record: (request!.body as any).batch[0] }])
    }).pipe(Effect.scoped, fetched)
  )
})

const long = "x".repeat(201)
const rejections: ReadonlyArray<readonly [string, Message.Message, RegExp]> = [
  ...["", "  ", "anonymous", "GUEST", "'none'", '"null"', "0", " undefined ", "[object Object]"].map(
    (userId) =>
      [`the userId ${JSON.stringify(userId)}`, track(1, { userId }), userId === "" ? /neither/ : /this userId/] as const
  ),
  ["the nil UUID", track(1, { userId: "00000000-0000-0000-0000-000000000000" }), /does not allow this userId/],
  ["a userId of more than 200 bytes", track(1, { userId: "ü".repeat(101) }), /the userId has more than 200 bytes/],
  ["an anonymousId", { ...track(1, { anonymousId: "null" }), userId: "" }, /this anonymousId/],
  ["an identify's anonymousId", message("identify", { traits: {}, anonymousId: "null" }), /this anonymousId/],
  ["an alias's previousId", message("alias", { previousId: "null" }), /this previousId/],
  ["a group without an id", message("group", { groupId: "", traits: {} }), /the groupId is empty/],
  [
    "a long group without a user",
    { ...message("group", { groupId: long, traits: {} }), userId: "" },
    /groupId with its type has more than 200/
  ],
  ["no name", track(1, { event: "" }), /no name/],
  ["a name of more than 200 bytes", track(1, { event: long }), /name has more than 200 bytes/],
  ["a reserved name", track(1, { event: "$performance_event" }), /no event of the name/],
  ["a time that is none", track(1, { timestamp: "yesterday" }), /not a date/],
  ["a year before 0", track(1, { timestamp: "-000001-01-01T00:00:00Z" }), /not a date/],
  [
    "a time of more than 23 hours ahead",
    track(1, { timestamp: new Date(Date.now() + 25 * 3_600_000).toISOString() }),
    /more than 23 hours in the future/
  ],
  ["an event of more than 1 MB", track(1, { properties: { long: "\u0000".repeat(170_000) } }), /bytes/],
  ["properties that JSON cannot represent", track(1, { properties: { n: 1n } as never }), /has no JSON/],
  ["properties that are no object", track(1, { properties: [] as never }), /not an object/],
  ["an unknown option", track(1, { integrations: { PostHog: { sett: { a: 1 } } } }), /PostHog\.sett is not valid$/],
  ["an invalid option", track(1, { integrations: { PostHog: { set: "secret" } } }), /PostHog\.set is not valid$/],
  [
    "an option that the type of message cannot have",
    message("alias", { previousId: "a", integrations: PostHog.options({ set: {} }) }),
    /PostHog\.set is only for track, page, screen, identify messages$/
  ],
  [
    "an option of persons for a group",
    message("group", { groupId: "a", traits: {}, integrations: PostHog.options({ unset: ["a"] }) }),
    /PostHog\.unset is only for track, page, screen, identify messages$/
  ],
  [
    "an identify without a person",
    message("identify", { traits: {}, integrations: PostHog.options({ personProfile: false }) }),
    /PostHog\.personProfile is only for track, page, screen messages$/
  ],
  [
    "a property for nobody",
    track(1, { integrations: PostHog.options({ personProfile: false, set: { a: 1 } }) }),
    /PostHog has \$set for a message without a person$/
  ],
  [
    "an option and a property that exclude each other",
    track(1, { properties: { $set: {} }, integrations: PostHog.options({ set: { a: 1 } }) }),
    /integrations\.PostHog and the property \$set exclude each other/
  ]
]

describe("a message that PostHog would drop, change or give to nobody", () => {
  it.live.each(rejections)("%s: is rejected before it is sent", ([, given, reason]) =>
    Effect.gen(function* () {
      const { outcomes, raw, reasons } = yield* against([], [given, track(2)])
      assert.deepStrictEqual(outcomes, ["Rejected", "Delivered"])
      assert.match(reasons[0]!, reason)
      for (const value of [long, "secret"]) assert.notInclude(reasons[0], value)
      assert.lengthOf(raw, 1)
    }).pipe(Effect.scoped)
  )

  it.live("is skipped if its integrations exclude PostHog", () =>
    Effect.gen(function* () {
      const given = [{ PostHog: false }, { All: false }, { All: false, PostHog: true }, { PostHog: {} }].map(
        (integrations, index) => track(index, { integrations })
      )
      const { outcomes } = yield* against([], given)
      assert.deepStrictEqual(outcomes, ["Skipped", "Skipped", "Delivered", "Delivered"])
    }).pipe(Effect.scoped)
  )

  it.live("a date of another format is written as PostHog reads it", () =>
    Effect.gen(function* () {
      const times = ["2026-01-01", "2026-01-01T01:00:00.5+01:00", "Thu, 01 Jan 2026 00:00:00 GMT"]
      const { raw } = yield* against(
        [],
        times.map((time, index) => track(index, { timestamp: time }))
      )
      assert.deepStrictEqual(
        raw.map((one) => one.timestamp),
        [timestamp, "2026-01-01T01:00:00.5+01:00", timestamp]
      )
    }).pipe(Effect.scoped)
  )
})

const results = (...given: ReadonlyArray<object>) => ({
  body: { results: Object.fromEntries(given.map((one, index) => [id(index), one])) },
  headers: { "retry-after": "0" }
})

/** The ids of each request's events. */
const sentIds = ({ requests }: { readonly requests: ReadonlyArray<any> }) =>
  requests.map(({ body }) => body.batch.map(({ uuid }: Fault.Message) => uuid))

describe("the per-event API", () => {
  it.effect("gets its headers: the key, the library, a new id for each request, and the time", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse(timestamp))
      const server = yield* PostHogServer.make({ projectKey })
      const sink = PostHog.sink(options(server.url))
      yield* EventSink.deliver(sink, [track(1)])
      yield* EventSink.deliver(sink, [track(2)])
      const requests = yield* server.requests
      const [first, second] = requests.map(({ headers }) => headers)
      assert.strictEqual(first!["authorization"], `Bearer ${projectKey}`)
      assert.strictEqual(first!["posthog-sdk-info"], "@trackmap/posthog/0.0.0")
      assert.strictEqual(first!["user-agent"], "trackmap-posthog/0.0.0")
      assert.strictEqual(first!["posthog-attempt"], "1")
      assert.strictEqual(first!["posthog-request-timestamp"], timestamp)
      assert.notStrictEqual(first!["posthog-request-id"], second!["posthog-request-id"])
      assert.deepStrictEqual((requests[0]!.body as any).created_at, timestamp)
    }).pipe(Effect.scoped, fetched)
  )

  it.live("rejects what PostHog drops, and sends again only what it wants again", () =>
    Effect.gen(function* () {
      const logged: Array<string> = []
      const logger = Logger.layer([Logger.make(({ message }) => void logged.push(String(message)))])
      const answer = results(
        { result: "ok" },
        { result: "drop", details: "billing_limit_exceeded" },
        { result: "retry", details: "not_persisted" },
        { result: "warning", details: "person_processing_disabled" },
        { result: "drop", details: "Secret details of user-1" }
      )
      const all = yield* Effect.provide(
        against(
          [
            [Fault.status(200, answer), 1],
            [Fault.none, 1]
          ],
          [...tracks(5), track(5, { userId: "guest" })]
        ),
        logger
      )
      assert.deepStrictEqual(all.outcomes, ["Delivered", "Rejected", "Delivered", "Delivered", "Rejected", "Rejected"])
      assert.strictEqual(all.reasons[1], "PostHog dropped it: billing_limit_exceeded")
      assert.strictEqual(all.reasons[4], "PostHog dropped it: it does not say why")
      assert.deepStrictEqual(sentIds(all), [[0, 1, 2, 3, 4].map(id), [id(2)]])
      assert.deepStrictEqual(logged, ["posthog: PostHog accepted events, but says: person_processing_disabled"])
    }).pipe(Effect.scoped)
  )

  it.live("sends again, with the same uuid, what a response does not name", () =>
    Effect.gen(function* () {
      const all = yield* against(
        [[Fault.status(200, results({ result: "ok" })), 1]],
        [...tracks(2), track(9, { messageId: "m" })]
      )
      assert.deepStrictEqual(all.outcomes, ["Delivered", "Delivered", "Delivered"])
      const made = all.raw[1]!.uuid
      assert.deepStrictEqual(sentIds(all), [
        [id(0), id(1), made],
        [id(1), made]
      ])
    }).pipe(Effect.scoped)
  )

  it.live("accepts a result that it does not know, and logs it", () =>
    Effect.gen(function* () {
      const { outcomes, requests } = yield* against(
        [[Fault.status(200, results({ result: "queued" }, { result: "ok", details: "late" })), 1]],
        tracks(2)
      )
      assert.deepStrictEqual([outcomes, requests.length], [["Delivered", "Delivered"], 1])
    }).pipe(Effect.scoped)
  )

  it.live("delivers a message that comes twice in a batch, for which PostHog refuses the batch", () =>
    Effect.gen(function* () {
      const { outcomes, raw } = yield* against([], [track(1), track(2), track(1)])
      assert.deepStrictEqual(outcomes, ["Delivered", "Delivered", "Delivered"])
      assert.lengthOf(raw, 3)
    }).pipe(Effect.scoped)
  )
})

const json = (status: number, body: unknown) => Fault.status(status, { body })
const refusals: ReadonlyArray<readonly [string, Fault.Fault, Partial<PostHog.Options>, string, number]> = [
  ["402", Fault.status(402), {}, "status 402, billing_limit_exceeded, the billing limit is reached", 1],
  ["404", Fault.status(404), {}, 'status 404, internal_error, an older PostHog has only /batch/ (api: "batch")', 1],
  ["404", Fault.status(404), { api: "batch" }, "status 404", 1],
  ["401", Fault.status(401), {}, "status 401, invalid_api_token", 1],
  ["415", Fault.status(415), {}, "status 415, unsupported_content_type", 1],
  [
    "400 for its headers",
    json(400, { error: "missing_required_headers" }),
    {},
    "status 400, missing_required_headers",
    1
  ],
  ["400", json(400, { error: "Quoted user-1" }), {}, "status 400", 3],
  ["400 as text", json(400, "failed to parse"), { api: "batch" }, "status 400", 3],
  ["200 with an error", json(200, { error: "internal_error" }), {}, "status 200 with an error body", 3],
  ["200 with an error", json(200, { status: 0 }), { api: "batch" }, "status 200 with an error body", 3],
  [
    "200 over the quota",
    json(200, { status: 1, quota_limited: ["events"] }),
    { api: "batch" },
    "PostHog kept no event: the project is over its quota",
    1
  ]
]

describe("a response that says no", () => {
  it.live.each(refusals)("%s", ([, fault, more, reason, requests]) =>
    Effect.gen(function* () {
      const all = yield* against(() => fault, tracks(2), more)
      assert.deepStrictEqual(all.outcomes, ["Rejected", "Rejected"])
      for (const said of all.reasons) assert.include(said, reason)
      for (const said of all.reasons) assert.notInclude(said, "user-1")
      assert.lengthOf(all.requests, requests)
    }).pipe(Effect.scoped)
  )

  it.live.each(apis)("a page of a proxy is not PostHog's, and the events are sent again (%s)", (api) =>
    Effect.gen(function* () {
      const page = Fault.status(200, { body: "<html>", headers: { "content-type": "text/html" } })
      const { outcomes, requests } = yield* against([[page, 1]], tracks(2), { api })
      assert.deepStrictEqual([outcomes, requests.length], [["Delivered", "Delivered"], 2])
    }).pipe(Effect.scoped)
  )
})

describe("/batch/", () => {
  it.effect("gets the key and the time in the body, and marks an import", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse(timestamp))
      const server = yield* PostHogServer.make({ projectKey })
      yield* EventSink.deliver(PostHog.sink(options(server.url, { api: "batch", historicalMigration: true })), [
        track(1)
      ])
      const [{ body, headers }] = (yield* server.requests) as unknown as readonly [any]
      const { api_key, historical_migration, sent_at } = body
      assert.deepStrictEqual([api_key, historical_migration, sent_at], [projectKey, true, timestamp])
      assert.isUndefined(headers.authorization)
    }).pipe(Effect.scoped, fetched)
  )
})

describe("opening", () => {
  const url = "https://posthog.example"
  const opening = (more: object, plan?: Plan.Plan) =>
    Effect.scoped(Tracker.make(PostHog.sink({ ...options(url), ...more } as PostHog.Options), plan && { plan }))

  it.effect.each([
    [{ projectKey: "phc_plain" }, "not Redacted"],
    [{ projectKey: Redacted.make("") }, "is empty"],
    [{ projectKey: Redacted.make(undefined as never) }, "is empty"],
    [{ projectKey: Redacted.make("phx_personal") }, "personal API key"],
    [{ projectKey: Redacted.make("phc_with space") }, "white space"],
    [{ projectKey: Redacted.make("x".repeat(65)) }, "more than 64"],
    [{ api: "v0" }, '"events" or "batch"'],
    [{ personProfiles: "never" }, '"always" or "identified_only"'],
    [{ groupType: "" }, "group type is empty"],
    [{ endpoint: "moon" }, "not an http or https address"]
  ] as const)("names what is wrong: %#", ([more, reason]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(opening(more))
      assert.strictEqual(error._tag, "Misconfigured")
      assert.include(error.message, reason)
      for (const secret of ["phc_plain", "phx_personal", "phc_with"]) assert.notInclude(error.message, secret)
    }).pipe(fetched)
  )

  it.effect("names the events of a plan that PostHog would not take", () =>
    Effect.gen(function* () {
      const eventOf = (name: string) => TrackedEvent.make(name, { properties: { total: Schema.Int } })
      const error = yield* Effect.flip(opening({}, Plan.make(eventOf("fits"), eventOf(long))))
      assert.include(
        error.message,
        `PostHog cannot take these planned events: ${long.slice(0, 200)} (the event's name has more`
      )
      yield* opening({}, Plan.make(eventOf("fits")))
    }).pipe(fetched)
  )

  it("refuses an option that is misspelt, where the sink is made", () => {
    const make = () => PostHog.sink({ ...options(url), groupTypes: "org" } as PostHog.Options)
    assert.throws(make, /PostHog\.sink: it has no option "groupTypes": did you mean groupType\?/)
  })
})

describe("the sink from the environment", () => {
  const parse = (env: Record<string, string>) =>
    Effect.provideService(PostHog.config, ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))

  it.live("sends to the endpoint and the API that it names, with its key", () =>
    Effect.gen(function* () {
      const server = yield* PostHogServer.make({ projectKey })
      const sink = yield* parse({
        POSTHOG_PROJECT_KEY: projectKey,
        POSTHOG_ENDPOINT: server.url,
        POSTHOG_API: "batch"
      })
      const receipts = yield* EventSink.deliver(sink, [track(1)])
      assert.deepStrictEqual(outcomesOf(receipts), ["Delivered"])
      assert.strictEqual((yield* server.requests)[0]!.path, "/batch/")
    }).pipe(Effect.scoped, fetched)
  )

  it.effect("knows PostHog's regions by name, and says what is missing", () =>
    Effect.gen(function* () {
      for (const env of [{}, { POSTHOG_ENDPOINT: "eu" }] as const) {
        assert.deepStrictEqual((yield* parse({ POSTHOG_PROJECT_KEY: projectKey, ...env })).names, ["posthog"])
      }
      assert.include((yield* Effect.flip(parse({}))).message, "POSTHOG_PROJECT_KEY")
      assert.include(
        (yield* Effect.flip(parse({ POSTHOG_PROJECT_KEY: "k", POSTHOG_API: "v0" }))).message,
        "POSTHOG_API"
      )
    })
  )
})

it.live("the project key appears in no receipt and no record", () =>
  Effect.gen(function* () {
    const seen: Array<unknown> = []
    for (const api of apis) {
      for (const fault of [Fault.status(401, { body: projectKey }), json(200, { error: projectKey }), Fault.none]) {
        const { receipts } = yield* against(() => fault, tracks(1), { api })
        seen.push(receipts)
      }
      seen.push(PostHog.sink(options("https://posthog.example", { api })))
    }
    const text = inspect(seen, { depth: 20, showHidden: true, maxArrayLength: null })
    assert.notInclude(text, projectKey)
  }).pipe(Effect.scoped)
)

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom("", "guest", "$set", "__proto__", long)
)
const values = fc.dictionary(text, fc.jsonValue({ stringUnit: "binary" }), { maxKeys: 5 })
const anything = fc
  .record({
    type: fc.constantFrom("track", "identify", "group", "alias", "page", "screen"),
    timestamp: fc.oneof(fc.constant(timestamp), text),
    userId: text,
    anonymousId: text,
    event: text,
    name: text,
    groupId: text,
    previousId: text,
    properties: values,
    traits: values,
    context: values,
    integrations: fc.oneof(fc.constant({}), fc.record({ PostHog: fc.oneof(fc.boolean(), values) }))
  })
  .map((fields) => fields as unknown as Message.Message)

it.live.each(apis)(
  "whatever the messages are, there is one receipt for each, and the server keeps what is delivered (%s)",
  (api) =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fc.array(anything, { maxLength: 8 }), (fields) => {
          const given = fields.map((one, index) => ({ ...one, messageId: index % 3 === 0 ? `m${index}` : id(index) }))
          const program = Effect.gen(function* () {
            const { dropped, outcomes, raw, receipts } = yield* against([], given, { api })
            assert.deepStrictEqual(
              receipts.map(({ messageId }) => messageId),
              given.map(({ messageId }) => messageId)
            )
            for (const outcome of outcomes) assert.oneOf(outcome, ["Delivered", "Rejected", "Skipped"])
            // The server drops nothing that passes the sink's own checks.
            assert.deepStrictEqual(dropped, [])
            assert.lengthOf(raw, outcomes.filter((outcome) => outcome === "Delivered").length)
          })
          return Effect.runPromise(Effect.scoped(program))
        }),
        { numRuns: 25 }
      )
    )
)
