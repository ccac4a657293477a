import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import Mixpanel from "mixpanel"
import { basic, long, post } from "../test/client.ts"
import type { Post } from "../test/client.ts"
import { MixpanelServer } from "./index.ts"

const now = Date.UTC(2026, 0, 1)
const hour = 3_600_000

const event = (n: number, properties?: object) => ({
  event: "Order Updated",
  properties: { time: now - n, distinct_id: "u1", $insert_id: `i-${n}`, ...properties }
})
const many = (count: number) => Array.from({ length: count }, (_, n) => event(n))
const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n]))

const start = Effect.gen(function* () {
  yield* TestClock.setTime(now)
  const server = yield* MixpanelServer.make()
  const to =
    (path: string, headers: Readonly<Record<string, string>>) =>
    (body: unknown, options?: Post & { readonly query?: string }) =>
      post(`${server.url}${path}?${options?.query ?? "strict=1"}`, {
        body,
        ...options,
        headers: { ...headers, ...options?.headers }
      })
  return {
    ...server,
    import: to("/import", basic(server.token, "")),
    engage: (body: unknown, options?: Post & { readonly query?: string }) =>
      to("/engage", {})(body, { query: "ip=0", ...options }),
    updateGroups: (body: unknown, options?: Post & { readonly query?: string }) =>
      to("/groups", {})(body, { query: "ip=0", ...options })
  }
})

const ok = (count: number) => ({ code: 200, num_records_imported: count, status: "OK" })

