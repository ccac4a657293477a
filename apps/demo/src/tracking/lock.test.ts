import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Lock } from "@trackmap/cli"
import { Plan } from "@trackmap/core"
import * as Effect from "effect/Effect"
import { plan } from "./plan.ts"

const file = join(import.meta.dirname, "../../trackmap.lock")

it.effect("the lock file of the plan is current: otherwise run `npx trackmap lock` in apps/demo", () =>
  Effect.gen(function* () {
    const text = readFileSync(file, "utf8")
    const known = yield* Lock.read(text)
    assert.strictEqual(Lock.write(Lock.make(Plan.describe(plan), known)), text)
  })
)
