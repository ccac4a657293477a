/** Arguments and flags that commands share. */
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

export const lockFile = Flag.String("lock").pipe(
  Flag.withDescription("The lock file"),
  Flag.withDefault("trackmap.lock")
)

export const json = Flag.Boolean("json").pipe(Flag.withDescription("Prints JSON"), Flag.withDefault(false))

interface Given {
  readonly module: Option.Option<string>
  readonly export: Option.Option<string>
  readonly import: ReadonlyArray<string>
  readonly timeout: number
}

/** Loads the plan that the arguments name. What the module prints goes to the standard error. */
export const loadPlan = Effect.fnUntraced(function* (given: Given): Effect.fn.Return<Loaded, PlanError> {
  const file = yield* Option.match(given.module, { onNone: () => find(process.cwd()), onSome: Effect.succeed })
  return yield* load(file, {
    name: Option.getOrUndefined(given.export),
    imports: given.import,
    timeout: given.timeout * 1_000,
    onOutput: (text) => void process.stderr.write(text)
  })
})
