import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { EventSink, type Message } from "@trackmap/core"
import * as Effect from "effect/Effect"
import { base, daysAgo, plan, track } from "../../../fixtures/warehouse/paid.ts"
import { folder, keepOpen, query } from "../test/reading.ts"
import { DuckDB } from "./index.ts"

/** A file with the messages, which stays open in this process. */
const fileWith = (messages: ReadonlyArray<Message.Message>) =>
  Effect.gen(function* () {
    const file = join(yield* folder, "events.duckdb")
    yield* Effect.acquireRelease(
      Effect.promise(() => keepOpen(file)),
      (close) => Effect.sync(close)
    )
    yield* Effect.scoped(EventSink.deliver(DuckDB.sink({ file }), messages, { plan }))
    return file
  })
const countsIn = (file: string) =>
  Effect.map(
    query(
      file,
      "SELECT (SELECT count(*) FROM paid)::INT AS paid, (SELECT count(*) FROM pages)::INT AS pages, (SELECT count(*) FROM misfits)::INT AS misfits"
    ),
    ([counts]) => counts
  )

it.live("prune deletes what is older than an age from every table of the sink, and nothing else", () =>
  Effect.scoped(
    Effect.gen(function* () {
      const messages = [1, 20, 40].flatMap((days): ReadonlyArray<Message.Message> => [
        track({ qty: 2.5 }, { timestamp: daysAgo(days) }),
        track({}, { timestamp: daysAgo(days), event: "unknown" }),
        { type: "page", properties: {}, userId: "u", ...base(daysAgo(days)) }
      ])
      const file = yield* fileWith([...messages, track({}, { timestamp: "no time" })])
      yield* query(file, "CREATE TABLE own AS SELECT TIMESTAMPTZ '2000-01-01' AS timestamp")
      assert.strictEqual(yield* DuckDB.prune({ file, olderThan: "30 days" }), 4)
      assert.deepStrictEqual(yield* countsIn(file), { paid: 2, pages: 2, misfits: 5 })
      assert.lengthOf(yield* query(file, "FROM own"), 1)
      assert.strictEqual(yield* DuckDB.prune({ file, olderThan: "30 days" }), 0)
    })
  )
)

it.live("forget deletes all rows of a user with their misfits, and tells the anonymous ids that they had", () =>
  Effect.scoped(
    Effect.gen(function* () {
      const user = { userId: "u'1" }
      const file = yield* fileWith([
        track({ qty: 1 }, { ...user, anonymousId: "a1" }),
        track({ qty: 2.5 }, user),
        track({}, { ...user, event: "unknown" }),
        { type: "identify", traits: { email: "x@example.com" }, ...user, anonymousId: "a2", ...base() },
        { type: "alias", userId: "u2", previousId: user.userId, ...base() },
        track({ qty: 2.5 }, { userId: "u2", anonymousId: "a1" }),
        track({ qty: 3 }, { anonymousId: "a1" }),
        track({ name: user.userId }, { userId: "u2", event: "unknown" }),
        track({ qty: 4 }, { userId: "n\0" }),
        track({}, { userId: "\ud800" })
      ])
      const { anonymousIds, rows } = yield* DuckDB.forget({ file, ...user })
      assert.deepStrictEqual([rows, [...anonymousIds].toSorted()], [6, ["a1", "a2"]])
      assert.deepStrictEqual(yield* countsIn(file), { paid: 3, pages: 0, misfits: 3 })
      assert.deepStrictEqual(yield* DuckDB.forget({ file, anonymousId: "a1" }), { rows: 3, anonymousIds: [] })
      assert.strictEqual((yield* DuckDB.forget({ file, userId: "n\0" })).rows, 1)
      assert.strictEqual((yield* DuckDB.forget({ file, userId: "\ud800" })).rows, 1)
      assert.deepStrictEqual(yield* countsIn(file), { paid: 0, pages: 0, misfits: 1 })
    })
  )
)

describe("a command", () => {
  it.live("says what is wrong with its options", () =>
    Effect.gen(function* () {
      const said = (effect: Effect.Effect<unknown, { readonly message: string }>) =>
        Effect.map(Effect.flip(effect), ({ message }) => message)
      const file = "/nowhere/events.duckdb"
      assert.strictEqual(
        yield* said(DuckDB.prune({ file, olderThan: "1 day" })),
        "/nowhere/events.duckdb: the file does not exist: correct the path"
      )
      assert.include(yield* said(DuckDB.prune({ file, olderThan: "soon" as any })), "olderThan must be a duration")
      assert.include(yield* said(DuckDB.prune({ file, olderThan: -1 })), "olderThan must be a duration")
      assert.strictEqual(
        yield* said(DuckDB.prune({ olderThan: 1 } as any)),
        "file must be a path, not undefined: correct the options"
      )
      assert.include(yield* said(DuckDB.forget({ file, userId: "" })), "pass either userId or anonymousId")
      assert.include(yield* said(DuckDB.forget({ file, userId: "u", anonymousId: "a" } as any)), "pass either")
      assert.throws(() => DuckDB.prune({ file, olderthan: "1 day" } as any), "did you mean olderThan?")
    })
  )
})
