import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { trackmap } from "../../../test/command.ts"
import { planOf, project } from "../../../test/project.ts"
import { majorsIn, packageOf } from "./changesets.ts"

describe("a changeset", () => {
  const name = fc.stringMatching(/^@?[a-z][a-z0-9-]*(\/[a-z][a-z0-9-]*)?$/)
  const bump = fc.constantFrom("major", "minor", "patch", "none")
  const quote = fc.constantFrom("'", '"')

  it("names its packages with a major change, however it is quoted and wherever its lines end", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, bump, quote)), fc.constantFrom("\n", "\r\n"), (entries, end) => {
        const head = entries.map(([name, bump, quote]) => `${quote}${name}${quote}: ${bump}`)
        const text = ["---", ...head, "---", "", `"@acme/other": major`, ""].join(end)
        assert.deepStrictEqual(
          majorsIn(text),
          entries.filter(([, bump]) => bump === "major").map(([name]) => name)
        )
      })
    )
  })

  it("without a head names none", () => {
    assert.deepStrictEqual(majorsIn("# Changesets\n\na: major\n"), [])
  })
})

describe("the package of a plan", () => {
  it("has the name in the closest package.json, if it has one", () => {
    assert.strictEqual(packageOf(import.meta.filename), "@trackmap/cli")
    const folder = mkdtempSync(join(tmpdir(), "trackmap-"))
    for (const name of ["package.json", "plan.ts"]) writeFileSync(join(folder, name), "{}")
    assert.isUndefined(packageOf(join(folder, "plan.ts")))
    rmSync(folder, { recursive: true })
  })
})

describe("trackmap diff --changeset", () => {
  it.live("ends with 20 for a major change unless a changeset that is new since the commit announces it", () =>
    Effect.gen(function* () {
      const changesets = (bump: string) => `---\n"shop": ${bump}\n---\n`
      const folder = yield* project({
        "package.json": JSON.stringify({ name: "shop", type: "module" }),
        "plan.ts": planOf("method: Schema.String"),
        ".changeset/old.md": changesets("major")
      })
      const git = (...args: ReadonlyArray<string>) =>
        execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@a.test", ...args], { cwd: folder, stdio: "pipe" })
      const write = (properties: string) => writeFileSync(join(folder, "plan.ts"), planOf(properties))
      const diff = (...args: ReadonlyArray<string>) =>
        trackmap("diff", join(folder, "plan.ts"), "--against", "main", ...args)
      const changeset = ["--changeset", join(folder, ".changeset")]
      yield* trackmap("lock", join(folder, "plan.ts"))
      git("init", "--quiet", "--initial-branch=main")
      git("add", ".")
      git("commit", "--quiet", "-m", "lock")

      write("method: Schema.String, at: Schema.optional(Schema.Date)")
      assert.strictEqual((yield* diff(...changeset)).code, 0)
      assert.strictEqual((yield* diff(...changeset, "--fail-on", "minor")).code, 10)
      write("method: Schema.Int")
      const missing = yield* diff(...changeset)
      assert.strictEqual(missing.code, 20)
      assert.strictEqual(
        missing.err,
        "the plan has a major change, and no new changeset of a major version of shop: add it with `npx changeset`, and commit it"
      )
      symlinkSync("nowhere", join(folder, ".changeset/link.md"))
      writeFileSync(join(folder, ".changeset/new.md"), changesets("minor"))
      assert.strictEqual((yield* diff(...changeset)).code, 20)
      writeFileSync(join(folder, ".changeset/new.md"), changesets("major"))
      const announced = yield* diff(...changeset, "--json")
      assert.deepStrictEqual([announced.code, announced.err], [0, ""])
      assert.deepStrictEqual(JSON.parse(announced.out).changesets, [join(folder, ".changeset/new.md")])

      // Compared with a lock file, no changeset is older than another.
      const against = join(folder, "before.lock")
      writeFileSync(against, readFileSync(join(folder, "trackmap.lock"), "utf8"))
      const all = yield* trackmap("diff", join(folder, "plan.ts"), "--against", against, ...changeset, "--json")
      assert.deepStrictEqual([all.code, JSON.parse(all.out).changesets.length], [0, 2])

      // In a package without a name, a major change of any counts.
      writeFileSync(join(folder, "package.json"), "{}")
      assert.strictEqual((yield* diff(...changeset)).code, 0)
      mkdirSync(join(folder, "empty"))
      assert.match((yield* diff("--changeset", join(folder, "empty"))).err, /of a major version: add it/)
      const none = yield* diff("--changeset", join(folder, "none"))
      assert.strictEqual(none.code, 2)
      assert.match(none.err, /none that can be read: pass the folder of your changesets/)
    })
  )
})
