import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { EventSink } from "@trackmap/core"
import * as Effect from "effect/Effect"
import { base, daysAgo, plan, track } from "../../../fixtures/warehouse/paid.ts"
import { folder, query } from "../test/reading.ts"
import { Command, DuckDB, Parquet } from "./index.ts"

const command = (...args: ReadonlyArray<string>) => Effect.promise(() => Command.run(args))
const ended = (stdout: string) => ({ code: 0 as const, stdout, stderr: "" })

describe("the command", () => {
  it.live("deletes what is old, and what is a user's", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "events.duckdb")
      const messages = [
        track({ qty: 1 }, base(daysAgo(40))),
        track({ qty: 2 }, { userId: "u 1", anonymousId: "a1", ...base(daysAgo(1)) }),
        track({ qty: 3 }, { anonymousId: "a1", ...base(daysAgo(1)) })
      ]
      yield* Effect.scoped(EventSink.deliver(DuckDB.sink({ file }), messages, { plan }))
      assert.deepStrictEqual(yield* command("prune", file, "--older-than", "30 days"), ended("1 row deleted\n"))
      const other = `  trackmap-duckdb forget '${file}' --anonymous='a1'\n`
      assert.deepStrictEqual(
        yield* command("forget", file, "--user", "u 1"),
        ended(`1 row deleted\nTo forget the anonymous ids of these rows, too:\n${other}`)
      )
      assert.deepStrictEqual(yield* command("forget", file, "--anonymous", "a1"), ended("1 row deleted\n"))
      assert.deepStrictEqual(yield* query(file, "SELECT count(*)::INT AS n FROM paid"), [{ n: 0 }])
    })
  )

  it.live("prints commands that a shell reads as they are meant, whatever an anonymous id is", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "it's here.duckdb")
      const ids = ["$(touch oops)", "it's `oops`", "--user", "a\\n\n\u001B[2J", 'say "hi" \\ $HOME']
      const messages = ids.map((anonymousId) => track({ qty: 1 }, { userId: "u1", anonymousId, ...base(daysAgo(1)) }))
      yield* Effect.scoped(EventSink.deliver(DuckDB.sink({ file }), messages, { plan }))
      const { stdout } = yield* command("forget", file, "--user", "u1")
      const lines = stdout.split("\n").slice(2, -1)
      const words = yield* Effect.forEach(lines, (line) =>
        Effect.promise(() => promisify(execFile)("bash", ["-c", `printf '%s\\0' ${line}`]))
      )
      assert.sameDeepMembers(
        words.map((printed) => printed.stdout.split("\0").slice(0, -1)),
        ids.map((id) => ["trackmap-duckdb", "forget", file, `--anonymous=${id}`])
      )
    })
  )

  it.live("compacts Parquet files, and prints the views over them", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "events")
      for (const qty of [1, 2]) {
        yield* Effect.scoped(EventSink.deliver(Parquet.sink({ directory }), [track({ qty })], { plan }))
      }
      assert.deepStrictEqual(yield* command("compact", directory), ended("2 files became 1\n"))
      assert.include((yield* command("views", directory)).stdout, '"paid"')
    })
  )

  it.live("says what is wrong with its arguments, and what it can do", () =>
    Effect.gen(function* () {
      for (const [args, reason] of [
        [[], "Give a command and one path."],
        [["prune", "a", "b"], "Give a command and one path."],
        [["drop", "a"], 'There is no command "drop".'],
        [["prune", "a"], 'prune needs an age, such as --older-than "400 days"'],
        [["prune", "a", "--older-than", "0 days"], '--older-than takes an age such as "400 days", not "0 days"'],
        [["forget", "a"], "forget takes either --user or --anonymous."],
        [["forget", "a", "--user", "u", "--anonymous", "b"], "forget takes either --user or --anonymous."]
      ] as const) {
        const { code, stderr, stdout } = yield* command(...args)
        assert.deepStrictEqual([code, stdout, stderr.split("\n")[0]], [2, "", reason])
        assert.include(stderr, "trackmap-duckdb compact DIRECTORY")
      }
      assert.strictEqual((yield* command("prune", "a", "--older", "1 day")).code, 2)
      assert.strictEqual((yield* command("--help")).code, 0)
    })
  )

  it.live("fails with the reason, in a shell, too", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "none.duckdb")
      const { code, stderr } = yield* command("prune", file, "--older-than", "1 day")
      assert.strictEqual(code, 1)
      assert.include(stderr, file)
      const bin = join(import.meta.dirname, "../bin/trackmap-duckdb.js")
      const { stdout } = yield* Effect.promise(() => promisify(execFile)(process.execPath, [bin, "--help"]))
      assert.include(stdout, "trackmap-duckdb prune FILE")
    })
  )
})