describe("import", () => {
  it.effect("takes a JSON array and says how many events it has", () =>
    Effect.gen(function* () {
      const server = yield* start
      const reply = yield* server.import([event(1), event(2)])
      assert.strictEqual(reply.status, 200)
      assert.deepStrictEqual(JSON.parse(reply.text), ok(2))
      assert.deepStrictEqual(yield* server.events, [event(1), event(2)])
    })
  )

  it.effect("takes a body that is gzipped", () =>
    Effect.gen(function* () {
      const server = yield* start
      yield* server.import([event(1)], { gzip: true })
      assert.deepStrictEqual(yield* server.events, [event(1)])
    })
  )

  it.effect("takes lines of JSON, and names a line that is none", () =>
    Effect.gen(function* () {
      const server = yield* start
      const headers = { "content-type": "application/x-ndjson" }
      const reply = yield* server.import(`${JSON.stringify(event(1))}\n{\n${JSON.stringify(event(2))}\n`, { headers })
      assert.strictEqual(reply.status, 400)
      assert.deepStrictEqual(
        JSON.parse(reply.text).failed_records.map((failed: any) => failed.index),
        [1]
      )
      assert.deepStrictEqual(yield* server.events, [event(1), event(2)])
    })
  )

  it.effect("keeps the valid events of a batch and names the others", () =>
    Effect.gen(function* () {
      const server = yield* start
      const bad = event(2, { distinct_id: "null" })
      const reply = yield* server.import([event(1), bad, event(3)])
      assert.strictEqual(reply.status, 400)
      const message = `'properties.distinct_id' is invalid: must not be "null"`
      assert.deepStrictEqual(JSON.parse(reply.text), {
        code: 400,
        error: "some data points in the request failed validation",
        failed_records: [{ index: 1, insert_id: "i-2", field: "properties.distinct_id", message }],
        num_records_imported: 2,
        status: "Bad Request"
      })
      assert.deepStrictEqual(yield* server.events, [event(1), event(3)])
      assert.deepStrictEqual(yield* server.rejected, [{ record: bad, field: "properties.distinct_id", message }])
    })
  )

  describe("lets in", () => {
    const admitted = (name: string, headers: Readonly<Record<string, string>>, query: string, status: number) =>
      it.effect(name, () =>
        Effect.gen(function* () {
          const server = yield* start
          const reply = yield* server.import([event(1)], { headers, query })
          assert.strictEqual(reply.status, status)
          if (status === 401) {
            assert.deepStrictEqual(JSON.parse(reply.text), {
              code: 401,
              error: "Invalid credentials",
              status: "Unauthorized"
            })
          }
        })
      )
    admitted("a service account with its project", basic("service-account", "secret"), "strict=1&project_id=1", 200)
    admitted("the project's secret", basic("project-secret", ""), "strict=1", 200)
    admitted("no service account without a project", basic("service-account", "secret"), "strict=1", 401)
    admitted("no service account of another project", basic("service-account", "secret"), "strict=1&project_id=2", 401)
    admitted("no service account with another secret", basic("service-account", "x"), "strict=1&project_id=1", 401)
    admitted("no other token", basic("another", ""), "strict=1", 401)
    admitted("no token with a password", basic("project-token", "x"), "strict=1", 401)
    admitted("nobody without authentication", { authorization: "" }, "strict=1", 401)
  })

  describe("refuses a request", () => {
    const refused = (name: string, status: number, body: unknown, options?: Post & { readonly query?: string }) =>
      it.effect(name, () =>
        Effect.gen(function* () {
          const server = yield* start
          const reply = yield* server.import(body, options)
          assert.strictEqual(reply.status, status)
          assert.notProperty(JSON.parse(reply.text), "failed_records")
          assert.deepStrictEqual(yield* server.raw, [])
        })
      )
    refused("whose body is no list", 400, event(1))
    refused("whose body is no JSON", 400, "[")
    refused("without events", 400, [])
    refused("of another content type", 400, [event(1)], { headers: { "content-type": "text/plain" } })
    refused("that says it is gzipped and is not", 400, [event(1)], { headers: { "content-encoding": "gzip" } })
    refused("of more than 2,000 events", 413, many(2_001))
    refused("of more than 10,000,000 bytes", 413, JSON.stringify([event(1)]).padEnd(10_000_001), { gzip: true })

    it.effect("but takes 2,000 events", () =>
      Effect.gen(function* () {
        const server = yield* start
        assert.deepStrictEqual(JSON.parse((yield* server.import(many(2_000))).text), ok(2_000))
      })
    )

    it.effect("but takes 10,000,000 bytes", () =>
      Effect.gen(function* () {
        const server = yield* start
        const reply = yield* server.import(JSON.stringify([event(1)]).padEnd(10_000_000))
        assert.strictEqual(reply.status, 200)
      })
    )

    it.effect("at another path or by another method", () =>
      Effect.gen(function* () {
        const server = yield* start
        assert.strictEqual((yield* post(`${server.url}/tracks`, { body: [] })).status, 404)
        assert.strictEqual((yield* post(`${server.url}/import?strict=1`, { method: "PUT" })).status, 405)
        assert.strictEqual((yield* post(`${server.url}/engage`, { method: "PUT" })).status, 405)
      })
    )
  })

  describe("refuses an event", () => {
    const refused = (name: string, record: unknown, field: string) =>
      it.effect(name, () =>
        Effect.gen(function* () {
          const server = yield* start
          const reply = yield* server.import([record, event(2)])
          assert.strictEqual(reply.status, 400)
          const { failed_records, num_records_imported } = JSON.parse(reply.text)
          assert.strictEqual(failed_records.length, 1)
          assert.strictEqual(failed_records[0].index, 0)
          assert.strictEqual(failed_records[0].field, field)
          assert.strictEqual(num_records_imported, 1)
          assert.deepStrictEqual(yield* server.events, [event(2)])
        })
      )
    const without = (key: string) => event(1, { [key]: undefined })

    refused("that is no object", "Order Updated", "")
    refused("without a name", { ...event(1), event: "" }, "event")
    refused("with a name of more than 255 bytes", { ...event(1), event: long(256) }, "event")
    refused("without properties", { event: "e" }, "properties")
    refused("without a time", without("time"), "properties.time")
    refused("with a time that is no number", event(1, { time: "2026-01-01" }), "properties.time")
    refused("from before 1971, in milliseconds", event(1, { time: Date.UTC(1971, 0, 1) / 1000 - 1 }), "properties.time")
    refused("from more than an hour ahead", event(1, { time: now + hour + 1 }), "properties.time")
    refused("from more than an hour ahead, in seconds", event(1, { time: (now + hour) / 1000 + 1 }), "properties.time")
    refused("without a distinct id", without("distinct_id"), "properties.distinct_id")
    refused("without an insert id", without("$insert_id"), "properties.$insert_id")
    refused("with an empty insert id", event(1, { $insert_id: "" }), "properties.$insert_id")
    refused("with an insert id of 37 bytes", event(1, { $insert_id: long(37) }), "properties.$insert_id")
    refused("with a colon in its insert id", event(1, { $insert_id: "a:b" }), "properties.$insert_id")
    refused("with a banned insert id", event(1, { $insert_id: "undefined" }), "properties.$insert_id")
    refused("with 255 properties", event(1, keys(252)), "properties")
    refused("with an object of 255 keys", event(1, { many: keys(255) }), "properties.many")
    refused("with a list of 255 elements", event(1, { many: many(255).map(() => 1) }), "properties.many")
    refused("with a fourth level", event(1, { a: { b: { c: { d: {} } } } }), "properties.a")
    refused("with a fourth level in a list", event(1, { a: [{ b: { c: {} } }] }), "properties.a")
    refused("with a value of more than 8,000 bytes", event(1, { a: [long(7_997)] }), "properties.a")
    refused("of a million bytes", event(1, { a: long(1_000_000) }), "")

    it.effect("for each value on the list of banned ids", () =>
      Effect.gen(function* () {
        const server = yield* start
        const nil = "00000000-0000-0000-0000-000000000000"
        const words = "anon anonymous nil none null n/a na undefined unknown <nil> 0 -1 true false [] {}".split(" ")
        const banned = [nil, ...words]
        const reply = yield* server.import(banned.map((distinct_id, n) => event(n, { distinct_id })))
        assert.strictEqual(JSON.parse(reply.text).failed_records.length, banned.length)
        assert.strictEqual(JSON.parse(reply.text).num_records_imported, 0)
      })
    )

    it.effect("but none that is just within its limits", () =>
      Effect.gen(function* () {
        const server = yield* start
        const reply = yield* server.import([
          event(1, { time: Date.UTC(1971, 0, 1) / 1000 }),
          event(2, { time: Date.UTC(1971, 0, 1) }),
          event(3, { distinct_id: "", $insert_id: long(36) }),
          event(4, keys(251)),
          event(5, { object: keys(254), list: many(254).map(() => 1), deep: { b: [{}] } }),
          event(6, { list: [long(7_996)] }),
          { ...event(7), event: long(255) }
        ])
        assert.deepStrictEqual(JSON.parse(reply.text), ok(7))
      })
    )
  })

  it.effect("makes a time in the next hour the present", () =>
    Effect.gen(function* () {
      const server = yield* start
      yield* server.import([event(1, { time: now + hour })])
      assert.strictEqual((yield* server.events)[0]!.properties["time"], now)
    })
  )

  it.effect("cuts strings at 255 bytes without a word, and never through a character", () =>
    Effect.gen(function* () {
      const server = yield* start
      const reply = yield* server.import([
        event(1, { plain: long(256), nested: { list: [`x${"é".repeat(200)}`] }, n: 1 })
      ])
      assert.strictEqual(reply.status, 200)
      const { nested, plain } = (yield* server.events)[0]!.properties as any
      assert.strictEqual(plain, long(255))
      assert.deepStrictEqual(nested, { list: [`x${"é".repeat(127)}`] })
    })
  )

  it.effect("shows the latest of events that are one, and keeps all of them raw", () =>
    Effect.gen(function* () {
      const server = yield* start
      const seconds = { time: now / 1000 }
      yield* server.import([event(0, { qty: 1 }), event(1)])
      yield* server.import([event(0, { ...seconds, qty: 2 })])
      assert.deepStrictEqual(yield* server.events, [event(0, { ...seconds, qty: 2 }), event(1)])
      assert.deepStrictEqual(yield* server.raw, [event(0, { qty: 1 }), event(1), event(0, { ...seconds, qty: 2 })])
    })
  )

  it.effect("tells events apart by name, time, distinct id and insert id", () =>
    Effect.gen(function* () {
      const server = yield* start
      yield* server.import([
        event(1),
        { ...event(1), event: "Order Deleted" },
        event(1, { time: now }),
        event(1, { distinct_id: "u2" }),
        event(1, { $insert_id: "i-2" })
      ])
      assert.strictEqual((yield* server.events).length, 5)
    })
  )
})

