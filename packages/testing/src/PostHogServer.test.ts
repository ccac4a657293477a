import { randomUUID } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { long, post, type Post } from "../test/client.ts"
import { Fault, PostHogServer } from "./index.ts"

const at = "2026-01-01T00:00:00.000Z"
const uuid = (n: number) => `01a210d1-cbaa-7d34-ada6-${String(n).padStart(12, "0")}`
const event = (n: number, more?: object) => ({
  uuid: uuid(n),
  event: "Order Updated",
  distinct_id: "u1",
  timestamp: at,
  ...more
})

const start = Effect.gen(function* () {
  const server = yield* PostHogServer.make()
  const headers = {
    authorization: `Bearer ${server.projectKey}`,
    "posthog-sdk-info": "test/1.0.0",
    "posthog-attempt": "1",
    "posthog-request-id": randomUUID(),
    "posthog-request-timestamp": at
  }
  return {
    ...server,
    one: (batch: unknown, { headers: more, ...rest }: Post = {}, without = "") => {
      const sent = Object.entries({ ...headers, ...more }).filter(([name]) => name !== without)
      return post(`${server.url}/i/v1/analytics/events`, {
        body: { created_at: at, batch },
        headers: Object.fromEntries(sent),
        ...rest
      })
    },
    batch: (batch: unknown, more?: object) =>
      post(`${server.url}/batch/`, { body: { api_key: server.projectKey, batch, ...more } })
  }
})

const test = (title: string, body: (server: Effect.Success<typeof start>) => Effect.Effect<unknown, unknown>) =>
  it.live(title, () => Effect.flatMap(start, (server) => body(server)).pipe(Effect.scoped))

