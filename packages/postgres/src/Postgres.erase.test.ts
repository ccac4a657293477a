import type { Message } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { assert, describe, it } from "vitest"
import { base, daysAgo, plan, track } from "../../../fixtures/warehouse/paid.ts"
import { deliver, nextSchema, pool, query, unavailable, url } from "../test/database.ts"
import { Postgres } from "./index.ts"

const tables = ["paid", "identifies", "groups", "aliases", "pages", "screens", "misfits"]
/** The number of rows by table, without empty ones. */
const counts = async (schema: string): Promise<Record<string, number>> => {
  const found: Record<string, number> = {}
  for (const table of tables) {
    const { length } = await query(`SELECT FROM ${schema}.${table}`)
    if (length > 0) found[table] = length
  }
  return found
}

describe.skipIf(unavailable !== undefined)("prune", () => {
  it("deletes what is older than an age from every table, and nothing else in the schema", async () => {
    const schema = nextSchema()
    const messages = [1, 20, 40].flatMap((days): ReadonlyArray<Message.Message> => [
      track({ qty: 2.5 }, { timestamp: daysAgo(days) }),
      track({}, { timestamp: daysAgo(days), event: "unknown" }),
      { type: "page", properties: {}, userId: "u", ...base(daysAgo(days)) }
    ])
    await deliver(Postgres.sink({ pool, schema }), [...messages, track({}, { timestamp: "no time" })], plan)
    await query(`CREATE TABLE ${schema}.own (timestamp timestamptz)`)
    await query(`INSERT INTO ${schema}.own VALUES ('2000-01-01')`)
    assert.strictEqual(await Effect.runPromise(Postgres.prune({ url, schema, olderThan: "30 days" })), 4)
    assert.deepStrictEqual(await counts(schema), { paid: 2, pages: 2, misfits: 5 })
    assert.lengthOf(await query(`SELECT FROM ${schema}.own`), 1)
    assert.strictEqual(await Effect.runPromise(Postgres.prune({ pool, schema, olderThan: "30 days" })), 0)
  })
})

describe.skipIf(unavailable !== undefined)("forget", () => {
  it("deletes all rows of a user with their misfits, and tells the anonymous ids that they had", async () => {
    const schema = nextSchema()
    const user = { userId: "u'1" }
    const messages: ReadonlyArray<Message.Message> = [
      track({ qty: 1 }, { ...user, anonymousId: "a1" }),
      track({ qty: 2.5 }, user),
      track({}, { ...user, event: "unknown" }),
      { type: "identify", traits: { email: "x@example.com" }, ...user, anonymousId: "a2", ...base() },
      { type: "alias", userId: "u2", previousId: user.userId, ...base() },
      track({ qty: 2.5 }, { userId: "u2", anonymousId: "a1" }),
      track({ qty: 3 }, { anonymousId: "a1" }),
      track({ name: user.userId }, { userId: "u2", event: "unknown" })
    ]
    await deliver(Postgres.sink({ pool, schema }), messages, plan)
    const { anonymousIds, rows } = await Effect.runPromise(Postgres.forget({ url, schema, ...user }))
    assert.deepStrictEqual([rows, [...anonymousIds].sort()], [6, ["a1", "a2"]])
    assert.deepStrictEqual(await counts(schema), { paid: 2, misfits: 2 })
    const again = await Effect.runPromise(Postgres.forget({ pool, schema, anonymousId: "a1" }))
    assert.deepStrictEqual(again, { rows: 3, anonymousIds: [] })
    assert.deepStrictEqual(await counts(schema), { misfits: 1 })
  })

  it("deletes the misfits of an id that PostgreSQL cannot hold", async () => {
    const schema = nextSchema()
    await deliver(Postgres.sink({ pool, schema }), [track({}, { userId: "a\0" }), track({}, { userId: "a" })], plan)
    const forgotten = await Effect.runPromise(Postgres.forget({ pool, schema, userId: "a\0" }))
    assert.strictEqual(forgotten.rows, 1)
    assert.deepStrictEqual(await counts(schema), { paid: 1 })
  })
})

describe("a command", () => {
  const said = (effect: Effect.Effect<unknown, { readonly message: string }>): Promise<string> =>
    Effect.runPromise(Effect.map(Effect.flip(effect), ({ message }) => message))

  it.each<readonly [string, Effect.Effect<unknown, { readonly message: string }>]>([
    ["prune: pass either url or pool: correct the options", Postgres.prune({ olderThan: "1 day" })],
    ["prune: olderThan must be a duration", Postgres.prune({ url, olderThan: "soon" as never })],
    ["prune: olderThan must be a duration", Postgres.prune({ url, olderThan: -1 })],
    ["forget: pass either userId or anonymousId", Postgres.forget({ url, userId: "" })],
    ["forget: pass either userId or anonymousId", Postgres.forget({ url } as never)],
    ["forget: pass either userId or anonymousId", Postgres.forget({ url, userId: "u", anonymousId: "a" } as never)],
    [
      "prune: PostgreSQL does not respond (ECONNREFUSED): check that it runs",
      Postgres.prune({ url: Redacted.make("postgres://u:secret@127.0.0.1:1/d"), olderThan: "1 day" })
    ]
  ])("says %s", async (message, effect) => {
    const found = await said(effect)
    assert.isTrue(found.startsWith(message), found)
  })

  it("has no unknown options", () => {
    assert.throws(() => Postgres.prune({ url, olderthan: "1 day" } as never), "did you mean olderThan?")
    assert.throws(() => Postgres.forget({ url, userid: "u" } as never), "did you mean userId?")
  })
})