describe("engage", () => {
  const update = (operation: object) => ({ $token: "project-token", $distinct_id: "u1", ...operation })

  const applied = (name: string, operations: ReadonlyArray<object>, expected: object | undefined) =>
    it.effect(name, () =>
      Effect.gen(function* () {
        const server = yield* start
        const reply = yield* server.engage(operations.map(update))
        assert.strictEqual(reply.text, "1")
        assert.deepStrictEqual((yield* server.profiles).get("u1"), expected)
        assert.deepStrictEqual(yield* server.updates, operations.map(update))
      })
    )
  const before = { $set: { name: "Mario", visits: 1, tags: ["a", { b: 1 }] } }
  applied("$set overwrites", [before, { $set: { name: "Luigi" } }], { ...before.$set, name: "Luigi" })
  applied("$set_once does not overwrite", [before, { $set_once: { name: "Luigi", age: 35 } }], {
    ...before.$set,
    age: 35
  })
  applied("$add counts from 0 and leaves what is no number", [before, { $add: { visits: 2, coins: -1, name: 1 } }], {
    ...before.$set,
    visits: 3,
    coins: -1
  })
  applied("$append adds to a list, again and again", [{ $append: { tags: "a" } }, { $append: { tags: "a" } }], {
    tags: ["a", "a"]
  })
  applied("$append leaves what is no list", [before, { $append: { name: "Luigi" } }], before.$set)
  applied("$union adds what is not there", [before, { $union: { tags: [{ b: 1 }, "c"], name: ["x"], more: ["d"] } }], {
    ...before.$set,
    tags: ["a", { b: 1 }, "c"],
    more: ["d"]
  })
  applied("$remove takes a value from a list", [before, { $remove: { tags: "a", name: "Mario", none: 1 } }], {
    ...before.$set,
    tags: [{ b: 1 }]
  })
  applied("$unset takes properties away", [before, { $unset: ["tags", "visits"] }], { name: "Mario" })
  applied("$delete takes the profile away, whatever its value", [before, { $delete: null }], undefined)

  describe("refuses", () => {
    const refused = (name: string, record: unknown) =>
      it.effect(name, () =>
        Effect.gen(function* () {
          const server = yield* start
          const reply = yield* server.engage([record])
          assert.strictEqual(reply.status, 200)
          assert.strictEqual(reply.text, "0")
          assert.deepStrictEqual(yield* server.updates, [])
          assert.strictEqual((yield* server.rejected).length, 1)
        })
      )
    refused("an update without a token", { $distinct_id: "u1", $set: {} })
    refused("an update without a distinct id", { $token: "project-token", $set: {} })
    refused("an update without an operation", update({}))
    refused("an unknown operation", update({ $increment: { visits: 1 } }))
    refused("$set of what is no object", update({ $set: "name" }))
    refused("$add of what is no number", update({ $add: { visits: "1" } }))
    refused("$union of what is no list", update({ $union: { tags: "a" } }))
    refused("$unset of what is no list of names", update({ $unset: { name: true } }))
    refused("an update of more than a million bytes", update({ $set: { name: long(1_000_000) } }))
    refused("what is no object", "update")
  })

  it.effect("answers 1 where at least one update is valid, and keeps that one", () =>
    Effect.gen(function* () {
      const server = yield* start
      const reply = yield* server.engage([update({}), update({ $set: { a: 1 } })])
      assert.strictEqual(reply.text, "1")
      assert.deepStrictEqual((yield* server.profiles).get("u1"), { a: 1 })
    })
  )

  it.effect("answers 1 to another token and keeps nothing", () =>
    Effect.gen(function* () {
      const server = yield* start
      const reply = yield* server.engage([{ ...update({ $set: { a: 1 } }), $token: "another" }])
      assert.strictEqual(reply.text, "1")
      assert.deepStrictEqual(yield* server.updates, [])
    })
  )

  it.effect("says why with verbose=1", () =>
    Effect.gen(function* () {
      const server = yield* start
      const query = "ip=0&verbose=1"
      assert.deepStrictEqual(JSON.parse((yield* server.engage([update({ $set: {} })], { query })).text), {
        status: 1,
        error: null
      })
      assert.deepStrictEqual(JSON.parse((yield* server.engage([update({ $set: 1 })], { query })).text), {
        status: 0,
        error: "'$set' is invalid"
      })
    })
  )

  it.effect("names each invalid update with strict=1, and keeps the others", () =>
    Effect.gen(function* () {
      const server = yield* start
      const query = "strict=1"
      const reply = yield* server.engage([update({ $set: { a: 1 } }), update({ $set: 1 })], { query })
      assert.strictEqual(reply.status, 400)
      assert.deepStrictEqual(JSON.parse(reply.text).failed_records, [
        { index: 1, field: "$set", message: "'$set' is invalid" }
      ])
      assert.deepStrictEqual((yield* server.profiles).get("u1"), { a: 1 })
      assert.strictEqual((yield* server.engage([update({ $set: {} })], { query })).text, "1")
    })
  )

  it.effect("takes a form and a single update", () =>
    Effect.gen(function* () {
      const server = yield* start
      const data = new URLSearchParams({ data: JSON.stringify(update({ $set: { a: 1 } })) }).toString()
      const headers = { "content-type": "application/x-www-form-urlencoded" }
      assert.strictEqual((yield* server.engage(data, { headers })).text, "1")
      assert.strictEqual((yield* server.engage("", { headers })).text, "0")
      assert.deepStrictEqual((yield* server.profiles).get("u1"), { a: 1 })
    })
  )

  it.effect("does not read what is compressed, or is no JSON", () =>
    Effect.gen(function* () {
      const server = yield* start
      assert.strictEqual((yield* server.engage([update({ $set: {} })], { gzip: true })).text, "0")
      assert.strictEqual((yield* server.engage("[")).text, "0")
      assert.strictEqual((yield* server.engage([])).text, "0")
    })
  )

  it.effect("takes 2,000 updates and no more", () =>
    Effect.gen(function* () {
      const server = yield* start
      const updates = (count: number) => many(count).map(() => update({ $add: { visits: 1 } }))
      assert.strictEqual((yield* server.engage(updates(2_001))).text, "0")
      assert.strictEqual((yield* server.engage(updates(2_000))).text, "1")
      assert.deepStrictEqual((yield* server.profiles).get("u1"), { visits: 2_000 })
    })
  )
})

