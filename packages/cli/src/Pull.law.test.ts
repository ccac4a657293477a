import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type Description, Plan, PlanSupport } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { support as mixpanel } from "../../mixpanel/src/PlanSupport.ts"
import { support as segment } from "../../segment/src/PlanSupport.ts"
import { anyDescription } from "../test/descriptions.ts"
import { Export, Pull } from "./index.ts"

const runs = Number(process.env["RUNS"] ?? 40)

/** What is equal however keys are ordered, and without what says nothing. */
const comparable = (text: string): unknown =>
  JSON.parse(text, (keyword, value: any) => {
    if (keyword === "required") return value.toSorted()
    // A plan has events whose names are numbers first.
    if (keyword === "rules" || keyword === "entries")
      return Object.groupBy(value, ({ key, name, type }: any) => `${type} ${key} ${name}`)
    return (keyword === "additionalProperties" && Object.keys(value).length === 0) ||
      (keyword === "minItems" && value === 0)
      ? undefined
      : value
  })

type Exporting = (plan: Description.Plan) => PlanSupport.Exported
const formatOf = ({ formats }: PlanSupport.PlanSupport, name: string): Exporting => {
  const format = formats.find((one) => one.name === name)!
  return (plan) => format.write(plan, PlanSupport.noSettings)
}

const tools = {
  "json-schema": { exported: Export.jsonSchema as Exporting, pull: Pull.jsonSchemas },
  segment: { exported: formatOf(segment, "segment"), pull: Pull.segment },
  mixpanel: { exported: formatOf(mixpanel, "mixpanel"), pull: Pull.mixpanel }
}
type Tool = keyof typeof tools
const names = Object.keys(tools) as ReadonlyArray<Tool>

describe("what is pulled of an own export", () => {
  const inside = mkdtempSync(join(import.meta.dirname, "../.project-"))
  const outside = mkdtempSync(join(tmpdir(), "trackmap-pull-"))
  const cases: Array<{
    readonly tool: Tool
    readonly plan: Description.Plan
    readonly file: string
    readonly code: string
  }> = []
  afterAll(() => {
    rmSync(inside, { recursive: true })
    rmSync(outside, { recursive: true })
  })
  beforeAll(() => {
    const seed = Number(process.env["SEED"] ?? Date.now())
    mkdirSync(join(outside, "src"))
    for (const [index, plan] of fc.sample(anyDescription, { numRuns: runs, seed }).entries()) {
      for (const tool of names) {
        const { exported, pull } = tools[tool]
        const { code } = Effect.runSync(pull(exported(plan).files))
        const name = `${tool}-${seed}-${index}.ts`
        for (const folder of [inside, join(outside, "src")]) writeFileSync(join(folder, name), code)
        cases.push({ tool, plan, file: join(inside, name), code })
      }
    }
  })

  it("is the same plan, but for what the export lists as its losses", { timeout: 60_000 }, async () => {
    for (const { code, file, plan, tool } of cases) {
      const { plan: made } = (await import(pathToFileURL(file).href)) as { readonly plan: Plan.Plan }
      const { exported } = tools[tool]
      const [before, again] = [exported(plan).files, exported(Plan.describe(made)).files]
      assert.sameMembers([...again.keys()], [...before.keys()])
      for (const [name, text] of before)
        assert.deepStrictEqual(comparable(again.get(name)!), comparable(text), `${file}: ${code}`)
    }
  })

  it("is formatted as oxfmt does by default", () => {
    writeFileSync(join(outside, ".oxfmtrc.json"), "{}")
    execFileSync("oxfmt", ["--check", "src"], { cwd: outside, stdio: "pipe" })
  })

  it("compiles with the strictest options of the compiler", { timeout: 120_000 }, () => {
    const options = { extends: "../../../tsconfig.check.json", compilerOptions: { types: [] }, include: ["*.ts"] }
    writeFileSync(join(inside, "tsconfig.json"), JSON.stringify(options))
    execFileSync("tsc", ["-p", inside], { stdio: "pipe" })
  })
})
