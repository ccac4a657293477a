import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Catalog, Lock } from "@trackmap/cli"
import { Plan } from "@trackmap/core"
import * as Effect from "effect/Effect"
import { plan } from "./plan.ts"

const demo = join(import.meta.dirname, "../..")

it.effect("the lock file of the plan is current: otherwise run `npx trackmap lock` in apps/demo", () =>
  Effect.gen(function* () {
    const text = readFileSync(join(demo, "trackmap.lock"), "utf8")
    const known = yield* Lock.read(text)
    assert.strictEqual(Lock.write(Lock.make(Plan.describe(plan), known)), text)
  })
)

it("the catalogue of the plan is current: otherwise run `npx trackmap catalog` in apps/demo", () => {
  const folder = join(demo, "tracking-plan")
  const pages = globSync("**/*.md", { cwd: folder }).map(
    (name) => [name, readFileSync(join(folder, name), "utf8")] as const
  )
  assert.deepStrictEqual(new Map(pages.toSorted()), new Map([...Catalog.markdown(Plan.describe(plan))].toSorted()))
})