describe("groups", () => {
  const update = (operation: object) => ({
    $token: "project-token",
    $group_key: "company",
    $group_id: "acme",
    ...operation
  })

  it.effect("keeps groups by key and id", () =>
    Effect.gen(function* () {
      const server = yield* start
      const operations = [{ $set: { name: "Acme" } }, { $set_once: { name: "x" } }, { $union: { tags: ["a"] } }]
      const reply = yield* server.updateGroups([...operations.map(update), { ...update({ $set: {} }), $group_id: 7 }])
      assert.strictEqual(reply.text, "1")
      const companies = (yield* server.groups).get("company")!
      assert.deepStrictEqual(companies.get("acme"), { name: "Acme", tags: ["a"] })
      assert.deepStrictEqual(companies.get("7"), {})
    })
  )

  it.effect("knows neither $add nor $append", () =>
    Effect.gen(function* () {
      const server = yield* start
      assert.strictEqual((yield* server.updateGroups([update({ $add: { a: 1 } })])).text, "0")
      assert.strictEqual((yield* server.updateGroups([update({ $append: { a: 1 } })])).text, "0")
    })
  )

  it.effect("needs the group's key and id", () =>
    Effect.gen(function* () {
      const server = yield* start
      assert.strictEqual((yield* server.updateGroups([{ $token: "t", $group_key: "company", $set: {} }])).text, "0")
      assert.strictEqual((yield* server.updateGroups([{ $token: "t", $group_id: "acme", $set: {} }])).text, "0")
    })
  )
})

