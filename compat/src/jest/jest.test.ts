import { existsSync, readFileSync } from "node:fs"
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { run } from "../run.ts"

const modules = join(import.meta.dirname, "../../node_modules")
const ofJest = createRequire(join(modules, "jest/package.json"))
const node22 = join(modules, "node-22/bin/node")
const shop = join(import.meta.dirname, "shop")

const page = readFileSync(join(import.meta.dirname, "../../../docs/testing.md"), "utf8")
const [section = ""] = page.slice(page.indexOf("### With Jest")).split("\n## ", 1)
const blocks = new Map(
  [...section.matchAll(/^```js\n\/\/ (\S+)\n(.*?)^```$/gms)].map(([, file, code]) => [file!, code!])
)

/** How the page replaces the transform in a configuration. */
const others: Readonly<Record<string, readonly [file: string, of: string, by: string]>> = {
  "ES modules, with @swc/jest": ["jest.config.js", '"@swc/jest"', '"@swc/jest"'],
  "ES modules, with ts-jest": ["jest.config.js", '"@swc/jest"', '["ts-jest", { useESM: true }]'],
  "CommonJS, with @swc/jest": ["jest.config.cjs", '"ts-jest"', '"@swc/jest"'],
  "CommonJS, with ts-jest": ["jest.config.cjs", '"ts-jest"', '"ts-jest"']
}

describe("a service's own tests with Jest", () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(import.meta.dirname, ".copies-"))
    await cp(shop, folder, { recursive: true })
    // ts-jest does not support TypeScript 7, which it would find in the repository.
    await mkdir(join(folder, "node_modules"))
    await cp(join(modules, "ts-jest"), join(folder, "node_modules/ts-jest"), { recursive: true })
    // ts-jest leaves this to the project, where npm may put it below Jest.
    await symlink(dirname(ofJest.resolve("jest-util/package.json")), join(folder, "node_modules/jest-util"))
    await symlink(join(modules, "typescript-5.9"), join(folder, "node_modules/typescript"))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const configure = async (name: string) => {
    const [file, of, by] = others[name]!
    assert.include(section, by)
    assert.include(blocks.get(file), of)
    await writeFile(join(folder, file), blocks.get(file)!.replace(of, by))
    const type = file === "jest.config.js" ? "module" : "commonjs"
    await writeFile(join(folder, "package.json"), JSON.stringify({ name: "shop", private: true, type }))
  }

  const jest = (
    args: ReadonlyArray<string> = [],
    { program = process.execPath, ...env }: Readonly<Record<string, string>> & { readonly program?: string } = {}
  ) =>
    run(program, [join(modules, "jest/bin/jest.js"), "--testMatch=**/*.spec.ts", ...args], {
      cwd: folder,
      env: { NODE_OPTIONS: "--experimental-vm-modules", NO_COLOR: "1", FORCE_COLOR: "0", ...env }
    })

  it.each(Object.keys(others))("pass as %s", async (name) => {
    await configure(name)
    const { code, printed } = await jest()
    assert.match(printed, /^Tests: +6 passed, 6 total$/m)
    assert.strictEqual(code, 0)
  })

  it.each(Object.keys(others))(
    "fail for what was not tracked, as %s, and print how the nearest message differs",
    async (name) => {
      await configure(name)
      const { code, printed } = await jest([], { EXPECTED_QTY: "6" })
      assert.match(printed, /^Tests: +1 failed, 5 passed, 6 total$/m)
      assert.match(printed, /the nearest message, [0-9a-f-]{36}, differs in\n +OrderLine_qty: expected 6, got 5\n/)
      assert.strictEqual(code, 1)
    }
  )

  it.each(Object.keys(others))("ask for an import without the flag, as %s", async (name) => {
    await configure(name)
    const { code, printed } = await jest([], { NODE_OPTIONS: "" })
    assert.include(printed, "Must use import to load ES Module")
    assert.match(printed, /^Tests: +0 total$/m)
    assert.strictEqual(code, 1)
  })

  it("pass with timers that are faked before anything is imported", async () => {
    await configure("ES modules, with @swc/jest")
    const doNotFake = '["setImmediate", "clearImmediate"]'
    assert.include(page.replaceAll(/\s+/g, " "), `doNotFake: ${doNotFake}`)
    const { code, printed } = await jest([`--fakeTimers={"enableGlobally":true,"doNotFake":${doNotFake}}`, "orders"])
    assert.match(printed, /^Tests: +2 passed, 2 total$/m)
    assert.strictEqual(code, 0)
  })

  it.skipIf(!existsSync(node22))("are ES modules on Node.js 22, which requires none in Jest", async () => {
    await configure("ES modules, with @swc/jest")
    const esModules = await jest([], { program: node22 })
    assert.match(esModules.printed, /^Tests: +6 passed, 6 total$/m)
    assert.strictEqual(esModules.code, 0)
    await rm(join(folder, "jest.config.js"))
    await configure("CommonJS, with @swc/jest")
    const commonJs = await jest([], { program: node22 })
    assert.include(commonJs.printed, "Use Node v24.9+ where Jest supports require(esm) natively")
    assert.strictEqual(commonJs.code, 1)
  })

  it("have the matchers' types, as the page declares them", async () => {
    const condensed = (text: string): string => text.replaceAll(/\s/g, "")
    const declared = section.slice(section.indexOf('declare module "expect"')).split("\n\n", 1)[0]!
    assert.include(condensed(readFileSync(join(shop, "timers.spec.ts"), "utf8")), condensed(declared))
    assert.include(section, /"types": .*/.exec(readFileSync(join(shop, "tsconfig.json"), "utf8"))![0].replace(/,$/, ""))
    for (const compiler of ["typescript-5.9", "../../node_modules/typescript"]) {
      const { code, printed } = await run(process.execPath, [join(modules, compiler, "bin/tsc"), "-p", "."], {
        cwd: folder
      })
      assert.strictEqual(printed, "")
      assert.strictEqual(code, 0)
    }
  })
})
