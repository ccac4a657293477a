import { execFile } from "node:child_process"
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, describe, it } from "vitest"
import { agrees, type Session, sessionsOf } from "./consoles.ts"

const here = import.meta.dirname
const root = join(here, "../../..")
const run = promisify(execFile)

const sources = [...globSync(["packages/*/README.md", "docs/**/*.md"], { cwd: root }), "README.md"].toSorted()
const sessions = sources.flatMap((name) => sessionsOf(name, readFileSync(join(root, name), "utf8")))

const author = ["AUTHOR", "COMMITTER"].flatMap((who) => [
  [`GIT_${who}_NAME`, "Ada"],
  [`GIT_${who}_EMAIL`, "ada@example.com"]
])
/** What a project has installed is what this repository has. */
const npx = `#!/bin/sh\nexec "$@"\n`
const manifest = JSON.stringify({ private: true, type: "module" })

const envIn = (bin: string) => ({
  ...process.env,
  ...Object.fromEntries(author),
  GIT_CONFIG_GLOBAL: "/dev/null",
  NO_COLOR: "1",
  PATH: [bin, join(root, "node_modules/.bin"), process.env["PATH"]].join(":")
})

const marker = "behind-each-command"

/** Runs the commands in one shell, and returns what each prints. */
const printed = async (folder: string, bin: string, { commands }: Session): Promise<ReadonlyArray<string>> => {
  const script = commands
    // The status of the command before is that of the next one's `$?`.
    .map(({ command }) => `${command}\nstatus=$?; echo; echo ${marker}; (exit $status)\n`)
    .join("")
  const { stdout } = await run("bash", ["-c", `exec 2>&1\n${script}\ntrue`], {
    cwd: folder,
    env: envIn(bin),
    timeout: 120_000
  })
  return stdout.split(`\n${marker}\n`).slice(0, commands.length)
}

describe("commands of the docs print what it says there:", () => {
  const all = mkdtempSync(join(here, "../.consoles-"))
  writeFileSync(join(all, "npx"), npx, { mode: 0o755 })
  afterAll(() => rmSync(all, { recursive: true, force: true }))

  it.concurrent.each([...Map.groupBy(sessions, ({ folder }) => folder)])(
    "%s",
    async (name, own) => {
      const folder = join(all, name)
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, "package.json"), manifest)
      const written = new Map<string, string>()
      for (const session of own) {
        for (const [file, text] of session.files) {
          // A command can have changed it since.
          if (written.get(file) === text) continue
          written.set(file, text)
          mkdirSync(dirname(join(folder, file)), { recursive: true })
          writeFileSync(join(folder, file), text)
        }
        const outputs = await printed(folder, all, session)
        session.commands.forEach(({ command, output }, index) => {
          const got = outputs[index]!
          if (!agrees(output, got)) assert.strictEqual(got, output, `${session.name}: $ ${command}`)
        })
      }
    },
    300_000
  )
})

describe("an expected output", () => {
  it("agrees line by line, with … for the rest of a line or for any lines", () => {
    assert.isTrue(agrees("a\nb", "a\nb\n"))
    assert.isFalse(agrees("a\nb", "a\nc"))
    assert.isTrue(agrees("a …\n…\nd", "a b\nb\nc\nd"))
    assert.isTrue(agrees("…\nd", "d"))
    assert.isFalse(agrees("…\nd", "d\ne"))
    assert.isFalse(agrees("", "a"))
    assert.isFalse(agrees("a.c", "abc"))
  })
})
