import { execFile } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { promisify } from "node:util"
import { gzipSync } from "node:zlib"
import { build, type BuildOptions, type Metafile } from "esbuild"
import { compare, type Measured, type Question } from "./Report.ts"

const run = promisify(execFile)
const folder = fileURLToPath(new URL(".", import.meta.url))

const rounds = 9

const own = ["@trackmap/core", "@trackmap/segment"]
/** How many milliseconds more these may take than the modules of Effect that they use. */
const allowed = 12
const effect = ["effect", "effect/*"]

/** The packages, and a minimal service for each, which is bundled. */
const contestants = {
  effect: { name: "core and Segment", packages: own, entry: `export * from "./startup/service.ts"` },
  promises: {
    name: "the promise face and Segment",
    packages: ["@trackmap/node", "@trackmap/segment"],
    entry: `export * from "./startup/promises.ts"`
  },
  analytics: {
    name: "@segment/analytics-node",
    packages: ["@segment/analytics-node"],
    entry: `export { Analytics } from "@segment/analytics-node"`
  },
  posthog: { name: "posthog-node", packages: ["posthog-node"], entry: `export { PostHog } from "posthog-node"` }
} as const
type Name = keyof typeof contestants
const names = Object.keys(contestants) as ReadonlyArray<Name>

const byName = <A>(of: (name: Name) => A): Readonly<Record<Name, A>> => ({
  effect: of("effect"),
  promises: of("promises"),
  analytics: of("analytics"),
  posthog: of("posthog")
})

const bundled = (entry: string, options: BuildOptions) =>
  build({
    ...options,
    stdin: { contents: entry, resolveDir: folder },
    absWorkingDir: folder,
    bundle: true,
    metafile: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
    // The dependencies of the peers are CommonJS.
    banner: { js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);` }
  })

// -----------------------------------------------------------------------------
// time
// -----------------------------------------------------------------------------

/** Milliseconds of CPU that a new process spends on groups of modules, one after the other. */
const imported = async (
  groups: ReadonlyArray<ReadonlyArray<string>>,
  env: NodeJS.ProcessEnv = {}
): Promise<ReadonlyArray<number>> => {
  const program = `
    const spent = () => { const { system, user } = process.cpuUsage(); return (system + user) / 1000 }
    const times = []
    for (const group of ${JSON.stringify(groups)}) {
      const before = spent()
      await Promise.all(group.map((module) => import(module)))
      times.push(spent() - before)
    }
    process.stdout.write(JSON.stringify(times))`
  const options = { cwd: folder, env: { ...process.env, ...env } }
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], options)
  return JSON.parse(stdout)
}

/** The modules that a module imports when it loads, not later. */
const loadedWith = ({ inputs }: Metafile, path: string, known = new Set<string>()): ReadonlySet<string> => {
  for (const { external, kind, path: imported } of inputs[path]!.imports) {
    if (kind !== "import-statement" || known.has(imported)) continue
    known.add(imported)
    if (external !== true) loadedWith({ inputs, outputs: {} }, imported, known)
  }
  return known
}

/** The modules of Effect that the built files of core and the sink import. */
const effectModules = async (): Promise<ReadonlyArray<string>> => {
  const entry = own.map((name, i) => `export * as own${i} from "${name}"`).join("\n")
  const { metafile } = await bundled(entry, { external: effect, treeShaking: false, write: false })
  return [...loadedWith(metafile, "<stdin>")].filter((path) => path.startsWith("effect")).sort()
}

interface Form {
  readonly name: string
  readonly target: number | null
  readonly env: NodeJS.ProcessEnv
  readonly modules: Readonly<Record<Name, ReadonlyArray<string>>>
}

const formsIn = async (temporary: string): Promise<ReadonlyArray<Form>> => {
  // With these options from docs/serverless.md, modules that load later are in separate files.
  const options: BuildOptions = { splitting: true, outExtension: { ".js": ".mjs" }, minify: true, write: true }
  await Promise.all(
    names.map((name) => bundled(contestants[name].entry, { ...options, outdir: join(temporary, name) }))
  )
  const plain = byName((name) => contestants[name].packages)
  const bundle = byName((name) => [pathToFileURL(join(temporary, name, "stdin.mjs")).href])
  const cache = { NODE_COMPILE_CACHE: join(temporary, "cache") }
  return [
    { name: "from node_modules", target: 2.2, env: {}, modules: plain },
    { name: "bundled", target: 0.9, env: {}, modules: bundle },
    { name: "from node_modules, with the compile cache", target: null, env: cache, modules: plain },
    { name: "bundled, with the compile cache", target: null, env: cache, modules: bundle }
  ]
}

const importRows = async (): Promise<ReadonlyArray<Measured>> => {
  const modules = await effectModules()
  const temporary = await mkdtemp(join(tmpdir(), "startup-"))
  try {
    const forms = await formsIn(temporary)
    // Fills the caches of the compiler and of the file system.
    for (const { env, modules } of forms) for (const name of names) await imported([modules[name]], env)
    const times = forms.map(() => byName((): Array<number> => []))
    const shares: Array<number> = []
    for (let round = 0; round < rounds; round++) {
      shares.push((await imported([modules, own]))[1]!)
      for (const [index, { env, modules }] of forms.entries()) {
        for (const name of names) times[index]![name].push((await imported([modules[name]], env))[0]!)
      }
    }
    const unit = "ms of CPU"
    const row = (name: string, target: number | null, index: number, one: Name, other: Name): Measured =>
      compare({ name, unit, baseline: contestants[other].name, target }, times[index]![one], times[index]![other])
    return [
      compare(
        {
          name: `import of core and Segment, above the ${modules.length} modules of Effect that they use`,
          unit,
          baseline: "the allowed maximum",
          target: 1
        },
        shares,
        shares.map(() => allowed)
      ),
      ...forms.flatMap((form, index) => [
        row(`import of core and Segment, ${form.name}`, form.target, index, "effect", "analytics"),
        row(`import of the promise face and Segment, ${form.name}`, null, index, "promises", "analytics"),
        row(`import of posthog-node, ${form.name}`, null, index, "posthog", "analytics")
      ])
    ]
  } finally {
    await rm(temporary, { recursive: true })
  }
}

// -----------------------------------------------------------------------------
// size
// -----------------------------------------------------------------------------

interface Size {
  readonly minified: number
  readonly gzip: number
}

const sizeOf = async (entry: string, options: BuildOptions = {}): Promise<Size> => {
  const { outputFiles } = await bundled(entry, { ...options, minify: true, write: false })
  const { contents } = outputFiles![0]!
  return { minified: contents.length / 1000, gzip: gzipSync(contents).length / 1000 }
}

const bundleRows = async (): Promise<ReadonlyArray<Measured>> => {
  const everything = own.map((name, i) => `export * as own${i} from "${name}"`).join("\n")
  const peer = await sizeOf(contestants.analytics.entry)
  const row = (name: string, unit: keyof Size, value: number): Measured =>
    compare({ name, unit: `KB ${unit}`, baseline: contestants.analytics.name, target: null }, [value], [peer[unit]])
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
    ...(await rows("bundle of a service", contestants.effect.entry, ["gzip", "minified"])),
    ...(await rows("bundle of all of core and Segment", everything, ["gzip"]))
  ]
}

export const startup: Question = {
  name: "startup",
  measure: async () => [...(await importRows()), ...(await bundleRows())]
}
