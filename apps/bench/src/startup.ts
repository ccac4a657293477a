import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { gzipSync } from "node:zlib"
import { build, type BuildOptions } from "esbuild"
import { compare, type Measured, type Question } from "./Report.ts"

const run = promisify(execFile)
const folder = fileURLToPath(new URL(".", import.meta.url))

/** Milliseconds that core and one sink may take of their own. */
const allowed = 15
const times = 21

const own = ["@trackmap/core", "@trackmap/segment"]
const promiseFace = "@trackmap/node"
/** Milliseconds that the promise face may take above these. */
const allowedMore = 20
const analytics = "@segment/analytics-node"
const effect = ["effect", "effect/*"]

const bundled = (entry: string, options: BuildOptions) =>
  build({
    ...options,
    stdin: { contents: entry, resolveDir: folder },
    absWorkingDir: folder,
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    logLevel: "error"
  })

/** The modules of Effect that core and the sink import, as their built files have it. */
const effectModules = async (): Promise<ReadonlyArray<string>> => {
  const entry = own.map((name, i) => `export * as own${i} from "${name}"`).join("\n")
  const { metafile } = await bundled(entry, { external: effect, treeShaking: false })
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports)
  return [...new Set(imports.filter(({ external }) => external).map(({ path }) => path))]
    .filter((path) => path.startsWith("effect"))
    .sort()
}

/** Imports groups of modules one after the other, in a process of its own: the milliseconds of each group. */
const imported = async (...groups: ReadonlyArray<ReadonlyArray<string>>): Promise<ReadonlyArray<number>> => {
  const program = `
    const times = []
    for (const group of ${JSON.stringify(groups)}) {
      const start = performance.now()
      await Promise.all(group.map((module) => import(module)))
      times.push(performance.now() - start)
    }
    process.stdout.write(JSON.stringify(times))`
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], { cwd: folder })
  return JSON.parse(stdout)
}

const importRows = async (): Promise<ReadonlyArray<Measured>> => {
  const modules = await effectModules()
  const samples: Array<Readonly<Record<"effect" | "own" | "all" | "more" | "analytics", number>>> = []
  for (let time = 0; time < times; time++) {
    const [effect, above] = await imported(modules, own)
    const [all, more] = await imported(own, [promiseFace])
    const [peer] = await imported([analytics])
    samples.push({ effect: effect!, own: above!, all: all!, more: more!, analytics: peer! })
  }
  const of = (what: keyof (typeof samples)[number]) => samples.map((sample) => sample[what])
  const beside = { unit: "ms", baseline: analytics, target: null }
  return [
    compare(
      {
        name: `import of core and Segment, above the ${modules.length} modules of Effect that they use`,
        unit: "ms",
        baseline: "what is allowed",
        target: 1
      },
      of("own"),
      samples.map(() => allowed)
    ),
    compare(
      {
        name: "import of the promise face, above core and Segment",
        unit: "ms",
        baseline: "what is allowed",
        target: 1
      },
      of("more"),
      samples.map(() => allowedMore)
    ),
    compare({ ...beside, name: "import of core and Segment" }, of("all"), of("analytics")),
    compare({ ...beside, name: "import of those modules of Effect" }, of("effect"), of("analytics"))
  ]
}

interface Size {
  readonly minified: number
  readonly gzip: number
}

const sizeOf = async (entry: string, options: BuildOptions = {}): Promise<Size> => {
  const { outputFiles } = await bundled(entry, { ...options, minify: true })
  const { contents } = outputFiles[0]!
  return { minified: contents.length / 1000, gzip: gzipSync(contents).length / 1000 }
}

const bundleRows = async (): Promise<ReadonlyArray<Measured>> => {
  const service = `export * from "./startup/service.ts"`
  const everything = own.map((name, i) => `export * as own${i} from "${name}"`).join("\n")
  const peer = await sizeOf(`export { Analytics } from "${analytics}"`)
  const row = (name: string, unit: keyof Size, value: number): Measured =>
    compare({ name, unit: `KB ${unit}`, baseline: analytics, target: null }, [value], [peer[unit]])
  const rows = async (name: string, entry: string, units: ReadonlyArray<keyof Size>) => {
    const all = await sizeOf(entry)
    const own = await sizeOf(entry, { external: effect })
    return units.flatMap((unit) => [
      row(name, unit, all[unit]),
      row(`${name}, Trackmap's share`, unit, own[unit]),
      row(`${name}, Effect's share`, unit, all[unit] - own[unit])
    ])
  }
  return [
    ...(await rows("bundle of a service", service, ["gzip", "minified"])),
    ...(await rows("bundle of all of core and Segment", everything, ["gzip"]))
  ]
}

export const startup: Question = {
  name: "startup",
  measure: async () => [...(await importRows()), ...(await bundleRows())]
}
