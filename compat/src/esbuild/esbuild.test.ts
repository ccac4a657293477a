import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { build, type Format } from "esbuild"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { type SegmentStandIn, segmentServer } from "../../../apps/examples/src/test/segment.ts"
import { values } from "../../../fixtures/wholesale/rows.ts"
import { run } from "../run.ts"

describe("a service that esbuild bundles for Node", () => {
  let folder: string
  let segment: SegmentStandIn
  beforeEach(async () => {
    // No package can be found from here.
    folder = await mkdtemp(join(tmpdir(), "trackmap-esbuild-"))
    segment = await segmentServer()
  })
  afterEach(async () => {
    await segment.close()
    await rm(folder, { recursive: true })
  })

  it.each<readonly [Format, string, boolean]>([
    ["esm", "mjs", false],
    ["esm", "mjs", true],
    ["cjs", "cjs", false],
    ["cjs", "cjs", true]
  ])("delivers its events as %s (.%s, minified: %s), and ends", async (format, extension, minify) => {
    const outfile = join(folder, `main.${extension}`)
    const options = { outfile, format, minify, bundle: true, platform: "node", target: "node22" } as const
    const { warnings } = await build({ ...options, entryPoints: [join(import.meta.dirname, "main.ts")] })
    assert.deepStrictEqual(warnings, [])
    const ended = await run(process.execPath, [outfile], { cwd: folder, env: segment.env })
    assert.deepStrictEqual(ended, { code: 0, printed: "" })
    const received = await segment.received()
    assert.deepStrictEqual(
      received.map(({ event, userId }) => [event, userId]),
      [
        ["orderLineViewed", "u-1"],
        ["orderPlaced", "u-1"]
      ]
    )
    assert.deepStrictEqual(received[0]!.properties, { ...values, Order_status: "open" })
    assert.deepInclude(received[1]!.properties, { paidBy: "card", Order_lines_qty_sum: 15, Order_state: "updated" })
  })
})
