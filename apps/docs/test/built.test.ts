import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "vitest"

const script = join(import.meta.dirname, "../../../scripts/built.ts")
const folder = mkdtempSync(join(import.meta.dirname, "../.copies-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

/** A program of a workspace, run with `args` once what it depends on is built. */
const run = (workspace: string, ...args: ReadonlyArray<string>) => {
  mkdirSync(join(folder, "src"), { recursive: true })
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: workspace }))
  const program = join(folder, "src/main.ts")
  writeFileSync(
    program,
    `const [, self, ...args]: Array<string> = process.argv\nconsole.log(self === "${program}", args)\n`
  )
  return new Promise<Ended>((resolve) =>
    execFile(process.execPath, [script, program, ...args], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr })
    )
  )
}

describe("a program that is run once it is built", () => {
  it("prints its own lines only, and gets its own arguments", async () => {
    assert.deepStrictEqual(await run("@trackmap/rooms", "day", "--port", "8080"), {
      code: 0,
      stdout: `true [ 'day', '--port', '8080' ]\n`,
      stderr: ""
    })
  })

  it("does not run where the build fails, whose output comes instead", async () => {
    const { code, stderr, stdout } = await run("@trackmap/nowhere")
    assert.deepStrictEqual([code, stdout], [1, ""])
    assert.include(stderr, "@trackmap/nowhere")
  })
})
