import { execFile } from "node:child_process"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { compare, type Measured, type Question } from "./Report.ts"

const run = promisify(execFile)
// Below apps/bench, so that the generated project finds @trackmap/core.
const folder = fileURLToPath(new URL("../generated/", import.meta.url))
const tsc = fileURLToPath(import.meta.resolve("typescript/package.json")).replace("package.json", "bin/tsc")

const levels = 5
/** Fewer than eighty entities cannot have two relations each over five levels without two paths that write the same key. */
const sizes = [100, 200, 400]
const repeats = 3

const name = (level: number, column: number): string => `Level${level}Kind${column}`
const attributes =
  "{ id: Schema.Int, name: Schema.String, note: Schema.String, price: Schema.Finite, open: Schema.Boolean, code: Schema.String }"

/**
 * Each entity of a level relates to two of the next level: the one in its own column, and the one 1, 2, 4 or 8 columns further.
 * The sums of these all differ, so no two paths reach the same entity.
 */
const project = (size: number, library: string): string => {
  const width = size / levels
  const lines = [library, 'import * as Schema from "effect/Schema"']
  for (let level = levels - 1; level >= 0; level--) {
    for (let column = 0; column < width; column++) {
      const entity = name(level, column)
      const relation = (key: string, step: number): string => {
        const target = name(level + 1, (column + step) % width)
        return `Entity.one("${key}", ${target}, (row: { readonly ${key}: Entity.Row<typeof ${target}> }) => row.${key})`
      }
      const relations = level === levels - 1 ? "" : `.pipe(${relation("first", 0)}, ${relation("second", 2 ** level)})`
      lines.push(
        `export const ${entity} = Entity.make("${entity}", { key: "id", attributes: ${attributes} })${relations}`,
        `export const read${entity} = (values: Entity.Values<typeof ${entity}>): string => values.${entity}_name`
      )
    }
  }
  for (let column = 0; column < width; column++) {
    const entity = name(0, column)
    const deepest = name(levels - 1, (column + 15) % width)
    lines.push(
      `export const value${entity} = (row: Entity.Row<typeof ${entity}>) => Entity.values(${entity}, row)`,
      `export const deep${entity} = (row: Entity.Row<typeof ${entity}>): string => Entity.valuesSync(${entity}, row).${deepest}_code`
    )
  }
  return `${lines.join("\n")}\n`
}

const ours = 'import { Entity } from "@trackmap/core"'
const sketch = 'import * as Entity from "../src/sketch.ts"'

const configuration = {
  extends: "../../../tsconfig.base.json",
  compilerOptions: { noEmit: true, declaration: false, declarationMap: false, sourceMap: false }
}

interface Check {
  readonly instantiations: number
  readonly seconds: number
}

const check = async (project: string): Promise<Check> => {
  const { stdout } = await run(process.execPath, [tsc, "-p", project, "--extendedDiagnostics"])
  const figure = (title: string): number => {
    const found = new RegExp(`^${title}:\\s+([\\d.]+)`, "m").exec(stdout)
    if (found === null) throw new Error(`tsc reports no "${title}":\n${stdout}`)
    return Number(found[1])
  }
  return { instantiations: figure("Instantiations"), seconds: figure("Check time") }
}

const perEntity = (size: number, of: (size: number) => ReadonlyArray<number>, scale: number): ReadonlyArray<number> =>
  of(size).map((value) => (value * scale) / size)

export const typeGrowth: Question = {
  name: "types",
  measure: async () => {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder)
    const projects = [
      ...sizes.map((size) => ({ name: `map${size}`, size, library: ours })),
      { name: "sketch", size: 200, library: sketch }
    ]
    const checks = new Map<string, Array<Check>>()
    for (const { library, name, size } of projects) {
      await writeFile(`${folder}${name}.ts`, project(size, library))
      await writeFile(`${folder}${name}.json`, JSON.stringify({ ...configuration, files: [`${name}.ts`] }))
      // A map that the library refuses is cheap to check and would prove nothing.
      if (library === ours) await import(`${folder}${name}.ts`)
      checks.set(name, [])
    }
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const { name } of projects) checks.get(name)!.push(await check(`${folder}${name}.json`))
    }
    const instantiationsOf = (name: string) => checks.get(name)!.map((check) => check.instantiations)
    const secondsOf = (name: string) => checks.get(name)!.map((check) => check.seconds)
    const instantiations = (size: number) => instantiationsOf(`map${size}`)
    const seconds = (size: number) => secondsOf(`map${size}`)
    const growth = (size: number): ReadonlyArray<Measured> => {
      const label = { name: `types of ${size} entities`, baseline: `${sizes[0]} entities`, target: null }
      return [
        compare(
          { ...label, unit: "instantiations/entity" },
          perEntity(size, instantiations, 1),
          perEntity(sizes[0]!, instantiations, 1)
        ),
        compare(
          { ...label, unit: "ms check/entity" },
          perEntity(size, seconds, 1000),
          perEntity(sizes[0]!, seconds, 1000)
        )
      ]
    }
    const label = { name: "types of 200 entities", baseline: "the design's sketch of them", target: 2 }
    return [
      compare({ ...label, unit: "instantiations" }, instantiations(200), instantiationsOf("sketch")),
      compare({ ...label, unit: "s check" }, seconds(200), secondsOf("sketch")),
      ...sizes.flatMap(growth)
    ]
  }
}
