import { execFile } from "node:child_process"
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const root = join(import.meta.dirname, "../../..")
const read = (file: string): string => readFileSync(join(root, file), "utf8")

/** The cells of the table under a heading. */
const table = (heading: string): ReadonlyArray<ReadonlyArray<string>> =>
  cellsOf(
    read("docs/compatibility.md")
      .split(/^## /m)
      .find((section) => section.startsWith(heading))!
  )

/** The cells of a text's table. */
const cellsOf = (text: string): ReadonlyArray<ReadonlyArray<string>> =>
  text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")))
    .map((cells) => cells.slice(1, -1))

interface Manifest {
  readonly version: string
  readonly engines: { readonly node: string }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}
const manifest = (file: string): Manifest => JSON.parse(read(file))
const published = globSync("packages/*/package.json", { cwd: root }).map(manifest)

/** The ranges that the published packages ask for, by what they ask for. */
const declared = new Map<string, Set<string>>()
const declare = (name: string, range: string) => {
  if (!name.startsWith("@trackmap/")) declared.set(name, (declared.get(name) ?? new Set()).add(range))
}
for (const { dependencies, engines, peerDependencies } of published) {
  declare("node", engines.node)
  for (const [name, range] of Object.entries({ ...dependencies, ...peerDependencies })) declare(name, range)
}

/** The packages of compat's suites, which are installed separately. */
const { packages } = JSON.parse(read("compat/package-lock.json")) as {
  readonly packages: Readonly<Record<string, { readonly version: string } | undefined>>
}

const testedVersion = (name: string): string => {
  const path = `node_modules/${name}`
  return packages[path]?.version ?? manifest(`${path}/package.json`).version
}

describe("the table of libraries", () => {
  const rows = table("Libraries")

  it.each(rows)("says of %s what is declared, %s, and tested, %s", (name, range, tested) => {
    const ranges = [...(declared.get(name!) ?? ["-"])]
    assert.deepStrictEqual({ ranges: [range], tested }, { ranges, tested: testedVersion(name!) })
  })

  it("is what the first page that installs says", () => {
    const [installs] = read("docs/first-event.md").split("\n## ")
    const said = cellsOf(installs!).map(([name, range]) => [name, range])
    assert.isNotEmpty(said)
    const ranges = new Map(rows.map(([name, range]) => [name, range]))
    assert.deepStrictEqual(
      said,
      said.map(([name]) => [name, ranges.get(name!)])
    )
  })

  it("names all that the published packages ask for", () => {
    const names = new Set(rows.map(([name]) => name))
    assert.deepStrictEqual(
      [...declared.keys()].filter((name) => !names.has(name)),
      []
    )
  })
})

it("says of other runtimes the versions that the tests run on", () => {
  const sentence = /on Node\.js (\d+)\s+and\s+(\d+),\s+Bun\s+([\d.]+)\s+and\s+Deno\s+([\d.]+)/
  const tested = (name: string, parts: number) => testedVersion(name).split(".").slice(0, parts).join(".")
  const versions = [tested("node-22", 1), tested("node-24", 1), tested("@oven/bun-linux-x64", 2)]
  const said = sentence.exec(read("docs/compatibility.md"))?.slice(1)
  assert.deepStrictEqual(said, [...versions, tested("@deno/linux-x64-glibc", 2)])
})

/** A program that imports every package, and takes a module of one by its own name with `how`. */
const program = (how: string): string => `
import { Entity } from "@trackmap/core"
import { ClickHouse } from "@trackmap/clickhouse"
import { Console } from "@trackmap/console"
import { DuckDB } from "@trackmap/duckdb"
import { GA4 } from "@trackmap/ga4"
import { Inspector } from "@trackmap/inspector"
import { Amplitude } from "@trackmap/amplitude"
import { JetStream } from "@trackmap/jetstream"
import { Mixpanel } from "@trackmap/mixpanel"
import { Tracking } from "@trackmap/node"
import * as OpenTelemetry from "@trackmap/opentelemetry"
import { PostHog } from "@trackmap/posthog"
import { Segment } from "@trackmap/segment"
import { Snowplow } from "@trackmap/snowplow"
import { Sql } from "@trackmap/sql"
import { InMemory } from "@trackmap/testing"
import * as Schema from "effect/Schema"
import ${how}

const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int } })
export const values: { readonly OrderLine_id: number } = Module.valuesSync(OrderLine, { id: 1 })
export const sinks = [Amplitude, ClickHouse, Console, DuckDB, GA4, Inspector, JetStream, Mixpanel, OpenTelemetry, PostHog, Segment, Snowplow, Sql, Tracking, InMemory]
// @ts-expect-error: the types are there, and no key is any.
export const wrong: { readonly OrderLine_id: string } = Module.valuesSync(OrderLine, { id: 1 })
`

describe("the table of module settings", () => {
  const folder = mkdtempSync(join(import.meta.dirname, "../.copies-"))
  beforeAll(() => {
    writeFileSync(join(folder, "imports.mts"), program(`* as Module from "@trackmap/core/Entity"`))
    writeFileSync(join(folder, "requires.cts"), program(`Module = require("@trackmap/core/Entity")`))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(table("TypeScript"))("says rightly that %s with %s can import, %s, and require, %s", async (...cells) => {
    const [module, moduleResolution, imports, requires] = cells
    const settings = join(folder, `tsconfig.${module}.json`)
    const compilerOptions = { target: "es2022", types: ["node"], strict: true, skipLibCheck: false, noEmit: true }
    const options = { ...compilerOptions, module, moduleResolution }
    writeFileSync(settings, JSON.stringify({ compilerOptions: options, files: ["imports.mts", "requires.cts"] }))
    const tsc = join(root, "node_modules/typescript/bin/tsc")
    const printed = await promisify(execFile)(process.execPath, [tsc, "-p", settings], { cwd: folder }).then(
      () => "",
      ({ stdout }: { readonly stdout: string }) => stdout
    )
    // What is indented goes on about the line above it.
    const errors = printed.split("\n").filter((line) => /^\S/.test(line))
    const compiles = (file: string) => (errors.some((line) => line.startsWith(file)) ? "no" : "yes")
    assert.deepStrictEqual(
      errors.filter((line) => !/^(imports|requires)\./.test(line)),
      []
    )
    assert.deepStrictEqual([compiles("imports.mts"), compiles("requires.cts")], [imports, requires])
  })
})
