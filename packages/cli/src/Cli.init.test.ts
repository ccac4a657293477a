import { execFileSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import { afterEach, vi } from "vitest"
import { trackmap as run } from "../test/command.ts"
import { project } from "../test/project.ts"
import { Init } from "./index.ts"
import { version } from "./internal/version.ts"

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** Runs the command in a folder. */
const init = (folder: string, ...args: ReadonlyArray<string>) =>
  Effect.suspend(() => {
    vi.spyOn(process, "cwd").mockReturnValue(folder)
    return run("init", ...args)
  })

const manifest = `{\n\t"name": "shop",\n\t"dependencies": {\n\t\t"express": "^5"\n\t}\n}\n`
const names = ["sink", "tracking", "express", "plan.test", "plan"].map((name) => `tracking/${name}.js`)

/** A package manager that writes down what it is called with, and ends with a code. */
const managerIn = (folder: string, code: number) => {
  mkdirSync(join(folder, "bin"), { recursive: true })
  const file = join(folder, "bin/npm")
  writeFileSync(file, `#!/bin/sh\necho "$PWD $@" >> ${join(folder, "calls")}\necho installing\nexit ${code}\n`)
  chmodSync(file, 0o755)
  vi.stubEnv("PATH", [join(folder, "bin"), process.env["PATH"]].join(delimiter))
  return () => readFileSync(join(folder, "calls"), "utf8").replaceAll(`${folder} `, "").trim().split("\n")
}

describe("trackmap init", () => {
  it.live("adds the packages with the package manager, writes the files, and says what to do next", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "package.json": manifest })
      const calls = managerIn(folder, 0)
      const { code, err, out } = yield* init(folder, "--sink", "segment")
      assert.deepStrictEqual([code, err], [0, ""])
      assert.strictEqual(
        out,
        [
          "A service with Express, in JavaScript (CommonJS), with npm and node:test",
          "package.json: written",
          ...names.map((name) => `${name}: written`),
          "",
          "The test: node --test tracking/plan.test.js",
          "1. Import `actor` and `closeWith` from tracking/express.js: `app.use(actor)` before the routes, and `closeWith(app.listen(port))`.",
          '2. Track where it happens: `await tracking.track(OrderPlaced, { order, properties: { via: "shop" } })`. Events go to Segment where SEGMENT_WRITE_KEY is set.',
          "3. Describe your own events in tracking/plan.js, run `npx trackmap lock`, and commit trackmap.lock."
        ].join("\n")
      )
      assert.deepStrictEqual(calls(), [
        `install @trackmap/console@^${version} @trackmap/node@^${version} @trackmap/segment@^${version} zod@^4.2.0`,
        `install --save-dev @trackmap/cli@^${version} @trackmap/testing@^${version}`
      ])
    })
  )

  it.live("changes nothing where there is a plan", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "package.json": manifest })
      yield* init(folder, "--no-install")
      const before = readFileSync(join(folder, "package.json"), "utf8")
      assert.deepStrictEqual(yield* init(folder, "--no-install", "--sink", "ga4"), {
        code: 0,
        out: "there is a plan already: tracking/plan.js",
        err: ""
      })
      const again = yield* init(folder, "--json")
      assert.deepStrictEqual(JSON.parse(again.out), {
        state: "exists",
        folder,
        plan: "tracking/plan.js",
        written: []
      })
      assert.strictEqual(readFileSync(join(folder, "package.json"), "utf8"), before)
    })
  )

  it.live("with --dry-run, says what it would do, and does nothing", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "package.json": manifest })
      const { out } = yield* init(folder, "--dry-run")
      assert.include(out, `$ npm install @trackmap/console@^${version} @trackmap/node@^${version} zod@^4.2.0\n`)
      for (const name of names) assert.include(out, `${name}: would be written`)
      assert.strictEqual(readFileSync(join(folder, "package.json"), "utf8"), manifest)
      assert.isFalse(existsSync(join(folder, "tracking")))
      const { state, written } = JSON.parse((yield* init(folder, "--dry-run", "--json")).out)
      assert.deepStrictEqual([state, written], ["planned", names])
    })
  )

  it.live("with --no-install, adds the packages to package.json as it is written, and names the command", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "package.json": manifest, "pnpm-lock.yaml": "" })
      const { out } = yield* init(folder, "--no-install", "--framework", "node", "--out", "lib/events/", "--yes")
      assert.include(out, "A service, in JavaScript (CommonJS), with pnpm and node:test")
      assert.include(out, "The packages are in package.json: run `pnpm install`.")
      assert.isTrue(existsSync(join(folder, "lib/events/plan.test.js")))
      assert.strictEqual(
        readFileSync(join(folder, "package.json"), "utf8"),
        manifest
          .replace(
            `\t\t"express": "^5"`,
            ["@trackmap/console", "@trackmap/node", "express", "zod"]
              .map((name) => `\t\t"${name}": "${{ express: "^5", zod: "^4.2.0" }[name] ?? `^${version}`}"`)
              .join(",\n")
          )
          .replace(
            "\t}\n}",
            `\t},\n\t"devDependencies": {\n\t\t"@trackmap/cli": "^${version}",\n\t\t"@trackmap/testing": "^${version}"\n\t}\n}`
          )
      )
    })
  )

  it.live("prints clean JSON", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "package.json": manifest })
      const { code, err, out } = yield* init(folder, "--json", "--no-install", "--sink", "posthog")
      const { dependencies, service, sink, state, steps, written } = JSON.parse(out)
      assert.deepStrictEqual([code, err, state, sink], [0, "", "written", "posthog"])
      assert.deepStrictEqual(service, {
        framework: "express",
        language: "JavaScript",
        modules: "CommonJS",
        manager: "npm",
        runner: "node:test"
      })
      assert.deepStrictEqual(written, ["package.json", ...names])
      assert.deepStrictEqual(Object.keys(dependencies), [
        "@trackmap/console",
        "@trackmap/node",
        "@trackmap/posthog",
        "zod"
      ])
      assert.lengthOf(steps, 3)
    })
  )

  it.live("overwrites no file, and writes nothing where one is in its way", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "package.json": manifest, "tracking/sink.js": "// Mine\n" })
      const { code, err, out } = yield* init(folder, "--no-install")
      assert.deepStrictEqual([code, out], [2, ""])
      assert.strictEqual(
        err,
        "trackmap: there is already a file tracking/sink.js: rename it, or pass another folder with --out"
      )
      assert.strictEqual(readFileSync(join(folder, "package.json"), "utf8"), manifest)
      assert.isFalse(existsSync(join(folder, "tracking/plan.js")))
      const blocked = yield* project({ "package.json": manifest, "tracking/sink.js/a.txt": "" })
      assert.match((yield* init(blocked)).err, /there is already a file tracking\/sink\.js/)
      const linked = yield* project({ "package.json": manifest, "tracking/other.js": "" })
      symlinkSync("nowhere", join(linked, "tracking/plan.js"))
      assert.match((yield* init(linked)).err, /there is already a file tracking\/plan\.js/)
      const file = yield* project({ "package.json": manifest, tracking: "" })
      assert.match((yield* init(file)).err, /something in the way of tracking\/sink\.js: ENOTDIR.*: rename it, or pass/)
    })
  )

  it.live("goes on where it was interrupted: files that are as it writes them are its own", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "package.json": manifest })
      yield* init(folder, "--no-install")
      execFileSync("rm", [join(folder, "tracking/plan.js")])
      const { written } = JSON.parse((yield* init(folder, "--no-install", "--json")).out)
      assert.deepStrictEqual(written, ["tracking/plan.js"])
    })
  )

  it.live("fails with the package manager, before it writes any file", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "package.json": manifest })
      managerIn(folder, 3)
      const failed = yield* init(folder)
      assert.strictEqual(failed.code, 2)
      assert.match(
        failed.err,
        /^trackmap: `npm install @trackmap\/console.*` ended with 3: run it yourself, or add --no-install, and then run this again$/
      )
      assert.isFalse(existsSync(join(folder, "tracking")))
      vi.stubEnv("PATH", join(folder, "nothing"))
      assert.match((yield* init(folder)).err, /`npm install .*` does not run: spawn npm ENOENT/)
    })
  )

  it.live("says which files were written before one could not be", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "package.json": manifest })
      const scaffold = yield* Init.scaffold(yield* Init.inspect(folder))
      const files = new Map([
        ["a", ""],
        ["a/b", ""]
      ])
      const failed = yield* Effect.flip(Init.apply({ ...scaffold, files }, { install: false }))
      assert.match(
        failed.message,
        /^a\/b could not be written: .*: let this process write it, and run this again \(written before: package\.json, a\)$/
      )
    })
  )

  it.live("fails outside a service, and for a sink that there is not", () =>
    Effect.gen(function* () {
      assert.match((yield* init("/")).err, /^trackmap: there is no package\.json in \/ or around it: run it in/)
      const folder = yield* project({ "package.json": manifest })
      const { code, out } = yield* init(folder, "--sink", "sgment")
      assert.deepStrictEqual([code, out], [2, ""])
      assert.match((yield* init(folder, "--out", "../a")).err, /\.\.\/a is not in the folder of the service: pass/)
      assert.match((yield* init(folder, "--out", "/a")).err, /\/a is not in the folder of the service: pass/)
    })
  )

  it.live("asks nothing in a terminal if it is told to ask nothing, or prints JSON", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "package.json": manifest })
      for (const flag of ["--yes", "--json"]) {
        const { code, out } = yield* Effect.provideService(
          init(folder, "--dry-run", flag),
          TerminalCapabilities.TerminalCapabilities,
          { canPrompt: true, canColor: false, canAnimate: false }
        )
        assert.strictEqual(code, 0)
        assert.include(out, "tracking/sink.js")
      }
    })
  )

  it.live("runs the package manager in a shell on Windows, where it is a script", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "package.json": manifest })
      vi.spyOn(process, "platform", "get").mockReturnValue("win32")
      vi.stubEnv("comspec", "no-such-shell.exe")
      assert.match((yield* init(folder)).err, /`npm install @trackmap.*` does not run: spawn no-such-shell\.exe ENOENT/)
    })
  )

  // The program that makes a terminal for another is of Linux.
  it.live.runIf(process.platform === "linux" && existsSync("/usr/bin/script"))("asks for the sink in a terminal", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "package.json": manifest })
      const command = `${process.execPath} ${join(import.meta.dirname, "../bin/trackmap.js")} init --no-install`
      const ask = (input: string) => {
        const typed = `sleep 2; printf '${input}'; sleep 1`
        return execFileSync("bash", ["-c", `(${typed}) | script -qec "${command}" /dev/null`], {
          cwd: folder,
          encoding: "utf8",
          env: { ...process.env, TERM: "xterm" }
        })
      }
      assert.match(ask(String.raw`\x1b[B\r`), /Where do events go\?/)
      assert.match(readFileSync(join(folder, "tracking/sink.js"), "utf8"), /@trackmap\/segment/)
    })
  )
})
