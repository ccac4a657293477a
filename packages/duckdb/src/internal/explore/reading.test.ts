import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { folder, query } from "../../../test/reading.ts"
import { DuckDB } from "../../index.ts"
import { serve } from "../../Reader.ts"
import { ReadingProcess } from "./process.ts"
import { respond } from "./reading.ts"

const bounds = { memoryLimit: "64MB", threads: 1 }
const visible = { t: ["a"] }
const request = (file: string, sql: string) => ({
  id: 7,
  file,
  bounds,
  job: { _tag: "Select", sql, options: { limit: 10, visible } } as const
})

describe("the reading process", () => {
  it.live("answers with rows, with why the question is wrong, or with why the file cannot be read", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const file = join(yield* folder, "a.duckdb")
        assert.include(yield* Effect.promise(() => respond(request(file, "FROM t"))), { _tag: "DuckDBError", id: 7 })
        yield* query(file, "CREATE TABLE t AS SELECT 42 AS a, 43 AS b")
        const answered = yield* Effect.promise(() => respond(request(file, "FROM t")))
        assert.deepInclude(answered._tag === "Answered" && answered.answered, { rows: [[42]], truncated: false })
        const wrong = yield* Effect.promise(() => respond(request(file, "FROM u")))
        assert.deepStrictEqual(wrong, { _tag: "QueryError", id: 7, reason: 'there is no table "u"' })

        const sent: Array<unknown> = []
        const { send } = process
        const before = process.listeners("message")
        process.send = (message: unknown) => sent.push(message) > 0
        serve()
        // What the parent of this process tells it is not for the reader.
        const listener = process.listeners("message").find((one) => !before.includes(one))
        const [left] = process.listeners("disconnect").slice(-1)
        process.off("message", listener!).off("disconnect", left!)
        listener!(request(file, "SELECT max(a) FROM t"), undefined)
        yield* Effect.promise(() => vi.waitFor(() => assert.lengthOf(sent, 2), 30_000))
        if (send === undefined) delete process.send
        else process.send = send
        assert.deepStrictEqual(sent[0], { _tag: "Ready" })
      })
    )
  )

  it.live("that dies fails its question, and the next one starts another", () =>
    Effect.gen(function* () {
      const reading = new ReadingProcess(
        new URL("data:text/javascript,export const serve = () => process.on('message', () => process.exit())")
      )
      const ask = Effect.flip(reading.ask({ file: "a", bounds, job: { _tag: "Catalog" } }))
      assert.include((yield* ask).message, "the reading process ended")
      assert.include((yield* ask).message, "the reading process ended")
      reading.end()
    })
  )
})

it.live("a question about a file that does not exist, or is none, fails with why", () =>
  Effect.scoped(
    Effect.gen(function* () {
      const path = yield* folder
      const select = (file: string) => Effect.flip(DuckDB.explorer({ file }).select("FROM t", { limit: 1, visible }))
      assert.include((yield* select(join(path, "a.duckdb"))).message, "the file or its folder does not exist")
      const catalog = yield* Effect.flip(DuckDB.explorer({ file: path }).catalog())
      assert.include(catalog.message, "it is not a DuckDB database")
    })
  )
)
