/**
 * The command `trackmap`, as a function.
 *
 * @module
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import { catalog } from "./internal/commands/catalog.ts"
import { check } from "./internal/commands/check.ts"
import { diff } from "./internal/commands/diff.ts"
import { exporting } from "./internal/commands/export.ts"
import { init } from "./internal/commands/init.ts"
import { lock } from "./internal/commands/lock.ts"
import { pull } from "./internal/commands/pull.ts"
import { tail } from "./internal/commands/tail.ts"
import { version } from "./internal/version.ts"

const trackmap = Command.make("trackmap").pipe(
  Command.withDescription("The tracking plan as an artifact: locked, compared, checked, exported and described"),
  Command.withSubcommands([init, pull, lock, diff, check, exporting, catalog, tail])
)

/** Help after a mistake goes to the standard error. */
const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Effect.gen(function* () {
          const formatter = CliOutput.defaultFormatter({ colors: false })
          yield* Console.error(formatter.formatHelpDoc(event.helpDoc))
          yield* Console.error(formatter.formatErrors(event.errors))
        })
      : CliOutput.defaultPresenter.present(event)
}

const failed = (error: { readonly message: string }): Effect.Effect<number> =>
  CliError.isCliError(error) ? Effect.succeed(2) : Effect.as(Console.error(`trackmap: ${error.message}`), 2)

/** Runs the command, which prints to the console. Returns its exit code: 2 if it failed, and others as the commands document them. */
export const program = (args: ReadonlyArray<string>): Effect.Effect<number> =>
  Command.runWith(trackmap, { version })(args).pipe(
    Effect.as(0),
    Effect.catchTag("Ended", ({ code }) => Effect.succeed(code)),
    Effect.catch(failed),
    Effect.catchDefect((cause) =>
      Effect.as(Console.error("trackmap: this is a fault of trackmap, please report it", cause), 2)
    ),
    Effect.provideService(CliOutput.Presenter, presenter),
    Effect.provide(NodeServices.layer)
  )

/** Runs the command in this process. Returns its exit code. */
export const run = (args: ReadonlyArray<string>): Promise<number> => Effect.runPromise(program(args))