it.effect("clear forgets all that came", () =>
  Effect.gen(function* () {
    const server = yield* start
    yield* server.import([event(1), {}])
    yield* server.engage([{ $token: server.token, $distinct_id: "u1", $set: {} }])
    yield* server.updateGroups([{ $token: server.token, $group_key: "k", $group_id: "g", $set: {} }])
    yield* server.clear
    const left = [server.requests, server.events, server.raw, server.updates, server.rejected]
    for (const each of left) assert.deepStrictEqual(yield* each, [])
    assert.strictEqual((yield* server.profiles).size + (yield* server.groups).size, 0)
  })
)

it.effect("a token and a service account of one's own", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    const serviceAccount = { username: "u", secret: "s", projectId: "9" }
    const server = yield* MixpanelServer.make({ token: "t", serviceAccount })
    const url = `${server.url}/import?strict=1`
    assert.strictEqual((yield* post(url, { body: [event(1)], headers: basic("t", "") })).status, 200)
    assert.strictEqual((yield* post(`${url}&project_id=9`, { body: [event(1)], headers: basic("u", "s") })).status, 200)
  })
)

describe("import of ids", () => {
  it.effect("takes $merge, $identify and $create_alias with the token and their ids alone", () =>
    Effect.gen(function* () {
      const server = yield* start
      const { token } = server
      const joins = [
        { event: "$merge", properties: { $distinct_ids: ["a", "b"], token } },
        { event: "$identify", properties: { $identified_id: "u", $anon_id: "a", token } },
        { event: "$create_alias", properties: { distinct_id: "u", alias: "a", token } }
      ]
      assert.deepStrictEqual(JSON.parse((yield* server.import([...joins, event(1)])).text), ok(4))
      assert.deepStrictEqual(yield* server.events, [...joins, event(1)])
      const broken = [
        { event: "$merge", properties: { $distinct_ids: ["a"], token } },
        { event: "$identify", properties: { $identified_id: "u", token } },
        { event: "$create_alias", properties: { distinct_id: "u", alias: "", token } },
        { event: "$merge", properties: { $distinct_ids: ["a", "b"] } }
      ]
      assert.deepStrictEqual(
        JSON.parse((yield* server.import(broken)).text).failed_records.map(({ field }: { field: string }) => field),
        ["properties.$distinct_ids", "properties.$anon_id", "properties.alias", "properties.token"]
      )
    })
  )

  it.effect("takes an event for no join of ids because every object has something of its name", () =>
    Effect.gen(function* () {
      const server = yield* start
      const named = ["constructor", "toString", "__proto__"].map((name, n) => ({
        event: name,
        properties: event(n).properties
      }))
      assert.deepStrictEqual(JSON.parse((yield* server.import(named)).text), ok(3))
      assert.deepStrictEqual(yield* server.events, named)
    })
  )

  it.effect("takes $user_id or $device_id in the place of a distinct_id", () =>
    Effect.gen(function* () {
      const server = yield* start
      const of = (n: number, ids: object) => ({
        event: "Order Updated",
        properties: { time: now - n, $insert_id: `i-${n}`, ...ids }
      })
      yield* server.import([of(1, { $user_id: "u", $device_id: "d" }), of(2, { $device_id: "d" })])
      assert.deepStrictEqual(
        (yield* server.events).map(({ properties }) => properties["distinct_id"]),
        ["u", "$device:d"]
      )
      const reply = yield* server.import([of(3, {})])
      assert.strictEqual(JSON.parse(reply.text).failed_records[0].field, "properties.distinct_id")
    })
  )
})

