import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Attribute, Entity, Plan, PlanSupport, TrackedEvent } from "@trackmap/core"
import { support } from "@trackmap/segment/PlanSupport"
import * as Schema from "effect/Schema"
import ts from "typescript-5.9"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { run } from "../run.ts"

const Order = Entity.make("Order", {
  key: "id",
  attributes: {
    id: Schema.Int,
    placedAt: Schema.Date,
    note: Schema.optional(Attribute.annotate(Schema.String, { description: "What the buyer wants us to know" })),
    paid: Schema.NullOr(Schema.Boolean)
  }
})
const tags = Schema.Array(Schema.Literals(["b2b", "sale"]))
const plan = Plan.make(
  TrackedEvent.make("orderPlaced", { entities: { order: Order }, properties: { tags } }).pipe(
    TrackedEvent.annotate({ description: "An order was placed" })
  ),
  TrackedEvent.make("Größe gewählt", { properties: { size: Schema.Literals(["S", "M"]) } })
).pipe(Plan.calls({ identify: { tier: Schema.String } }))

const config = `client:
  sdk: analytics-node
  language: typescript
trackingPlans:
  - id: tp_1
    path: ./plan
`

describe("Segment's own reader of tracking plans, typewriter,", () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "trackmap-typewriter-"))
  })
  afterEach(() => rm(folder, { recursive: true }))

  /** The types of the keys of each interface that it generates. */
  const interfaces = async () => {
    const { files } = support.formats
      .find(({ name }) => name === "segment")!
      .write(Plan.describe(plan), PlanSupport.noSettings)
    const { rules } = JSON.parse(files.get("1-put.json")!)
    await mkdir(join(folder, "plan"))
    await writeFile(join(folder, "typewriter.yml"), config)
    await writeFile(join(folder, "plan/plan.json"), JSON.stringify({ id: "tp_1", name: "Shop", slug: "shop", rules }))
    const bin = join(import.meta.dirname, "../../node_modules/typewriter/bin/run")
    // It reads its input until that ends.
    const args = ["-c", 'exec "$0" "$@" < /dev/null', process.execPath, bin, "production", "--config", "."]
    const { code, printed } = await run("sh", args, { cwd: folder })
    assert.strictEqual(code, 0, printed)
    const text = await readFile(join(folder, "plan/segment.ts"), "utf8")
    const source = ts.createSourceFile("segment.ts", text, ts.ScriptTarget.Latest, true)
    const found = source.statements.filter(ts.isInterfaceDeclaration).map(({ members, name }) => {
      const own = members.filter(ts.isPropertySignature).map((member) => {
        return `${member.name.getText()}${member.questionToken === undefined ? "" : "?"}: ${member.type!.getText()}`
      })
      return [name.text, own.toSorted()] as const
    })
    return { text, found: new Map(found) }
  }

  it("reads the export of a plan, with each key, its type, and whether it is required", async () => {
    const { found, text } = await interfaces()
    assert.deepStrictEqual(found.get("OrderPlaced"), [
      "Order_id: number",
      "Order_note?: string",
      "Order_paid: boolean | null",
      "Order_placedAt: Date",
      "tags: Tag[]"
    ])
    assert.include(text, "An order was placed")
    assert.include(text, "What the buyer wants us to know")
    assert.match(text, /event: ["']Größe gewählt["']/)
  })
})
