import { assert, describe, it } from "@effect/vitest"
import { EventSink, HttpTransport, type Message } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { base, daysAgo, plan, track } from "../../../fixtures/warehouse/paid.ts"
import { ClickHouseServer, Fault } from "../../testing/src/index.ts"
import type { ClickHouseError } from "./ClickHouseError.ts"
import { ClickHouse } from "./index.ts"

const fetched = Effect.provide(HttpTransport.layerFetch)

const connectionTo = (server: ClickHouseServer.ClickHouseServer): ClickHouse.Connection => ({
  url: server.url,
  password: Redacted.make(server.password)
})

/** A server with the tables and the messages of a sink. */
const holding = Effect.fnUntraced(function* (messages: ReadonlyArray<Message.Message>) {
  const server = yield* ClickHouseServer.make()
  const connection = connectionTo(server)
  yield* EventSink.deliver(ClickHouse.sink(connection), messages, { plan })
  return { server, connection }
})

const exception = (code: number, text: string): Fault.Common =>
  Fault.status(500, {
    headers: { "x-clickhouse-exception-code": String(code) },
    body: `Code: ${code}. DB::Exception: ${text}.`
  })

/** The number of rows by table, without empty ones. */
const counts = ({ tables }: ClickHouseServer.ClickHouseServer) =>
  Effect.map(tables, (found) =>
    Object.fromEntries(found.flatMap(({ name, rows }) => (rows.length === 0 ? [] : [[name, rows.length]])))
  )

describe("prune", () => {
  it.live("deletes what is older than an age from every table, and nothing else in the database", () =>
    Effect.gen(function* () {
      const messages = [1, 20, 40].flatMap((days): ReadonlyArray<Message.Message> => [
        track({ qty: 2.5 }, { timestamp: daysAgo(days) }),
        track({}, { timestamp: daysAgo(days), event: "unknown" }),
        { type: "page", properties: {}, userId: "u", ...base(daysAgo(days)) }
      ])
      const { connection, server } = yield* holding([...messages, track({}, { timestamp: "no time" })])
      const own = `"default"."own"`
      const authorization = `Basic ${btoa(`${server.user}:${server.password}`)}`
      for (const body of [
        `CREATE TABLE IF NOT EXISTS ${own} ("timestamp" String) ENGINE = ReplacingMergeTree() ORDER BY ("timestamp")`,
        `INSERT INTO ${own} ("timestamp") FORMAT JSONCompactEachRow\n["2000-01-01 00:00:00"]`
      ]) {
        yield* Effect.promise(() => fetch(server.url, { method: "POST", headers: { authorization }, body }))
      }
      assert.strictEqual(yield* ClickHouse.prune({ ...connection, olderThan: "30 days" }), 4)
      assert.deepStrictEqual(yield* counts(server), { paid: 2, pages: 2, misfits: 5, own: 1 })
      const before = (yield* server.requests).length
      assert.strictEqual(yield* ClickHouse.prune({ ...connection, olderThan: "30 days" }), 0)
      const statements = (yield* server.requests).slice(before).map(({ text }) => text)
      assert.isFalse(statements.some((text) => text.startsWith("ALTER")))
    }).pipe(Effect.scoped, fetched)
  )
})