describe("track", () => {
  const tracked = (properties: object) => ({
    event: "Order Updated",
    properties: { token: "project-token", ...properties }
  })

  it.effect("takes one event or several, as JSON or in a form, without a time, an $insert_id or a distinct_id", () =>
    Effect.gen(function* () {
      const server = yield* start
      const send = (body: unknown, headers?: Record<string, string>) =>
        post(`${server.url}/track?verbose=1`, { body, ...(headers && { headers }) })
      const taken = { error: null, status: 1 }
      assert.deepStrictEqual(JSON.parse((yield* send(tracked({ n: 1 }))).text), taken)
      assert.deepStrictEqual(
        JSON.parse((yield* send([tracked({ n: 2, time: now / 1000 }), tracked({ n: 3 })])).text),
        taken
      )
      const form = { "content-type": "application/x-www-form-urlencoded" }
      yield* send(new URLSearchParams({ data: JSON.stringify(tracked({ n: 4, distinct_id: "u" })) }).toString(), form)
      assert.deepStrictEqual(
        (yield* server.events).map(({ properties: { distinct_id, n, time } }) => [n, distinct_id, time]),
        [
          [1, "127.0.0.1", now],
          [2, "127.0.0.1", now / 1000],
          [3, "127.0.0.1", now],
          [4, "u", now]
        ]
      )
    })
  )

  it.effect("answers 0 to what it refuses, and loses what has another token", () =>
    Effect.gen(function* () {
      const server = yield* start
      const send = (body: unknown) => Effect.map(post(`${server.url}/track`, { body }), ({ text }) => text)
      assert.strictEqual(yield* send([]), "0")
      assert.strictEqual(yield* send("no JSON"), "0")
      assert.strictEqual(yield* send(Array.from({ length: 2_001 }, () => tracked({}))), "0")
      assert.strictEqual(yield* send(tracked({ time: now - 6 * 24 * hour })), "0")
      assert.strictEqual(yield* send(tracked({ token: "" })), "0")
      assert.strictEqual(yield* send({ event: "x" }), "0")
      assert.strictEqual(yield* send({ event: "$merge", properties: { token: "project-token" } }), "0")
      assert.strictEqual(yield* send(tracked({ token: "another" })), "1")
      assert.deepStrictEqual(yield* server.raw, [])
    })
  )
})

