import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { trackmap as run } from "../test/command.ts"
import { planOf, project } from "../test/project.ts"

/** Runs the command with the plan of a project. */
const trackmap = Effect.fnUntraced(function* (folder: string, command: string, ...args: ReadonlyArray<string>) {
  const own = [command, join(folder, "plan.ts"), "--lock", join(folder, "trackmap.lock"), ...args]
  const { code, err, out } = yield* run(...(command === "" ? args : own))
  return { code, out: out.replaceAll(`${folder}/`, ""), err: err.replaceAll(`${folder}/`, "") }
})

const text = planOf("method: Schema.String")
const write = (folder: string, properties: string) => writeFileSync(join(folder, "plan.ts"), planOf(properties))
/** A module is loaded once in a thread, and each command has its own. */
const lockIn = (folder: string) => readFileSync(join(folder, "trackmap.lock"), "utf8")

describe("trackmap lock", () => {
  it.live("writes the lock file, says what has changed, and leaves a current one as it is", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "plan.ts": text })
      assert.deepStrictEqual(yield* trackmap(folder, "lock"), {
        code: 0,
        out: "trackmap.lock: new, 1 event, 1 key",
        err: ""
      })
      assert.match(lockIn(folder), /^\["trackmap lock",1\]\n\["event","signedIn",\{"version":"1-0-0"\}\]\n/)
      assert.strictEqual((yield* trackmap(folder, "lock")).out, "trackmap.lock: current, 1 event, 1 key, no changes")
      write(folder, "method: Schema.String, at: Schema.Date")
      const { out } = yield* trackmap(folder, "lock", "--json")
      const { changes, ...others } = JSON.parse(out)
      assert.deepStrictEqual(others, { file: "trackmap.lock", state: "written", events: 1, keys: 2 })
      assert.deepInclude(changes[0], { class: "minor", aspect: "history", name: "signedIn", key: "at" })
      assert.deepStrictEqual(readdirSync(folder).toSorted(), ["plan.ts", "trackmap.lock"])
    })
  )

  it.live("with --check, writes nothing and fails if the file is stale", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "plan.ts": text })
      const stale = yield* trackmap(folder, "lock", "--check")
      assert.deepStrictEqual([stale.code, existsSync(join(folder, "trackmap.lock"))], [1, false])
      assert.strictEqual(stale.err, "trackmap.lock is stale: run `trackmap lock`, and commit it")
      yield* trackmap(folder, "lock")
      assert.strictEqual((yield* trackmap(folder, "lock", "--check")).code, 0)
    })
  )

  it.live("makes a file with merge conflicts anew, and says so", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "plan.ts": text, "trackmap.lock": `["trackmap lock",1]\n<<<<<<< HEAD\n` })
      const { code, err, out } = yield* trackmap(folder, "lock")
      assert.deepStrictEqual([code, err], [0, "trackmap.lock had merge conflicts, and was written again"])
      assert.strictEqual(out, "trackmap.lock: written, 1 event, 1 key")
    })
  )
})

