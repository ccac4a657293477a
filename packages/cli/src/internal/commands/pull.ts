import { existsSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type { PullError } from "../../PullError.ts"
import * as Pull from "../../Pull.ts"
import { dependenciesOf, read as readManifest } from "../init/manifest.ts"
import { visible } from "../markdown.ts"
import type { NotTaken } from "../pull/model.ts"
import { UsageError } from "./ended.ts"
import * as files from "./files.ts"
import { json } from "./flags.ts"
import { counted } from "./report.ts"

const sources: Readonly<
  Record<string, (files: Pull.Files, options: Pull.Options) => Effect.Effect<Pull.Pulled, PullError>>
> = {
  segment: Pull.segment,
  "json-schema": Pull.jsonSchemas,
  mixpanel: Pull.mixpanel
}

const source = Argument.String("source").pipe(
  Argument.withDescription(`What the files are of: ${Object.keys(sources).join(", ")}`)
)
const path = Argument.String("path").pipe(Argument.withDescription("A file, or a folder with files of JSON"))
const out = Flag.String("out").pipe(
  Flag.withDescription("The folder of the module plan.ts. Default: src/tracking, or tracking without a folder src"),
  Flag.optional
)

const order = new Intl.Collator("en", { numeric: true }).compare

/** The texts of a file, or of the files of JSON in a folder. */
const textsIn = Effect.fnUntraced(function* (given: string) {
  const disk = yield* FileSystem.FileSystem
  const info = yield* Effect.mapError(
    disk.stat(given),
    () => new UsageError({ reason: `there is no file or folder ${given}`, remedy: "pass what the tool has exported" })
  )
  if (info.type !== "Directory") return new Map([[given, (yield* files.read(given)) ?? ""]])
  const all = yield* Effect.mapError(
    disk.readDirectory(given, { recursive: true }),
    ({ message }) => new UsageError({ reason: message, remedy: "let this process read the folder" })
  )
  const names = all.filter((name) => /\.json$/i.test(name) && !/(?:^|[/\\])\./.test(name)).toSorted(order)
  if (names.length === 0) {
    return yield* new UsageError({ reason: `${given} has no files of JSON`, remedy: "pass the folder that has them" })
  }
  const texts = yield* Effect.forEach(names, (name) => files.read(join(given, name)))
  return new Map(names.map((name, at) => [name, texts[at] ?? ""]))
})

/** The closest package.json to a file that need not be there yet. */
const manifestOf = (file: string): string | undefined => {
  const folder = dirname(file)
  const own = join(folder, "package.json")
  return existsSync(own) ? readFileSync(own, "utf8") : folder === file ? undefined : manifestOf(folder)
}

/** The package that the code of a file imports from: with promises, a project depends on `@trackmap/node` alone. */
const libraryOf = (file: string): Pull.Options["library"] => {
  const packages = dependenciesOf(readManifest(manifestOf(resolve(file)) ?? "") ?? {})
  return packages.has("@trackmap/node") && !packages.has("@trackmap/core") ? "@trackmap/node" : "@trackmap/core"
}

const lineOf = ({ key, name, what }: NotTaken): string =>
  visible(`${key === undefined ? name : `${name} · ${key}`}: not taken: ${what}`)

export const pull = Command.make(
  "pull",
  { source, path, out, json },
  Effect.fn(function* (given) {
    const disk = yield* FileSystem.FileSystem
    const read = Object.hasOwn(sources, given.source) ? sources[given.source] : undefined
    if (read === undefined) {
      return yield* new UsageError({
        reason: `there is no source ${JSON.stringify(given.source)}`,
        remedy: `use one of ${Object.keys(sources).join(", ")}`
      })
    }
    const texts = yield* textsIn(given.path)
    const folder = Option.getOrElse(given.out, () => "tracking")
    const isInSource = Option.isNone(given.out) && (yield* Effect.orElseSucceed(disk.exists("src"), () => false))
    const to = isInSource ? join("src", folder) : folder
    const file = join(to, "plan.ts")
    const library = libraryOf(file)
    const { code, entities, events, notTaken } = yield* read(texts, { library })
    if (events === 0) {
      return yield* new UsageError({ reason: `${given.path} has no events`, remedy: "pass what the tool has exported" })
    }
    const before = yield* files.read(file)
    if (before !== undefined && before !== code) {
      return yield* new UsageError({
        reason: `${file} is there already`,
        remedy: "pull writes a module once: pass another folder, with --out"
      })
    }
    yield* files.writeInto(to, "plan.ts", code)
    yield* Console.log(
      given.json
        ? JSON.stringify({ file, events, entities, notTaken })
        : `${file}: ${counted(events, "event")}, ${entities} ${entities === 1 ? "entity" : "entities"}`
    )
    for (const one of given.json ? [] : notTaken) yield* Console.error(lineOf(one))
  })
).pipe(
  Command.withDescription("Writes the code of a plan from the tracking plan of another tool"),
  Command.withExamples([
    { command: "trackmap pull segment plan.json", description: "Writes tracking/plan.ts" },
    { command: "trackmap pull json-schema schemas --out src/tracking", description: "From a folder of JSON Schemas" }
  ])
)
