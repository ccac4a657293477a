/** Tables and files that a person changes. */
import assert from "node:assert/strict"
import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import { Plan, TrackedEvent } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Fault, Scene } from "./fault.ts"
import { holding } from "./holding.ts"
import * as services from "./service.ts"

/** The error that another type of a column is, when a sink opens and while it writes. */
const another = 'the column "at" of the table "paid" is VARCHAR in DuckDB, and the plan needs BIGINT: rename the key'

/** A service that starts now is told so. */
const refused = (scene: Scene, round: number) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(Effect.scoped(services.start(scene, round)))
    const text = String((error as { readonly message?: unknown }).message)
    assert.ok(text.includes(another), text)
    scene.note("a service that starts is refused, by the names of the table and the column, with both types")
  })

const tables: Fault = {
  name: "by-hand",
  about: "a person drops a column, a table and the view, and changes a type, while a service writes",
  engines: ["duckdb"],
  run: Effect.fnUntraced(function* (scene) {
    const { engine, note } = scene
    const change = (sql: string) => Effect.scoped(holding(engine.place, sql))
    const service = yield* services.start(scene)
    yield* service.track(400)
    const before = yield* service.settled
    yield* change("ALTER TABLE paid DROP COLUMN note")
    yield* service.track(400)
    const after = yield* service.delivered
    for (const { at, id, note } of yield* Effect.promise(() => engine.events(0))) {
      if (at % 2 === 0) assert.equal(note === null, at < before, `the note of ${id}`)
    }
    note(`the column is there again, and has the notes of ${(after - before) / 2} messages since then`)
    yield* change("DROP VIEW events; DROP TABLE shipped; DROP TABLE misfits")
    yield* service.track(400)
    const end = yield* service.delivered
    const ids = new Set((yield* Effect.promise(() => engine.events(0))).map(({ at }) => at))
    for (let at = 0; at < end; at++) assert.equal(ids.has(at), at % 2 === 0 || at >= after, `message ${at}`)
    note("the tables are there again, and have all messages since then")
    yield* change('ALTER TABLE paid ALTER "at" SET DATA TYPE VARCHAR')
    yield* service.until(another)
    note("another type of a column is named in the log, and messages wait")
    yield* refused(scene, 1)
    yield* change('ALTER TABLE paid ALTER "at" SET DATA TYPE BIGINT')
    const all = yield* service.delivered
    const rows = yield* Effect.promise(() => engine.events(0))
    assert.equal(rows.filter(({ at }) => at >= end).length, all - end)
    note(`${all - end} messages that waited are there once`)
  })
}

const files: Fault = {
  name: "by-hand",
  about: "a person deletes the files of a table while a service writes, and puts another there",
  engines: ["parquet"],
  run: Effect.fnUntraced(function* (scene) {
    const { engine, note } = scene
    const service = yield* services.start(scene)
    yield* service.track(400)
    const before = yield* service.settled
    rmSync(join(engine.place, "paid"), { recursive: true })
    yield* service.track(400)
    const all = yield* service.delivered
    const ids = new Set((yield* Effect.promise(() => engine.events(0))).map(({ at }) => at))
    for (let at = 0; at < all; at++) assert.equal(ids.has(at), at % 2 === 1 || at >= before, `message ${at}`)
    note("the folder is there again, and has all messages since then")
    const day = join(engine.place, "paid", "day=2026-01-02")
    mkdirSync(day)
    yield* Effect.promise(async () => {
      const connection = await (await DuckDBInstance.create(":memory:")).connect()
      await connection.run(
        `COPY (SELECT 'x' AS message_id, 'one' AS "at") TO '${join(day, "mine.parquet")}' (FORMAT parquet)`
      )
    })
    yield* refused(scene, 1)
  })
}

/** The keys that the event has in each release, and of which type. */
const releases: ReadonlyArray<Readonly<Record<string, Schema.Codec<any, any>>>> = Array.from(
  { length: 10 },
  (_, release) => ({
    at: release < 5 ? Schema.Int : Schema.Finite,
    note: Schema.String,
    ...Object.fromEntries([release, release + 1].map((key) => [`key${key}`, Schema.optionalKey(Schema.String)])),
    ...(release % 3 === 0 ? { list: Schema.optionalKey(Schema.Array(Schema.Json)) } : {})
  })
)

const evolution: Fault = {
  name: "releases",
  about: "ten releases write, whose plan grows and shrinks, each while the one before still writes",
  // The other sinks have a test of this.
  engines: ["parquet"],
  run: Effect.fnUntraced(function* (scene) {
    const plans = releases.map((properties) =>
      Plan.make(TrackedEvent.make("paid", { properties }), TrackedEvent.make("shipped", { properties }))
    )
    const all: Array<services.Service> = []
    for (const [release, plan] of plans.entries()) {
      all.push(yield* services.start(scene, release, plan))
      for (const service of all.slice(-2)) yield* service.track(100)
      // The next one finds the files of both.
      for (const service of all.slice(-2)) yield* service.settled
    }
    const counts = yield* Effect.forEach(all, ({ settled }) => settled)
    scene.note(
      `${counts.reduce((sum, count) => sum + count, 0)} messages of ${all.length} releases are there once, in one table`
    )
  })
}

export const hands: ReadonlyArray<Fault> = [tables, files, evolution]