describe("trackmap diff", () => {
  it.live("prints what has changed, and ends with the code of the greatest change", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "plan.ts": text })
      yield* trackmap(folder, "lock")
      assert.deepStrictEqual(yield* trackmap(folder, "diff"), { code: 0, out: "no changes", err: "" })
      write(folder, `method: Schema.Int, "at": Schema.Date`)
      const { code, out } = yield* trackmap(folder, "diff")
      assert.strictEqual(code, 20)
      assert.strictEqual(
        out,
        [
          "Major: 1 change",
          "  signedIn · method: the type string became integer",
          "",
          "Minor: 1 change",
          "  signedIn · at: it was added as string(date-time), and is always present [an old event can be invalid]",
          "",
          "1 major, 1 minor changes"
        ].join("\n")
      )
      assert.match(
        (yield* trackmap(folder, "diff", "--markdown")).out,
        /^## Tracking plan\n\n1 major, 1 minor changes\./
      )
      assert.strictEqual((yield* trackmap(folder, "diff", "--fail-on", "never")).code, 0)
      write(folder, "method: Schema.String, at: Schema.Date")
      assert.strictEqual((yield* trackmap(folder, "diff")).code, 10)
      assert.strictEqual((yield* trackmap(folder, "diff", "--fail-on", "major")).code, 0)
    })
  )

  it.live("prints Markdown for a pull request, and JSON for programs", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "plan.ts": planOf("pay_method: Schema.Literals(['a|b'])") })
      yield* trackmap(folder, "lock")
      write(folder, "pay_method: Schema.Literals(['a|b', '<c>'])")
      assert.strictEqual(
        (yield* trackmap(folder, "diff", "--markdown")).out,
        [
          "## Tracking plan",
          "",
          "1 minor change.",
          "",
          "| class | where | what | note |",
          "| --- | --- | --- | --- |",
          String.raw`| minor | signedIn · pay\_method | the type "a\|b" became "a\|b" \| "\<c\>" | new values: readers that list what they know miss them |`
        ].join("\n")
      )
      const json = JSON.parse((yield* trackmap(folder, "diff", "--json")).out)
      assert.deepStrictEqual([json.against, json.class, json.changes.length], ["trackmap.lock", "minor", 1])
    })
  )

  it.live("compares with a branch or a commit that has the lock file", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "plan.ts": text })
      const git = (...args: ReadonlyArray<string>) =>
        execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@a.test", ...args], { cwd: folder, stdio: "pipe" })
      git("init", "--quiet", "--initial-branch=main")
      git("commit", "--quiet", "--allow-empty", "-m", "first")
      yield* trackmap(folder, "lock")
      git("add", "trackmap.lock")
      git("commit", "--quiet", "-m", "lock")
      write(folder, "method: Schema.String, at: Schema.optional(Schema.Date)")
      yield* trackmap(folder, "lock")
      const against = (ref: string) => trackmap(folder, "diff", "--against", ref)
      assert.strictEqual((yield* trackmap(folder, "diff")).out, "no changes")
      assert.match((yield* against("main")).out, /signedIn · at: it was added/)
      assert.match((yield* against("HEAD~1")).out, /signedIn: it was added/)
      const none = yield* against("no-branch")
      assert.strictEqual(none.code, 2)
      assert.strictEqual(
        none.err,
        `trackmap: "no-branch" is neither a file nor a commit of Git: pass a lock file, or a branch, a tag or a commit`
      )
      assert.strictEqual((yield* against("--output=x")).code, 2)
    })
  )
})

describe("trackmap check", () => {
  it.live("prints what breaks a rule, and fails, unless it was there before", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "plan.ts": planOf("email: Schema.String") })
      const known = join(folder, "known.json")
      const check = (...args: ReadonlyArray<string>) =>
        trackmap(folder, "", "check", join(folder, "plan.ts"), "--no-usage", "--known", known, ...args)
      const found = yield* check()
      assert.deepStrictEqual([found.code, found.err], [1, ""])
      assert.match(
        found.out,
        /^signedIn · email \[personal-unmarked\]: "email" seems .*: mark it with Pii\.personal\n1 finding$/
      )
      assert.strictEqual(JSON.parse((yield* check("--json")).out).findings[0].rule, "personal-unmarked")
      assert.strictEqual((yield* check("--save")).out, "known.json: 1 finding")
      assert.deepStrictEqual(yield* check(), { code: 0, out: "no findings", err: "" })
      assert.deepStrictEqual(JSON.parse((yield* check("--save", "--json")).out).saved, 1)
      write(folder, "email: Schema.String, phone: Schema.String")
      const { findings, known: old } = JSON.parse((yield* check("--json")).out)
      assert.deepStrictEqual([findings.length, findings[0].attribute, old], [1, "phone", 1])
      writeFileSync(known, "{}")
      const wrong = yield* check()
      assert.strictEqual(wrong.code, 2)
      assert.match(wrong.err, /known\.json is not a list of findings: write it again/)
    })
  )
})

