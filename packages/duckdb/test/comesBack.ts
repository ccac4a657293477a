/** The law that what comes back from a warehouse is what was tracked. */
import { EventSink, Message, Plan, TrackedEvent } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { assert } from "vitest"
import { plain } from "../../warehouse/test/comparing.ts"
import type { JsonRow } from "./reading.ts"

/** A sink, and how its tables are read: the rows of one, none if it does not exist. */
export interface Warehouse {
  readonly sink: EventSink.EventSink<unknown>
  readonly rows: (table: string, columns: string) => Effect.Effect<ReadonlyArray<JsonRow>>
}

interface Kind {
  readonly schema: Schema.Codec<any, any>
  readonly values: fc.Arbitrary<Message.Json>
  /** How a column is read, as JSON that says the same as the value. */
  readonly read: (column: string) => string
  readonly back: (read: Message.Json) => Message.Json
}
const same = (read: Message.Json) => read
const text = fc.string({ unit: "binary", maxLength: 8 })
const json = fc.jsonValue({ stringUnit: "binary", maxDepth: 2 }) as fc.Arbitrary<Message.Json>

const kinds: Readonly<Record<string, Kind>> = {
  string: { schema: Schema.String, values: text, read: same as Kind["read"], back: same },
  integer: { schema: Schema.Int, values: fc.maxSafeInteger(), read: (column) => `${column}::VARCHAR`, back: Number },
  number: {
    schema: Schema.Finite,
    values: fc.double({ noNaN: true, noDefaultInfinity: true }),
    read: same as Kind["read"],
    back: same
  },
  boolean: { schema: Schema.Boolean, values: fc.boolean(), read: same as Kind["read"], back: same },
  timestamp: {
    schema: Schema.Date,
    values: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    read: (column) => `epoch_ms(${column})::VARCHAR`,
    back: (read) => new Date(Number(read)).toISOString()
  },
  json: {
    schema: Schema.Json,
    values: json,
    read: (column) => `${column}::VARCHAR`,
    back: (read) => JSON.parse(String(read)) as Message.Json
  }
}

const keys = fc.uniqueArray(
  fc.record({ name: fc.stringMatching(/^k[A-Za-z0-9_]{0,6}$/), kind: fc.constantFrom(...Object.keys(kinds)) }),
  { selector: ({ name }) => name.toLowerCase(), minLength: 1, maxLength: 6 }
)
const anything = fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: json })

const messagesOf = (columns: ReadonlyArray<{ readonly name: string; readonly kind: string }>) =>
  fc.array(
    fc.record({
      values: fc.tuple(
        ...columns.map(({ kind }) => fc.option(fc.oneof(kinds[kind]!.values, kinds[kind]!.values, json)))
      ),
      context: fc.option(fc.dictionary(text, json, { maxKeys: 2 }), { nil: undefined }),
      userId: fc.option(text, { nil: undefined }),
      unplanned: anything
    }),
    { minLength: 1, maxLength: 5 }
  )

const start = Date.parse("2026-01-01T00:00:00Z")

let runs = 0

/** Delivers generated messages of generated plans, and expects each value in its column, or with its reason among the misfits. */
export const comesBack = (warehouse: () => Warehouse): Promise<void> =>
  fc.assert(
    fc.asyncProperty(
      keys.chain((columns) => fc.record({ columns: fc.constant(columns), given: messagesOf(columns) })),
      async ({ columns, given }) => {
        const { rows: read, sink } = warehouse()
        const name = `run${runs++}`
        const properties = Object.fromEntries(
          columns.map(({ kind, name }) => [name, Schema.optionalKey(Schema.NullOr(kinds[kind]!.schema))])
        )
        const plan = Plan.make(TrackedEvent.make(name, { properties }))
        const messages = given.map(({ context, unplanned, userId, values }, at): Message.Track => ({
          type: "track",
          event: name,
          properties: {
            ...Object.fromEntries(columns.map(({ name }, index) => [name, values[index]!])),
            ...(unplanned !== undefined && { unplanned })
          },
          messageId: Message.nextId(start + at),
          timestamp: new Date(start + at).toISOString(),
          ...(context !== undefined && { context: context as NonNullable<Message.Track["context"]> }),
          ...(userId !== undefined && { userId })
        }))
        const receipts = await Effect.runPromise(Effect.scoped(EventSink.deliver(sink, messages, { plan })))
        assert.isTrue(receipts.every(({ outcome }) => outcome._tag === "Delivered"))

        const selected = columns.map(({ kind, name }) => `${kinds[kind]!.read(`"${name}"`)} AS "${name}"`)
        const own = ["message_id", "user_id", "context::VARCHAR AS context"]
        const rows = new Map(
          (await Effect.runPromise(read(name, [...own, ...selected].join(", ")))).map((row) => [row["message_id"], row])
        )
        const misfits = new Map(
          (await Effect.runPromise(read("misfits", "message_id, key, value"))).map((row) => [
            `${String(row["message_id"])} ${String(row["key"])}`,
            JSON.parse(String(row["value"])) as Message.Json
          ])
        )
        for (const message of messages) {
          const row = rows.get(message.messageId)
          if (row === undefined) {
            assert.deepStrictEqual(misfits.get(`${message.messageId} `), plain(message) as Message.Json)
            continue
          }
          const context = row["context"] === null ? undefined : (JSON.parse(String(row["context"])) as unknown)
          assert.deepStrictEqual({ context }, { context: message.context && plain(message.context) })
          assert.strictEqual(
            row["user_id"],
            message.userId === undefined || message.userId === "" ? null : message.userId
          )
          for (const { kind, name } of columns) {
            const value = message.properties[name]!
            const found = row[name]!
            const back =
              found === null
                ? (misfits.get(`${message.messageId} ${name}`) ?? null)
                : kinds[kind]!.back(found as Message.Json)
            assert.deepStrictEqual(plain(back), plain(value), `${name}, ${kind}`)
          }
          if ("unplanned" in message.properties)
            assert.deepStrictEqual(
              misfits.get(`${message.messageId} unplanned`),
              plain(message.properties["unplanned"]) as Message.Json
            )
        }
      }
    ),
    { numRuns: 30, includeErrorInReport: true }
  )
