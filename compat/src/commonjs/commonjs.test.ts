import { existsSync } from "node:fs"
import { cp, mkdtemp, readFile, rm } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { type SegmentStandIn, segmentServer } from "../../../apps/examples/src/test/segment.ts"
import { run } from "../run.ts"

const require = createRequire(import.meta.url)
const node22 = join(import.meta.dirname, "../../node_modules/node-22/bin/node")
const programs = [process.execPath, ...(existsSync(node22) ? [node22] : [])]

describe("a service in TypeScript that is compiled to CommonJS", () => {
  let folder: string
  let segment: SegmentStandIn
  beforeEach(async () => {
    folder = await mkdtemp(join(import.meta.dirname, ".copies-"))
    await cp(join(import.meta.dirname, "shop"), folder, { recursive: true })
    segment = await segmentServer()
  })
  afterEach(async () => {
    await segment.close()
    await rm(folder, { recursive: true })
  })

  const compile = (compiler: string, ...args: ReadonlyArray<string>) =>
    run(process.execPath, [join(dirname(require.resolve(`${compiler}/package.json`)), "bin/tsc"), ...args], {
      cwd: folder
    })
  const runs = (program: string, file: string) => run(program, [`dist/${file}`], { cwd: folder, env: segment.env })
  const nothing = { code: 0, printed: "" }

  it.each([
    ["typescript", "commonjs", "bundler"],
    ["typescript", "node20", "node16"],
    ["typescript", "nodenext", "nodenext"],
    ["typescript-5.9", "node20", "node16"],
    ["typescript-5.8", "nodenext", "nodenext"]
  ] as const)("by %s with %s and %s delivers its events", async (compiler, module, moduleResolution) => {
    const settings = ["--module", module, "--moduleResolution", moduleResolution]
    assert.deepStrictEqual(await compile(compiler, "-p", ".", ...settings), nothing)
    assert.match(await readFile(join(folder, "dist/tracking.js"), "utf8"), /require\("@trackmap\/node"\)/)
    for (const program of programs) assert.deepStrictEqual(await runs(program, "main.js"), nothing)
    const properties = {
      OrderLine_id: 1001,
      OrderLine_qty: 3,
      Product_id: 123,
      Product_sku: "gquack",
      Manufacturer_id: 789,
      Manufacturer_name: "Mario Bros Plumbing Supply"
    }
    assert.deepStrictEqual(
      (await segment.received()).map(({ event, properties, userId }) => ({ event, properties, userId })),
      programs.map(() => ({ event: "orderLineUpdated", properties, userId: "u-1" }))
    )
  })

  it.each(["typescript", "typescript-5.8"])(
    "by %s with node16 delivers its events if it imports where it tracks",
    async (compiler) => {
      assert.deepStrictEqual(await compile(compiler, "-p", "tsconfig.node16.json"), nothing)
      for (const program of programs) assert.deepStrictEqual(await runs(program, "node16.js"), nothing)
      assert.lengthOf(await segment.received(), programs.length)
    }
  )
})