describe("the per-event API", () => {
  test("has a result for each uuid, and keeps what is ok", (server) =>
    Effect.gen(function* () {
      const bad: ReadonlyArray<readonly [object, string]> = [
        [{ event: "$performance_event" }, "dropped_performance_event"],
        [{ event: "" }, "missing_event_name"],
        [{ event: long(201) }, "event_name_too_long"],
        [{ distinct_id: " " }, "missing_distinct_id"],
        [{ distinct_id: long(201) }, "distinct_id_too_large"],
        [{ timestamp: "2026-01-01" }, "invalid_event_timestamp"],
        [{ properties: [] }, "malformed_event_properties"],
        [{ options: "none" }, "invalid_options"],
        [{ properties: { text: long(1_000_000) } }, "event_too_big"]
      ]
      const batch = [
        event(100, { distinct_id: " u1 ", options: { process_person_profile: false } }),
        event(101, { distinct_id: "Guest", properties: { a: 1 } }),
        ...bad.map(([more], n) => event(n, more))
      ]
      const reply = yield* server.one(batch, { gzip: true })
      assert.strictEqual(reply.status, 200)
      const { results } = JSON.parse(reply.text)
      assert.deepStrictEqual(results[uuid(100)], { result: "ok" })
      assert.deepStrictEqual(results[uuid(101)], { result: "ok", details: "person_processing_disabled" })
      for (const [n, [, details]] of bad.entries()) {
        assert.deepStrictEqual(results[uuid(n)], { result: "drop", details })
      }
      const kept = yield* server.raw
      const library = { $lib: "test", $lib_version: "1.0.0" }
      assert.deepStrictEqual(
        kept.map((one) => [one.distinct_id, one.properties]),
        [
          ["u1", { $process_person_profile: false, ...library }],
          ["Guest", { a: 1, ...library }]
        ] as never
      )
      assert.lengthOf(yield* server.dropped, bad.length)
      assert.strictEqual((yield* server.persons).size, 0)
      yield* server.clear
      assert.deepStrictEqual([yield* server.raw, yield* server.dropped], [[], []])
    }))

  const refused: ReadonlyArray<readonly [string, unknown, Post, number, string, string?]> = [
    ["a header is missing", [event(1)], {}, 400, "missing_required_headers", "posthog-attempt"],
    ["the attempt is no number", [event(1)], { headers: { "posthog-attempt": "0" } }, 400, "invalid_header_value"],
    ["the key is of a person", [event(1)], { headers: { authorization: "Bearer phx_a" } }, 401, "invalid_api_token"],
    ["the key is no bearer token", [event(1)], { headers: { authorization: "Basic a" } }, 400, "invalid_header_value"],
    ["there is no key", [event(1)], {}, 401, "missing_authorization", "authorization"],
    ["it is no JSON", [event(1)], { headers: { "content-type": "text/plain" } }, 415, "unsupported_content_type"],
    ["a field is of another type", [event(1, { timestamp: 1 })], {}, 400, "request_parsing_error"],
    ["there is no event", [], {}, 400, "empty_batch"],
    ["it has no time", undefined, { body: { created_at: "now", batch: [event(1)] } }, 400, "invalid_batch"],
    ["a uuid is none", [event(1, { uuid: "m1" })], {}, 400, "invalid_event_uuid"],
    ["a uuid comes twice", [event(1), event(1)], {}, 400, "duplicate_event_uuid"],
    ["it is too large", [event(1, { properties: { text: long(10_000_000) } })], {}, 413, "payload_too_large"]
  ]
  for (const [why, batch, options, status, error, without] of refused) {
    test(`refuses a request because ${why}`, (server) =>
      Effect.gen(function* () {
        const reply = yield* server.one(batch, options, without)
        assert.deepStrictEqual([reply.status, JSON.parse(reply.text).error], [status, error])
        assert.deepStrictEqual(yield* server.raw, [])
      }))
  }

  test("loses the events of an unknown key, and says ok", (server) =>
    Effect.gen(function* () {
      const reply = yield* server.one([event(1)], { headers: { authorization: "Bearer phc_other" } })
      assert.deepStrictEqual(JSON.parse(reply.text), { results: { [uuid(1)]: { result: "ok" } } })
      assert.deepStrictEqual(yield* server.raw, [])
    }))

  test("refuses what it is told to, and reports an error in a 200", (server) =>
    Effect.gen(function* () {
      yield* server.misbehave([
        [Fault.partial((one) => one["uuid"] === uuid(1)), 1],
        [Fault.errorBody(), 1],
        [Fault.status(429), 1],
        [Fault.status(500), 1]
      ])
      const { results } = JSON.parse((yield* server.one([event(1), event(2)])).text)
      assert.deepStrictEqual(results[uuid(1)], { result: "drop", details: "event_restriction_drop" })
      assert.deepStrictEqual(results[uuid(2)], { result: "ok" })
      const errors = yield* Effect.replicateEffect(server.one([event(3)]), 3)
      assert.deepStrictEqual(
        errors.map(({ status, text }) => [status, JSON.parse(text).error]),
        [
          [200, "internal_error"],
          [429, "rate_limited"],
          [500, "internal_error"]
        ]
      )
    }))
})

