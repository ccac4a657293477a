import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { trackmap } from "../test/command.ts"
import { project } from "../test/project.ts"
import { PlanModule } from "./index.ts"

const rule = (key: string, properties: object) => ({
  type: "TRACK",
  key,
  version: 1,
  jsonSchema: { properties: { properties: { type: "object", properties } } }
})
const plan = JSON.stringify({
  rules: [rule("Signed In", { method: { type: "string" }, "sign-up": { type: "boolean" } })]
})

describe("trackmap pull", () => {
  it.live("writes a module that the other commands load, and says what it does not have", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "plan.json": plan })
      const out = join(folder, "src/tracking")
      const file = join(out, "plan.ts")
      const { code, err, out: printed } = yield* trackmap("pull", "segment", join(folder, "plan.json"), "--out", out)
      assert.deepStrictEqual([code, printed], [0, `${file}: 1 event, 0 entities`])
      assert.strictEqual(
        err,
        "Signed In · sign-up: not taken: its name: the key is sign_up, and EventSink.rename writes another name for a destination"
      )
      const loaded = yield* PlanModule.load(file)
      assert.deepStrictEqual(
        loaded.plan.events.map(({ name }) => name),
        ["Signed In"]
      )
      const again = yield* trackmap("pull", "segment", join(folder, "plan.json"), "--out", out, "--json")
      assert.deepStrictEqual([again.code, again.err], [0, ""])
      const { events, notTaken } = JSON.parse(again.out)
      assert.deepStrictEqual([events, notTaken.length], [1, 1])
    })
  )

  it.live("imports from the package for promises in a project that depends on no other", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "plan.json": plan, "package.json": '{"dependencies":{"@trackmap/node":"1"}}' })
      yield* trackmap("pull", "segment", join(folder, "plan.json"), "--out", join(folder, "src/tracking"))
      const code = readFileSync(join(folder, "src/tracking/plan.ts"), "utf8")
      assert.include(code, 'import { Plan, TrackedEvent } from "@trackmap/node";')
    })
  )

  it.live("reads all files of a folder in the order of their numbers", () =>
    Effect.gen(function* () {
      const files = Object.fromEntries(
        [1, 2, 10].map((n) => [`plan/${n}.json`, JSON.stringify({ rules: [rule(`Event ${n}`, {})] })])
      )
      const folder = yield* project({ ...files, "plan/.trackmap.json": "[]", "plan/readme.md": "no JSON" })
      const out = join(folder, "tracking")
      yield* trackmap("pull", "segment", join(folder, "plan"), "--out", out)
      assert.match(readFileSync(join(out, "plan.ts"), "utf8"), /Plan\.make\(Event1, Event2, Event10\)/)
    })
  )

  it.live("changes no module that is there, and writes nothing of what it cannot read", () =>
    Effect.gen(function* () {
      const folder = yield* project({
        "plan.json": plan,
        "wrong.json": "{",
        "none.json": '{"rules":[]}',
        "empty/a.md": ""
      })
      const [out, file] = [join(folder, "tracking"), join(folder, "tracking/plan.ts")]
      const refusal = (source: string, path: string, to = out) =>
        Effect.map(trackmap("pull", source, join(folder, path), "--out", to), ({ code, err, out }) => {
          assert.deepStrictEqual([code, out], [2, ""])
          return err
        })
      assert.include(yield* refusal("segment", "wrong.json"), "wrong.json: it is not JSON")
      assert.include(yield* refusal("segment", "none.json"), "none.json has no events")
      assert.include(yield* refusal("segment", "no.json"), "there is no file or folder")
      assert.include(yield* refusal("segment", "empty"), "has no files of JSON")
      assert.include(
        yield* refusal("avo", "plan.json"),
        'there is no source "avo": use one of segment, json-schema, mixpanel'
      )
      assert.include(yield* refusal("mixpanel", "plan.json"), "it is not a Lexicon of Mixpanel")
      assert.include(yield* refusal("segment", "plan.json", join(folder, "plan.json")), "plan.json/plan.ts")
      assert.isFalse(existsSync(out))
      yield* trackmap("pull", "segment", join(folder, "plan.json"), "--out", out)
      writeFileSync(file, "// mine\n")
      assert.include(yield* refusal("segment", "plan.json"), "plan.ts is there already: pull writes a module once")
      assert.strictEqual(readFileSync(file, "utf8"), "// mine\n")
      assert.isTrue(statSync(join(folder, "plan.json")).isFile())
    })
  )

  it.live(
    "reads ten megabytes",
    () =>
      Effect.gen(function* () {
        const properties = Object.fromEntries(
          Array.from({ length: 20 }, (_, at) => [`Order_part${at}`, { type: "string", description: "x".repeat(200) }])
        )
        const rules = Array.from({ length: 2_000 }, (_, at) =>
          rule(`Order ${at} Paid`, { Order_id: { type: "integer" }, ...properties })
        )
        const folder = yield* project({ "plan.json": JSON.stringify({ rules }) })
        const { code, out } = yield* trackmap(
          "pull",
          "segment",
          join(folder, "plan.json"),
          "--out",
          join(folder, "tracking")
        )
        assert.strictEqual(code, 0)
        assert.include(out, "2000 events")
      }),
    60_000
  )
})
