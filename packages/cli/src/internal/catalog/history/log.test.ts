import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Catalog } from "../../../index.ts"

const first = `["trackmap lock",1]`
const event = (version: string) => `["event","signedIn",{"version":"${version}"}]`
const key = (name: string, tag: string) =>
  `["event","signedIn","${name}",{"at":0,"from":"signedIn.properties.${name}","type":{"_tag":"${tag}"}}]`
const textOf = (...lines: ReadonlyArray<string>) => [first, ...lines, ""].join("\n")

const one = textOf(event("1-0-0"), key("a", "String"))
const two = textOf(event("1-1-0"), key("a", "String"), key("b", "Integer"))

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "trackmap-history-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

/** A repository, and what commits files of it at a day of 2026. */
const repository = Effect.map(folder, (path) => {
  const git = (...args: ReadonlyArray<string>) =>
    execFileSync("git", args, { cwd: path, stdio: "pipe", encoding: "utf8" })
  git("init", "--quiet", "--initial-branch=main")
  for (const name of ["user.name", "user.email"]) git("config", name, "a@a.test")
  const commit = (date: string, files: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
    git("add", "--all")
    const env = { ...process.env, GIT_AUTHOR_DATE: `${date}T12:00:00Z`, GIT_COMMITTER_DATE: `${date}T12:00:00Z` }
    execFileSync("git", ["commit", "--quiet", "--allow-empty", "-m", "change", ...args], {
      cwd: path,
      env,
      stdio: "pipe"
    })
  }
  return { path, git, commit, lock: join(path, "trackmap.lock") }
})

const dates = (history: Catalog.History | undefined) => history?.commits.map(([, date]) => date)
const addedOn = (history: Catalog.History | undefined, name: string) => {
  const at = history?.subjects.get("event signedIn")?.keysAdded.get(name)
  return at === undefined ? undefined : history?.commits[at]?.[1]
}

describe("the commits of a lock file", () => {
  it.live("say when each key was added, whatever its file was called", () =>
    Effect.gen(function* () {
      const { commit, git, lock } = yield* repository
      commit("2026-01-01", { "plan.lock": one })
      git("mv", "plan.lock", "trackmap.lock")
      commit("2026-01-02", {})
      commit("2026-01-03", { "trackmap.lock": two })
      commit("2026-01-04", { "other.txt": "" })
      const history = yield* Catalog.history(lock)
      assert.deepStrictEqual(dates(history), ["2026-01-01", "2026-01-03"])
      assert.deepStrictEqual([addedOn(history, "a"), addedOn(history, "b")], ["2026-01-01", "2026-01-03"])
      assert.strictEqual(history?.isCut, false)
    })
  )

  it.live("count a merge as one change of the branch", () =>
    Effect.gen(function* () {
      const { commit, git, lock } = yield* repository
      commit("2026-01-01", { "trackmap.lock": one })
      git("checkout", "--quiet", "-b", "side")
      commit("2026-01-02", { "trackmap.lock": textOf(event("1-1-0"), key("a", "String"), key("b", "Boolean")) })
      commit("2026-01-03", { "trackmap.lock": two })
      git("checkout", "--quiet", "main")
      git("merge", "--quiet", "--no-ff", "--no-commit", "side")
      commit("2026-01-04", {})
      const history = yield* Catalog.history(lock)
      assert.deepStrictEqual(dates(history), ["2026-01-01", "2026-01-04"])
      assert.strictEqual(addedOn(history, "b"), "2026-01-04")
    })
  )

  it.live("begin where a shallow clone does", () =>
    Effect.gen(function* () {
      const { commit, git, path } = yield* repository
      commit("2026-01-01", { "trackmap.lock": one })
      commit("2026-01-02", { "trackmap.lock": two })
      const clone = join(yield* folder, "clone")
      git("clone", "--quiet", "--depth=1", pathToFileURL(path).href, clone)
      const history = yield* Catalog.history(join(clone, "trackmap.lock"))
      assert.deepStrictEqual([dates(history), history?.isCut], [["2026-01-02"], true])
    })
  )

  it.live("are read whatever the reader's settings of Git are", () =>
    Effect.gen(function* () {
      const { commit, git, lock, path } = yield* repository
      for (const [name, value] of [
        ["color.ui", "always"],
        ["diff.noprefix", "true"],
        ["log.date", "relative"],
        ["log.showSignature", "true"],
        ["diff.context", "9"],
        ["diff.external", "false"]
      ] as const) {
        git("config", name, value)
      }
      writeFileSync(join(path, ".gitattributes"), "*.lock -diff\n")
      commit("2026-01-01", { "trackmap.lock": one.replaceAll("\n", "\r\n") })
      commit("2026-01-02", { "trackmap.lock": two.replaceAll("\n", "\r\n") })
      assert.strictEqual(addedOn(yield* Catalog.history(lock), "b"), "2026-01-02")
    })
  )

  it.live("do not matter outside of Git, and for a file that it does not know", () =>
    Effect.gen(function* () {
      const { commit, path } = yield* repository
      commit("2026-01-01", { "other.txt": "" })
      mkdirSync(join(path, "inner"))
      assert.strictEqual(yield* Catalog.history(join(path, "inner", "trackmap.lock")), undefined)
      assert.strictEqual(yield* Catalog.history(join(yield* folder, "trackmap.lock")), undefined)
      assert.strictEqual(yield* Catalog.history(join(path, "nowhere", "trackmap.lock")), undefined)
    })
  )
})