describe("an update with several operations", () => {
  it.effect("applies all of them, and a delete last", () =>
    Effect.gen(function* () {
      const server = yield* start
      const who = { $token: server.token, $distinct_id: "u1" }
      const update = { ...who, $set: { plan: "pro", tags: ["a"] }, $add: { orders: 2 }, $union: { tags: ["a", "b"] } }
      assert.strictEqual((yield* server.engage([update])).text, "1")
      assert.deepStrictEqual((yield* server.profiles).get("u1"), { plan: "pro", tags: ["a", "b"], orders: 2 })
      assert.strictEqual((yield* server.engage([{ ...who, $delete: "", $set: { plan: "free" } }])).text, "1")
      assert.isFalse((yield* server.profiles).has("u1"))
    })
  )

  it.effect("is refused if one of them is", () =>
    Effect.gen(function* () {
      const server = yield* start
      const who = { $token: server.token, $distinct_id: "u1" }
      assert.strictEqual((yield* server.engage([{ ...who, $set: { plan: "pro" }, $add: { orders: "2" } }])).text, "0")
      assert.isFalse((yield* server.profiles).has("u1"))
      assert.deepStrictEqual(
        (yield* server.rejected).map(({ field }) => field),
        ["$add"]
      )
    })
  )
})

describe("Mixpanel's own client for Node", () => {
  const connect = Effect.fnUntraced(function* (more?: Readonly<Record<string, unknown>>) {
    const server = yield* MixpanelServer.make()
    const { hostname, port } = new URL(server.url)
    const host = { host: hostname, port: Number(port), protocol: "http", keepAlive: false }
    const client = Mixpanel.init(server.token, { ...host, verbose: true, ...more })
    const call = (f: (done: (error?: unknown) => void) => void) =>
      Effect.promise(() => new Promise<unknown>((resolve) => f((error) => resolve(error ?? undefined))))
    return { server, client, call }
  })

  it.live("tracks, one event and several", () =>
    Effect.gen(function* () {
      for (const verbose of [true, false]) {
        const { call, client, server } = yield* connect({ verbose })
        const time = new Date(Date.now() - 1_000)
        const errors = [
          yield* call((done) => client.track("orderPlaced", { distinct_id: "u1", note: "é+/=>?" }, done)),
          yield* call((done) => client.track_batch([{ event: "a", properties: { time } }], done)),
          yield* call((done) => client.alias("u1", "u0", done)),
          yield* call((done) =>
            client.track_batch(
              Array.from({ length: 120 }, (_, n) => ({
                event: "b",
                properties: { distinct_id: "u1", n, note: "~é>?" }
              })),
              done
            )
          )
        ]
        assert.deepStrictEqual(errors.filter(Boolean), [])
        const events = yield* server.events
        assert.deepStrictEqual(
          events.slice(0, 3).map(({ event }) => event),
          ["orderPlaced", "a", "$create_alias"]
        )
        assert.strictEqual(events[0]!.properties["note"], "é+/=>?")
        assert.lengthOf(events, 123)
        assert.deepStrictEqual(yield* server.rejected, [])
      }
    })
  )

  it.live("imports with a key, one event and several", () =>
    Effect.gen(function* () {
      const { call, client, server } = yield* connect({ key: "project-secret" })
      const properties = { distinct_id: "u1", $insert_id: "i-1" }
      const time = new Date(Date.UTC(2020, 0, 1))
      const batch = [{ event: "b", properties: { ...properties, $insert_id: "i-2", time } }]
      const errors = [
        yield* call((done) => client.import("a", time, properties, done)),
        yield* call((done) => client.import_batch(batch, done))
      ]
      assert.deepStrictEqual(errors.filter(Boolean), [])
      assert.deepStrictEqual(
        (yield* server.events).map(({ event }) => event),
        ["a", "b"]
      )
      const other = yield* connect({ key: "another" })
      assert.match(String(yield* other.call((done) => other.client.import("a", time, properties, done))), /Error/)
    })
  )

  it.live("updates profiles and groups with every operation", () =>
    Effect.gen(function* () {
      const { call, client, server } = yield* connect()
      const { groups, people } = client
      const calls: ReadonlyArray<(done: (error?: unknown) => void) => void> = [
        (done) => people.set("u1", { plan: "pro", tags: ["a"] }, done),
        (done) => people.set_once("u1", "first", "2020", done),
        (done) => people.increment("u1", "orders", 2, done),
        (done) => people.append("u1", "tags", "b", done),
        (done) => people.union("u1", { tags: ["b", "c"] }, done),
        (done) => people.remove("u1", { tags: "a" }, done),
        (done) => people.track_charge("u1", 5, {}, done),
        (done) => people.unset("u1", "plan", done),
        (done) => people.set("u2", "plan", "free", done),
        (done) => people.delete_user("u2", done),
        (done) => groups.set("company", "c1", { seats: 3 }, done)
      ]
      for (const one of calls) assert.isUndefined(yield* call(one))
      const profiles = yield* server.profiles
      const { $transactions, ...own } = profiles.get("u1")!
      assert.deepStrictEqual(own, { first: "2020", orders: 2, tags: ["b", "c"] })
      assert.strictEqual($transactions[0].$amount, 5)
      assert.isFalse(profiles.has("u2"))
      assert.deepStrictEqual((yield* server.groups).get("company")?.get("c1"), { seats: 3 })
    })
  )
})