describe("forget", () => {
  it.live("deletes all rows of a user with their misfits, and tells the anonymous ids that they had", () =>
    Effect.gen(function* () {
      const user = { userId: "u'1\\" }
      const { connection, server } = yield* holding([
        track({ qty: 1 }, { ...user, anonymousId: "a1" }),
        track({ qty: 2.5 }, user),
        track({}, { ...user, event: "unknown" }),
        { type: "identify", traits: { email: "x@example.com" }, ...user, anonymousId: "a2", ...base() },
        { type: "alias", userId: "u2", previousId: user.userId, ...base() },
        track({ qty: 2.5 }, { userId: "u2", anonymousId: "a1" }),
        track({ qty: 3 }, { anonymousId: "a1" }),
        track({ name: user.userId }, { userId: "u2", event: "unknown" })
      ])
      const { anonymousIds, rows } = yield* ClickHouse.forget({ ...connection, ...user })
      assert.deepStrictEqual([rows, [...anonymousIds].sort()], [6, ["a1", "a2"]])
      assert.deepStrictEqual(yield* counts(server), { paid: 2, misfits: 2 })
      const again = yield* ClickHouse.forget({ ...connection, anonymousId: "a1" })
      assert.deepStrictEqual(again, { rows: 3, anonymousIds: [] })
      assert.deepStrictEqual(yield* counts(server), { misfits: 1 })
    }).pipe(Effect.scoped, fetched)
  )

  it.live.each(["tab\t", "line\nfeed", "null\0", "\\N", "it's {value:String}", '"; DROP TABLE paid', "🦆"])(
    "finds the id %j, which is in no statement, and no other",
    (userId) =>
      Effect.gen(function* () {
        const { connection, server } = yield* holding([
          track({ qty: 1 }, { userId }),
          track({}, { userId, event: "unknown" }),
          track({ qty: 1 }, { userId: `${userId}2` }),
          track({}, { userId: `${userId}2`, event: "unknown" })
        ])
        const before = (yield* server.requests).length
        assert.deepStrictEqual(yield* ClickHouse.forget({ ...connection, userId }), { rows: 2, anonymousIds: [] })
        assert.deepStrictEqual(yield* counts(server), { paid: 1, misfits: 1 })
        const statements = (yield* server.requests).slice(before).map(({ text }) => text)
        assert.isFalse(statements.some((text) => text.replaceAll("{value:String}", "").includes(userId)))
      }).pipe(Effect.scoped, fetched)
  )

  it.live("deletes the misfits of an id that ClickHouse cannot hold", () =>
    Effect.gen(function* () {
      const { connection, server } = yield* holding([track({}, { userId: "a\ud83e" }), track({}, { userId: "a" })])
      assert.strictEqual((yield* ClickHouse.forget({ ...connection, userId: "a\ud83e" })).rows, 1)
      assert.deepStrictEqual(yield* counts(server), { paid: 1 })
    }).pipe(Effect.scoped, fetched)
  )

  it.live("can run again after an error, which has no value of a message", () =>
    Effect.gen(function* () {
      const { connection, server } = yield* holding([
        track({ qty: 2.5 }, { userId: "secret-user" }),
        track({}, { userId: "secret-user", event: "unknown" })
      ])
      const forgetting = ClickHouse.forget({ ...connection, userId: "secret-user" })
      // The catalogue takes two requests.
      for (const [at, code, reason] of [
        [2, 62, /^forget: ClickHouse answered SYNTAX_ERROR .*: correct the options, or grant the user the rights/],
        [5, 241, /^forget: ClickHouse answered MEMORY_LIMIT_EXCEEDED .*: run it again later$/]
      ] as const) {
        yield* server.misbehave(({ index }) =>
          index === at ? exception(code, "in the condition 'secret-user'") : undefined
        )
        const error = yield* Effect.flip(forgetting)
        assert.match(error.message, reason)
        assert.strictEqual(error.transient, code === 241)
        assert.notInclude(JSON.stringify(error), "secret-user")
      }
      yield* server.misbehave([])
      assert.strictEqual((yield* forgetting).rows, 2)
      assert.deepStrictEqual(yield* counts(server), {})
    }).pipe(Effect.scoped, fetched)
  )
})

describe("a command", () => {
  const connection = { url: "http://127.0.0.1:1" }
  const table: ReadonlyArray<readonly [string, Effect.Effect<unknown, ClickHouseError, HttpTransport.HttpTransport>]> =
    [
      [
        "prune: the user is empty: correct the options",
        ClickHouse.prune({ ...connection, user: "", olderThan: "1 day" })
      ],
      ["prune: olderThan must be a duration", ClickHouse.prune({ ...connection, olderThan: "soon" as never })],
      ["prune: olderThan must be a duration", ClickHouse.prune({ ...connection, olderThan: -1 })],
      ["forget: pass either userId or anonymousId", ClickHouse.forget({ ...connection, userId: "" })],
      ["forget: pass either userId or anonymousId", ClickHouse.forget(connection as never)],
      ["forget: pass either", ClickHouse.forget({ ...connection, userId: "u", anonymousId: "a" } as never)],
      [
        "prune: the endpoint was not reached: run it again later",
        ClickHouse.prune({ ...connection, olderThan: "1 day" })
      ]
    ]
  for (const [message, effect] of table) {
    it.live(`says "${message}"`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(effect)
        assert.isTrue(error.message.startsWith(message), error.message)
      }).pipe(fetched)
    )
  }

  it("has no unknown options", () => {
    assert.throws(() => ClickHouse.prune({ ...connection, olderthan: "1 day" } as never), "did you mean olderThan?")
    assert.throws(() => ClickHouse.forget({ ...connection, userid: "u" } as never), "did you mean userId?")
  })
})