describe("trackmap catalog", () => {
  it.live("writes the pages, removes those of events that are gone, and leaves other files alone", () =>
    Effect.gen(function* () {
      const folder = yield* project({
        "plan.ts": planOf("method: Schema.String"),
        "catalogue/events/own.md": "# Mine\n",
        "README.md": "# Mine\n"
      })
      const catalog = (...args: ReadonlyArray<string>) =>
        trackmap(folder, "", "catalog", join(folder, "plan.ts"), "--out", join(folder, "catalogue"), ...args)
      const written = ["README.md", "events/signedIn.md"]
      const stale = yield* catalog("--check")
      assert.deepStrictEqual(
        [stale.code, stale.out],
        [1, `${folder}/catalogue: 2 pages stale, 0 to remove`.replace(`${folder}/`, "")]
      )
      assert.deepStrictEqual(JSON.parse((yield* catalog("--json")).out).written, written)
      assert.strictEqual((yield* catalog("--check")).code, 0)
      writeFileSync(join(folder, "plan.ts"), text.replace("signedIn", "signed in"))
      assert.strictEqual((yield* catalog()).out, "catalogue: 2 pages written, 1 removed")
      assert.deepStrictEqual(readdirSync(join(folder, "catalogue/events")).toSorted(), ["own.md", "signed-in.md"])
      const wrong = yield* trackmap(folder, "", "catalog", join(folder, "plan.ts"), "--out", folder)
      assert.strictEqual(wrong.code, 2)
      assert.match(wrong.err, /README\.md was not written by this command: pass a folder for its files alone/)
      assert.strictEqual(readFileSync(join(folder, "README.md"), "utf8"), "# Mine\n")
    })
  )

  it.live("lets others write the same pages at the same time, and clears away what an interrupted one has left", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "plan.ts": text, "catalogue/README.md.999999999.writing": "" })
      const out = join(folder, "catalogue")
      const run = trackmap(folder, "", "catalog", join(folder, "plan.ts"), "--out", out)
      yield* run
      const page = readFileSync(join(out, "README.md"), "utf8")
      writeFileSync(join(out, "README.md.999999999.writing"), page)
      writeFileSync(join(out, `README.md.${process.ppid}.writing`), page)
      assert.strictEqual((yield* run).code, 0)
      assert.deepStrictEqual(readdirSync(out).toSorted(), ["README.md", `README.md.${process.ppid}.writing`, "events"])
    })
  )
})