describe("/batch/", () => {
  test("keeps a batch, cuts long ids, and drops a large event without saying so", (server) =>
    Effect.gen(function* () {
      const batch = [
        event(1, { distinct_id: long(300) }),
        { event: "e", properties: { distinct_id: "u2" }, uuid: uuid(2), timestamp: "2099-01-01T00:00:00Z" },
        event(3, { properties: { text: long(1_000_000) } })
      ]
      const reply = yield* server.batch(batch)
      assert.deepStrictEqual([reply.status, JSON.parse(reply.text)], [200, { status: "Ok" }])
      const kept = yield* server.raw
      assert.deepStrictEqual(
        kept.map((one) => one.distinct_id),
        [long(200), "u2"]
      )
      assert.isBelow(Date.parse(kept[1]!.timestamp), Date.parse("2099-01-01T00:00:00Z"))
      assert.deepStrictEqual(
        (yield* server.dropped).map(({ details }) => details),
        ["event_too_big"]
      )
    }))

  test("refuses a whole request, as text", (server) =>
    Effect.gen(function* () {
      const bad: ReadonlyArray<readonly [unknown, object, number, string]> = [
        [undefined, {}, 400, "failed to parse request"],
        [[event(1)], { api_key: "phx_a" }, 401, "API key is not valid"],
        [[], {}, 400, "request holds no event"],
        [[event(1), event(2, { timestamp: 1 })], {}, 400, "failed to parse request: invalid type"],
        [[event(1, { uuid: "m1" })], {}, 400, "failed to parse request: UUID parsing failed"],
        [[event(1, { properties: [] })], {}, 400, "failed to parse request: invalid type"],
        [[event(1, { event: "" })], {}, 400, "event submitted with an empty event name"],
        [[event(1, { distinct_id: "" })], {}, 400, "event submitted without a distinct_id"],
        [[event(1, { properties: { text: long(20_000_000) } })], {}, 413, "maximum event size exceeded"]
      ]
      for (const [batch, more, status, text] of bad) {
        const reply = yield* server.batch(batch, more)
        assert.deepStrictEqual([reply.status, reply.text], [status, text])
      }
      assert.deepStrictEqual(yield* server.raw, [])
    }))

  test("loses the events of an unknown key, and reports a full quota in a 200", (server) =>
    Effect.gen(function* () {
      yield* server.batch([event(1)], { api_key: "phc_other" })
      yield* server.misbehave([
        [Fault.errorBody(), 1],
        [Fault.status(503), 1]
      ])
      const limited = yield* server.batch([event(1)])
      assert.deepStrictEqual(JSON.parse(limited.text), { status: "Ok", quota_limited: ["events"] })
      assert.strictEqual((yield* server.batch([event(1)])).text, "Service Unavailable")
      assert.deepStrictEqual(yield* server.raw, [])
    }))
})

describe("persons and groups", () => {
  test("change with events, and two ids become one person", (server) =>
    Effect.gen(function* () {
      const of = (n: number, name: string, properties: object, more?: object) =>
        event(n, { event: name, properties, ...more })
      yield* server.batch([
        of(1, "seen", { $set: { plan: "free", trial: true }, $set_once: { first: 1 } }, { distinct_id: "anon" }),
        of(2, "$identify", { $anon_distinct_id: "anon", $set: { plan: "pro" }, $unset: ["trial"] }),
        of(3, "$create_alias", { alias: "old", $set_once: { first: 2 } }),
        of(4, "$identify", { $anon_distinct_id: "guest" }),
        of(5, "$identify", {}, { distinct_id: "u2" }),
        of(6, "$identify", { $anon_distinct_id: "a2" }, { distinct_id: "u2" }),
        of(7, "$create_alias", { alias: "u2" }),
        of(8, "$groupidentify", { $group_type: "company", $group_key: "acme", $group_set: { seats: 3 } }),
        of(9, "$groupidentify", { $group_type: "company", $group_key: "acme", $group_set: { plan: "pro" } })
      ])
      const persons = yield* server.persons
      for (const id of ["u1", "anon", "old"]) assert.deepStrictEqual(persons.get(id), { first: 1, plan: "pro" })
      assert.deepStrictEqual(persons.get("u2"), {})
      assert.isUndefined(persons.get("guest"))
      assert.deepStrictEqual((yield* server.groups).get("company")?.get("acme"), { seats: 3, plan: "pro" })
    }))

  test("events of one id, name, person and day are one", (server) =>
    Effect.gen(function* () {
      yield* server.batch([event(1, { properties: { n: 1 } }), event(2), event(1, { properties: { n: 2 } })])
      yield* server.batch([event(1, { timestamp: "2026-01-02T00:00:00Z" })])
      assert.deepStrictEqual(
        (yield* server.events).map((one) => [one.uuid, one.properties["n"]]),
        [
          [uuid(1), 2],
          [uuid(2), undefined],
          [uuid(1), undefined]
        ]
      )
    }))
})

test("other paths and methods are no part of the API", (server) =>
  Effect.gen(function* () {
    const replies = yield* Effect.all([
      post(`${server.url}/decide`, { body: {} }),
      post(`${server.url}/batch/`, { method: "GET" })
    ])
    assert.deepStrictEqual(
      replies.map(({ status }) => status),
      [404, 405]
    )
  }))
