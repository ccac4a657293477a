import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Lock } from "@trackmap/cli"
import { Plan, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { baseOf, planChange } from "./planChange.ts"

const planOf = (properties: string): string => `
import { Plan, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"

export const plan = Plan.make(TrackedEvent.make("signedIn", { properties: { ${properties} } }))
`
/** The same as a lock file, without a process for it. */
const lockOf = (properties: string): string => {
  const fields = new Function("Schema", `return { ${properties} }`)(Schema) as Schema.Struct.Fields
  return Lock.write(Lock.make(Plan.describe(Plan.make(TrackedEvent.make("signedIn", { properties: fields })))))
}

const before = "method: Schema.String"
const major = "method: Schema.Int"
const minor = `${before}, at: Schema.optional(Schema.Date)`

describe("the change of a branch's plan", () => {
  let root: string
  beforeEach(() => {
    // Inside this package, so that the plan finds what the package does.
    root = mkdtempSync(join(import.meta.dirname, "../../.plan-"))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  const git = (...args: ReadonlyArray<string>) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@a.test", ...args], { cwd: root, stdio: "pipe" })
  const commit = (properties: string, changesets: Readonly<Record<string, string>> = {}) => {
    mkdirSync(join(root, ".changeset"), { recursive: true })
    writeFileSync(join(root, "package.json"), JSON.stringify({ name: "@acme/shop", type: "module" }))
    writeFileSync(join(root, "plan.ts"), planOf(properties))
    writeFileSync(join(root, ".changeset/README.md"), `---\n"@acme/shop": major\n---\n`)
    for (const [name, text] of Object.entries(changesets)) writeFileSync(join(root, ".changeset", name), text)
    writeFileSync(join(root, "trackmap.lock"), lockOf(properties))
    git("add", ".")
    git("commit", "--quiet", "-m", "a change")
  }
  const branched = (properties: string, changesets: Readonly<Record<string, string>> = {}) => {
    git("init", "--quiet", "--initial-branch=main")
    commit(before, { "old.md": `---\n"@acme/shop": major\n---\n\nOf an earlier change\n` })
    git("checkout", "--quiet", "-b", "topic")
    commit(properties, changesets)
    return planChange({ root, folder: ".", bases: ["origin/main", "main"] })
  }

  it("fails if it is major and no changeset of its own says so", () => {
    const { ok, text } = branched(major, { "new.md": `---\n"@acme/shop": minor\n"@acme/other": major\n---\n` })
    assert.isFalse(ok)
    assert.match(text, /signedIn · method: the type string became integer/)
    assert.match(text, /the plan has a major change, and no new changeset of a major version of @acme\/shop: add it/)
  })

  it("passes if it is major and a changeset says so", () => {
    const { ok, text } = branched(major, { "new.md": `---\n'@acme/shop': major\n---\n\nThe method is a number.\n` })
    assert.isTrue(ok, text)
    assert.notInclude(text, "no new changeset")
  })

  it("passes if it is minor, or nothing", () => {
    const { ok, text } = branched(minor)
    assert.isTrue(ok, text)
    assert.match(text, /1 minor change/)
  })

  it("is compared with where the branch began, whatever main has since", () => {
    branched(minor)
    git("checkout", "--quiet", "main")
    commit(`${before}, other: Schema.optional(Schema.String)`)
    git("checkout", "--quiet", "topic")
    assert.deepInclude(planChange({ root, folder: ".", bases: ["main"] }), { ok: true })
  })

  it("is not looked for on main itself", () => {
    git("init", "--quiet", "--initial-branch=main")
    commit(before)
    assert.deepStrictEqual(planChange({ root, folder: ".", bases: ["origin/main", "main"] }), {
      ok: true,
      text: "The plan is not compared: this commit is one of main itself"
    })
  })

  it("is not looked for in a clone without main, or without the commit before it", () => {
    branched(minor)
    const shallow = join(root, "shallow")
    git("clone", "--quiet", "--depth=1", "--branch=topic", `file://${root}`, shallow)
    assert.deepStrictEqual(baseOf({ root: shallow, bases: ["origin/main", "main"] }), {
      why: "this clone has no origin/main and no main: a shallow clone fetches one branch"
    })
    execFileSync("git", ["fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main"], { cwd: shallow })
    assert.deepStrictEqual(baseOf({ root: shallow, bases: ["origin/main", "main"] }), {
      why: "this clone has no commit that is also of origin/main, as it is shallow"
    })
  })

  it("must be found for a pull request", () => {
    git("init", "--quiet", "--initial-branch=topic")
    commit(before)
    assert.deepStrictEqual(planChange({ root, folder: ".", bases: ["origin/main"], must: true }), {
      ok: false,
      text: "The plan is not compared: this clone has no origin/main: a shallow clone fetches one branch"
    })
  })

  it("is not looked for without Git", () => {
    const folder = mkdtempSync(join(tmpdir(), "trackmap-plan-"))
    assert.deepStrictEqual(baseOf({ root: folder, bases: ["main"] }), { why: "this folder is no repository of Git" })
    rmSync(folder, { recursive: true })
  })
})
