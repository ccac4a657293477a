import { type Message, Plan, TrackedEvent } from "@trackmap/core"
import type { Table } from "@trackmap/warehouse"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { anyTime, cameBack, type Holding, holds, plain } from "../../warehouse/test/comparing.ts"
import { deliver, nextSchema, pool, query, unavailable } from "../test/database.ts"
import { Postgres } from "./index.ts"

/** The types that a key can have, and the kind of its column. */
const types: ReadonlyArray<readonly [Schema.Codec<any, any>, Table.Kind]> = [
  [Schema.String, "string"],
  [Schema.NullOr(Schema.String), "string"],
  [Schema.Literals(["a", "b"]), "string"],
  [Schema.Int, "integer"],
  [Schema.Finite, "number"],
  [Schema.Boolean, "boolean"],
  [Schema.Date, "timestamp"],
  [Schema.Array(Schema.Json), "json"],
  [Schema.Json, "json"],
  [Schema.Union([Schema.String, Schema.Int]), "json"]
]

/** Characters that mean something to PostgreSQL, to JSON or to arrays, and any others. */
const text = fc.oneof(
  fc.constantFrom("", "NULL", "\\", '"', "{", "}", ",", "'", "\0", "\ud800", "\\u0000", "\u2028", "😀", "0", "true"),
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("\\", '"', "u", "0", "d", "8", "{", ",", "\n", "\0") })
)
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, 2 ** 53, 1e21, 1e308, 5e-324, 2.5)
)
const time = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc
    .tuple(fc.integer({ min: 0, max: 9_999 }), fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: -23, max: 23 }))
    .map(([year, fraction, hours]) => {
      const offset = `${hours < 0 ? "-" : "+"}${String(Math.abs(hours)).padStart(2, "0")}:30`
      return `${String(year).padStart(4, "0")}-07-01T12:00:00.${String(fraction).padStart(6, "0")}${offset}`
    })
)
const json = fc.letrec<{ value: Message.Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(text, tie("value"), { maxKeys: 4 })
  )
})).value
const value: fc.Arbitrary<Message.Json | undefined> = fc.oneof(
  text,
  number,
  time,
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  json
)

/** Names of columns that PostgreSQL must quote. */
const columns = fc.uniqueArray(
  fc.oneof(fc.stringMatching(/^[ -~]{1,20}$/), fc.constantFrom("Key", "key", "a.b", '"', "$1", "ü", "select")),
  { minLength: 3, maxLength: 8 }
)
const run = columns
  .filter((names) => names.every((name) => !/^(message_id|timestamp|user_id|xmin)$/.test(name)))
  .chain((names) =>
    fc.record({
      names: fc.constant(names),
      types: fc.array(fc.nat(types.length - 1), { minLength: names.length, maxLength: names.length }),
      rows: fc.array(fc.tuple(...names.map(() => value)), { minLength: 50, maxLength: 100 })
    })
  )

/** What PostgreSQL documents: neither null characters nor halves of surrogate pairs, and times from 4713 BC. */
const holding: Holding = { ...anyTime, from: BigInt(Date.UTC(-4712, 0)) * 1000n, nul: false, halves: false }

/** What a column gives back, in a form that compares by value. */
const selected = (kind: Table.Kind, name: string): string => {
  const column = `"${name.replaceAll('"', '""')}"`
  return kind === "timestamp" ? `(extract(epoch FROM ${column}) * 1000000)::bigint::text` : `${column}::text`
}
describe.skipIf(unavailable !== undefined)("what comes back", () => {
  it("equals what was tracked: each value is in its column, or if that cannot hold it, in misfits", async () => {
    await fc.assert(
      fc.asyncProperty(run, async ({ names, rows, types: chosen }) => {
        const schema = nextSchema()
        const keys = names.map((_, at) => `key${at}`)
        const kinds = chosen.map((at) => types[at]!)
        const properties = Object.fromEntries(keys.map((key, at) => [key, kinds[at]![0]]))
        const plan = Plan.make(TrackedEvent.make("any thing", { properties }))
        const messages = rows.map((values, row): Message.Track => ({
          type: "track",
          event: "any thing",
          properties: Object.fromEntries(
            keys.flatMap((key, at) => (values[at] === undefined ? [] : [[key, values[at]]]))
          ),
          messageId: String(row),
          timestamp: "2026-01-01T00:00:00.000Z"
        }))
        const outcomes = await deliver(
          Postgres.sink({ pool, schema, columns: Object.fromEntries(keys.map((key, at) => [key, names[at]!])) }),
          messages,
          plan
        )
        assert.isTrue(outcomes.every(({ _tag }) => _tag === "Delivered"))
        const list = keys.map((_, at) => `${selected(kinds[at]![1], names[at]!)} AS c${at}`).join(", ")
        const found = new Map(
          (await query(`SELECT message_id, ${list} FROM ${schema}.any_thing`)).map((row) => [row.message_id, row])
        )
        const misfits = new Map(
          (await query(`SELECT message_id, key, value FROM ${schema}.misfits`)).map((row) => [
            `${row.message_id} ${row.key}`,
            row.value
          ])
        )
        for (const { messageId, properties } of messages) {
          for (const [at, key] of keys.entries()) {
            const kind = kinds[at]![1]
            const [given, column, misfit] = [
              properties[key],
              found.get(messageId)[`c${at}`],
              misfits.get(`${messageId} ${key}`)
            ]
            if (given === undefined || given === null) assert.deepStrictEqual([column, misfit], [null, undefined])
            else if (holds(holding, kind, given)) {
              assert.isTrue(cameBack(kind, column, given), `${JSON.stringify(given)} came back as ${column}`)
              assert.isUndefined(misfit)
            } else assert.deepStrictEqual([column, JSON.parse(misfit)], [null, plain(given)])
          }
        }
        await query(`DROP SCHEMA ${schema} CASCADE`)
      }),
      { numRuns: 25 }
    )
  })
})