describe("trackmap export", () => {
  it.live("writes a file for each event, and says what is not in them", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "plan.ts": planOf("method: Schema.String.check(Schema.isMinLength(2))") })
      const plan = [join(folder, "plan.ts"), "--out", join(folder, "schemas/new")]
      const { code, err, out } = yield* trackmap(folder, "", "export", "json-schema", ...plan)
      assert.deepStrictEqual([code, out], [0, "schemas/new/signedIn.json"])
      assert.match(err, /^signedIn · method: the file does not have the minimum length/)
      const json = JSON.parse((yield* trackmap(folder, "", "export", "json-schema", "--json", ...plan)).out)
      assert.deepStrictEqual([json.files.length, json.losses[0].key], [1, "method"])
      writeFileSync(join(folder, "plan.ts"), text.replace("signedIn", "package"))
      const stale = yield* trackmap(folder, "", "export", "json-schema", "--check", ...plan)
      assert.deepStrictEqual([stale.code, stale.out], [1, "schemas/new/package.json\nschemas/new/signedIn.json"])
      assert.match(stale.err, /schemas\/new is stale: run `trackmap export json-schema`, and commit it/)
      writeFileSync(join(folder, "package.json"), "{}")
      const wrong = yield* trackmap(folder, "", "export", "json-schema", plan[0]!, "--out", folder)
      assert.strictEqual(wrong.code, 2)
      assert.match(wrong.err, /package\.json was not written by this command: pass a folder for its files alone/)
      assert.strictEqual(readFileSync(join(folder, "package.json"), "utf8"), "{}")
      assert.deepStrictEqual(
        JSON.parse((yield* trackmap(folder, "", "export", "json-schema", "--json", ...plan)).out).removed,
        ["signedIn.json"]
      )
      assert.deepStrictEqual(
        JSON.parse((yield* trackmap(folder, "", "export", "json-schema", "--check", "--json", ...plan)).out).stale,
        []
      )
      const blocked = [plan[0]!, "--out", join(folder, "plan.ts/a")]
      assert.deepStrictEqual((yield* trackmap(folder, "", "export", "json-schema", ...blocked)).code, 2)
    })
  )

  it.live("says the first twenty of what is not in the files, and how much more there is", () =>
    Effect.gen(function* () {
      const properties = Array.from({ length: 22 }, (_, at) => `k${at}: Schema.String.check(Schema.isMinLength(2))`)
      const folder = yield* project({ "plan.ts": planOf(properties.join()) })
      const plan = [join(folder, "plan.ts"), "--out", join(folder, "schemas")]
      const { err } = yield* trackmap(folder, "", "export", "json-schema", ...plan)
      const lines = err.split("\n")
      assert.strictEqual(lines.length, 21)
      assert.deepStrictEqual(lines.at(-1), "… and 2 more: --json has all of them")
      const json = JSON.parse((yield* trackmap(folder, "", "export", "json-schema", "--json", ...plan)).out)
      assert.strictEqual(json.losses.length, 22)
    })
  )

  it.live("removes no file outside its folder, whatever the list of its files says", () =>
    Effect.gen(function* () {
      for (const name of ["../mine.json", "/mine.json", "a/../../mine.json", ".git/config", "c:/mine.json"]) {
        const folder = yield* project({ "plan.ts": text, "mine.json": "{}" })
        mkdirSync(join(folder, "out"))
        writeFileSync(join(folder, "out/.trackmap.json"), JSON.stringify([name]))
        const out = ["--out", join(folder, "out")]
        const { code, err } = yield* trackmap(folder, "", "export", "json-schema", join(folder, "plan.ts"), ...out)
        assert.deepStrictEqual([code, existsSync(join(folder, "mine.json"))], [2, true])
        assert.match(err, /out\/\.trackmap\.json is not a list of files/)
      }
    })
  )

  it.live("has the formats of the packages that the project depends on, and names them", () =>
    Effect.gen(function* () {
      const folder = yield* project({
        "plan.ts": text,
        "package.json": JSON.stringify({ dependencies: { "trackmap-acme": "1", "trackmap-none": "1" } }),
        "node_modules/trackmap-acme/package.json": JSON.stringify({
          type: "module",
          exports: { "./PlanSupport": "./PlanSupport.js" }
        }),
        "node_modules/trackmap-acme/PlanSupport.js": `
          import { PlanSupportError } from "@trackmap/core/PlanSupportError"
          const write = ({ events }, { name, versionOf, placeOf }) => {
            if (name === undefined) throw new PlanSupportError({ format: "acme", reason: "it has no name", remedy: "pass --name" })
            const text = events.map((one) => [name, one.name, versionOf(one.name), placeOf(one.name, "method")].join())
            return { files: new Map([["a/plan.txt", text.join()]]), losses: [] }
          }
          export const support = { formats: [{ name: "acme", description: "Acme's", write }] }`
      })
      const file = join(folder, "plan.ts")
      const unknown = yield* trackmap(folder, "", "export", "nope", file)
      assert.strictEqual(unknown.code, 2)
      assert.match(unknown.err, /there is no format "nope": use one of json-schema, .*acme/)
      const unnamed = yield* trackmap(folder, "", "export", "acme", file)
      assert.deepStrictEqual([unnamed.code, unnamed.err], [2, "trackmap: acme: it has no name: pass --name"])
      const out = ["--out", join(folder, "out"), "--name", "Shop"]
      assert.strictEqual((yield* trackmap(folder, "", "export", "acme", file, ...out)).out, "out/a/plan.txt")
      assert.strictEqual(readFileSync(join(folder, "out/a/plan.txt"), "utf8"), "Shop,signedIn,1-0-0,0")
    })
  )

  it.live("names a package whose formats do not load", () =>
    Effect.gen(function* () {
      const folder = yield* project({
        "plan.ts": text,
        "package.json": JSON.stringify({ dependencies: { "@acme/trackmap-broken": "1" } }),
        "node_modules/@acme/trackmap-broken/package.json": JSON.stringify({ exports: { "./PlanSupport": "./a.mjs" } }),
        "node_modules/@acme/trackmap-broken/a.mjs": "throw new Error('too old')"
      })
      const { code, err } = yield* trackmap(folder, "", "export", "json-schema", join(folder, "plan.ts"))
      assert.strictEqual(code, 2)
      assert.match(err, /@acme\/trackmap-broken\/PlanSupport does not load: too old: install versions/)
    })
  )

  it.live("lists its formats", () =>
    Effect.gen(function* () {
      const { code, out } = yield* trackmap(yield* project({}), "", "export")
      assert.strictEqual(code, 0)
      assert.match(out, /^json-schema +JSON Schema 2020-12: a file for each event$/m)
      const json = JSON.parse((yield* trackmap(yield* project({}), "", "export", "--json")).out)
      assert.strictEqual(json.formats[0].name, "json-schema")
    })
  )
})

