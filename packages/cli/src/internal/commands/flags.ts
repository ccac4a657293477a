/** Arguments and flags that commands share. */
import { findPackageJSON } from "node:module"
import { dirname, join, relative } from "node:path"
import { pathToFileURL } from "node:url"
import * as Option from "effect/Option"
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import type { PlanError } from "../../PlanError.ts"
import { find } from "../load/find.ts"
import { load, type Loaded } from "../load/load.ts"

export const plan = {
  module: Argument.File("module").pipe(
    Argument.withDescription("The module that exports the plan. Default: the only one that calls Plan.make"),
    Argument.optional
  ),
  export: Flag.String("export").pipe(
    Flag.withDescription("The export, if the module has several plans"),
    Flag.optional
  ),
  import: Flag.String("import").pipe(
    Flag.withDescription("A module for Node to load first, such as tsx"),
    Flag.atLeast(0)
  ),
  timeout: Flag.Int("timeout").pipe(
    Flag.withDescription("How many seconds the module may take to load"),
    Flag.withDefault(30)
  )
}

/** Where a command reads or writes. Default: a name in the project of the plan's module, wherever the command runs. */
const place = (flag: string, description: string, name: string) =>
  Flag.String(flag).pipe(
    Flag.withDescription(`${description}. Default: ${name} in the project of the module`),
    Flag.optional
  )

export const lockFile = place("lock", "The lock file", "trackmap.lock")
export const catalogFolder = place("out", "The folder of the catalogue", "tracking-plan")
export const knownFile = place("known", "A file of findings that were there before", "trackmap.known.json")
export const exportFolder = place("out", "The folder of the files", "exports, with the format's name,")

/** A place that the arguments name, or one in the project of a plan's module: where its package.json is. */
export const placeOf = (given: Option.Option<string>, { file }: Pick<Loaded, "file">, name: string): string =>
  Option.getOrElse(given, () => {
    const manifest = findPackageJSON(pathToFileURL(file))
    return relative(process.cwd(), join(manifest === undefined ? process.cwd() : dirname(manifest), name))
  })

/** The lock file of a plan. */
export const lockOf = (given: Option.Option<string>, loaded: Pick<Loaded, "file">): string =>
  placeOf(given, loaded, "trackmap.lock")

export const json = Flag.Boolean("json").pipe(Flag.withDescription("Prints JSON"), Flag.withDefault(false))

interface Given {
  readonly module: Option.Option<string>
  readonly export: Option.Option<string>
  readonly import: ReadonlyArray<string>
  readonly timeout: number
}

/** The file of the module that the arguments name. */
export const moduleOf = (given: Pick<Given, "module">): Effect.Effect<string, PlanError> =>
  Option.match(given.module, { onNone: () => find(process.cwd()), onSome: Effect.succeed })

/** Loads the plan that the arguments name. What the module prints goes to the standard error. */
export const loadPlan = Effect.fnUntraced(function* (
  given: Given,
  sinks: ReadonlyArray<string> = []
): Effect.fn.Return<Loaded, PlanError> {
  return yield* load(yield* moduleOf(given), {
    name: Option.getOrUndefined(given.export),
    imports: given.import,
    timeout: given.timeout * 1_000,
    sinks,
    onOutput: (text) => void process.stderr.write(text)
  })
})
