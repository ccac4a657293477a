import { execFile } from "node:child_process"
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const root = join(import.meta.dirname, "../../..")
const require = createRequire(import.meta.url)
const folderOf = (name: string) => dirname(require.resolve(`${name}/package.json`))
const versionOf = (name: string): string => require(`${name}/package.json`).version

/** Runs a Node program, and returns its output, including errors. */
const run = (cwd: string, ...args: ReadonlyArray<string>) =>
  new Promise<string>((resolve) =>
    execFile(process.execPath, args, { cwd }, (error, stdout, stderr) => resolve(error === null ? "" : stdout + stderr))
  )
const npm = (cwd: string, ...args: ReadonlyArray<string>) =>
  new Promise<void>((resolve, reject) =>
    execFile("npm", args, { cwd }, (error) => (error === null ? resolve() : reject(error)))
  )

const config = {
  compilerOptions: {
    module: "nodenext",
    target: "es2024",
    lib: ["es2024", "esnext.disposable", "dom", "dom.iterable", "dom.asynciterable"],
    types: ["node"],
    strict: true,
    declaration: true,
    skipLibCheck: false,
    outDir: "dist"
  },
  files: ["shop.ts"]
}

/** A service that depends only on `@trackmap/node` and zod, and exports values of their types. */
describe("a project with pnpm's strict layout that emits declarations", () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "trackmap-pnpm-"))
    for (const name of ["core", "node"]) await npm(join(root, "packages", name), "pack", "--pack-destination", folder)
    const packed = (await readdir(folder)).filter((file) => file.endsWith(".tgz"))
    const tarball = (name: string) => `file:./${packed.find((file) => file.startsWith(`trackmap-${name}-`))}`
    const dependencies = {
      "@trackmap/node": tarball("node"),
      "@types/node": versionOf("@types/node"),
      zod: versionOf("zod")
    }
    const manifest = { name: "shop", private: true, type: "module", dependencies }
    const overrides = `overrides:\n  "@trackmap/core": ${tarball("core")}\n  effect: ${versionOf("effect")}\n`
    await writeFile(join(folder, "package.json"), JSON.stringify(manifest))
    await writeFile(join(folder, "pnpm-workspace.yaml"), overrides)
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config))
    await cp(join(import.meta.dirname, "shop.ts"), join(folder, "shop.ts"))
    // Its package.json has no export that would resolve its path.
    const pnpm = join(import.meta.dirname, "../../node_modules/pnpm/bin/pnpm.mjs")
    assert.strictEqual(await run(folder, pnpm, "install", "--prefer-offline", "--config.loglevel=error"), "")
  })
  afterAll(() => rm(folder, { recursive: true }))

  it("has nothing of what @trackmap/node depends on within its own reach", async () => {
    const installed = await readdir(join(folder, "node_modules"))
    assert.notInclude(installed, "effect")
    assert.deepStrictEqual(await readdir(join(folder, "node_modules/@trackmap")), ["node"])
  })

  it.each(["typescript-5.8", "typescript-5.9", "typescript"])(
    "is compiled by %s, the libraries' types too",
    async (name) => {
      await rm(join(folder, "dist"), { recursive: true, force: true })
      assert.strictEqual(await run(folder, join(folderOf(name), "bin/tsc"), "-p", "."), "")
      assert.include(await readFile(join(folder, "dist/shop.d.ts"), "utf8"), "export declare const OrderPlaced")
      assert.strictEqual(await run(folder, "dist/shop.js"), "")
    }
  )
})