describe("several plans in one repository", () => {
  it.live("have their files each in its own package, wherever the command runs", () =>
    Effect.gen(function* () {
      const folder = yield* project({
        "package.json": "{}",
        "packages/a/package.json": `{ "type": "module" }`,
        "packages/a/src/plan.ts": text,
        "packages/b/package.json": `{ "type": "module" }`,
        "packages/b/plan.ts": text.replace("signedIn", "signed_out")
      })
      for (const [own, file] of [
        ["a", "packages/a/src/plan.ts"],
        ["b", "packages/b/plan.ts"]
      ] as const) {
        const plan = join(folder, file)
        const { code, out } = yield* trackmap(folder, "", "lock", plan)
        assert.deepStrictEqual([code, out.endsWith(`packages/${own}/trackmap.lock: new, 1 event, 1 key`)], [0, true])
        assert.strictEqual((yield* trackmap(folder, "", "diff", plan)).code, 0)
        assert.strictEqual((yield* trackmap(folder, "", "catalog", plan)).code, 0)
        assert.strictEqual((yield* trackmap(folder, "", "export", "json-schema", plan)).code, 0)
        yield* trackmap(folder, "", "check", "--save", "--no-usage", plan)
        assert.deepStrictEqual(
          readdirSync(join(folder, "packages", own)).filter((name) => !file.includes(`/${name}`)),
          ["exports", "package.json", "tracking-plan", "trackmap.known.json", "trackmap.lock"]
        )
      }
    })
  )
})

describe("trackmap", () => {
  it.live("prints errors to the standard error alone, and ends with 2", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "plan.ts": "export const a = 1\n" })
      const rows: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [["lock"], /^trackmap: plan\.ts: it exports no plan, but a: export one/],
        [["diff"], /^trackmap: plan\.ts: it exports no plan/],
        [["", "dif"], /Unknown subcommand "dif"[\s\S]*diff/],
        [["lock", "--chek"], /--chek[\s\S]*--check/],
        [["", "lock", "--timeout", "soon"], /soon/]
      ]
      for (const [args, expected] of rows) {
        const [command, ...others] = args
        const { code, err, out } = yield* trackmap(folder, command!, ...others)
        assert.deepStrictEqual([code, out], [2, ""])
        assert.match(err, expected)
      }
      writeFileSync(join(folder, "plan.ts"), text)
      const { code, err } = yield* trackmap(folder, "diff")
      assert.strictEqual(code, 2)
      assert.match(err, /^trackmap: there is no lock file trackmap\.lock: make it with `trackmap lock`/)
      mkdirSync(join(folder, "trackmap.lock"))
      assert.strictEqual((yield* trackmap(folder, "lock")).code, 2)
    })
  )

  it.live("prints its help and its version if asked", () =>
    Effect.gen(function* () {
      const help = yield* trackmap("/", "", "--help")
      assert.deepStrictEqual([help.code, help.err], [0, ""])
      assert.match(help.out, /lock[\s\S]*diff/)
      assert.match((yield* trackmap("/", "", "--version")).out, /trackmap.*\d+\.\d+\.\d+/)
    })
  )
})
