import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Prompt from "effect/cli/Prompt"
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as Init from "../../Init.ts"
import { missingOf } from "../init/apply.ts"
import { frameworks } from "../init/model.ts"
import { sinkNames, sinks } from "../init/sinks.ts"
import { UsageError } from "./ended.ts"
import { json } from "./flags.ts"

const sink = Flag.Literals("sink", sinkNames).pipe(
  Flag.withDescription("Where events go. Default: a question, or the console without a terminal"),
  Flag.optional
)
const framework = Flag.Literals("framework", frameworks).pipe(
  Flag.withDescription("The framework, if not that of the service's dependencies"),
  Flag.optional
)
const out = Flag.String("out").pipe(
  Flag.withDescription("The folder of the tracking. Default: tracking in src, or in the service's folder"),
  Flag.optional
)
const install = Flag.Boolean("install").pipe(
  Flag.withDescription("Adds the packages with your package manager. With --no-install, only to package.json"),
  Flag.withDefault(true)
)
const dryRun = Flag.Boolean("dry-run").pipe(
  Flag.withDescription("Writes nothing, and says what it would write"),
  Flag.withDefault(false)
)
const yes = Flag.Boolean("yes").pipe(Flag.withDescription("Asks nothing"), Flag.withDefault(false))

const question = Prompt.Select({
  message: "Where do events go?",
  choices: sinkNames.map((value) => ({ title: sinks[value].title, value }))
})

const asked = (isAsking: boolean) =>
  isAsking
    ? Effect.mapError(
        Prompt.run(question),
        () => new UsageError({ reason: "no sink was chosen", remedy: "pass one with --sink" })
      )
    : Effect.succeed("console" as const)

const names = { effect: "Effect", express: "Express", fastify: "Fastify", hono: "Hono", nest: "Nest", next: "Next" }

const titleOf = ({ framework, language, manager, modules, runner }: Init.Service): string =>
  `${framework === "node" ? "A service" : `A service with ${names[framework]}`}, in ${language} (${modules}), with ${manager} and ${runner}`

export const init = Command.make(
  "init",
  { sink, framework, out, install, dryRun, yes, json },
  Effect.fn(function* (given) {
    const service = yield* Init.inspect(process.cwd())
    const [plan] = service.plans
    if (plan !== undefined) {
      return yield* Console.log(
        given.json
          ? JSON.stringify({ state: "exists", folder: service.folder, plan, written: [] })
          : `there is a plan already: ${plan}`
      )
    }
    const { canPrompt } = yield* TerminalCapabilities.TerminalCapabilities
    const chosen = Option.isSome(given.sink) ? given.sink.value : yield* asked(canPrompt && !given.yes && !given.json)
    const scaffold = yield* Init.scaffold(service, {
      sink: chosen,
      framework: Option.getOrUndefined(given.framework),
      folder: Option.getOrUndefined(given.out)
    })
    const missing = yield* missingOf(scaffold)
    if (!given.json) yield* Console.log(titleOf(scaffold.service))
    const written = given.dryRun ? missing : yield* Init.apply(scaffold, given)
    const { commands, dependencies, devDependencies, steps, test } = scaffold
    if (given.json) {
      const { framework, language, manager, modules, runner } = scaffold.service
      return yield* Console.log(
        JSON.stringify({
          state: given.dryRun ? "planned" : "written",
          folder: service.folder,
          service: { framework, language, modules, manager, runner },
          sink: chosen,
          written,
          dependencies: Object.fromEntries(dependencies),
          devDependencies: Object.fromEntries(devDependencies),
          commands: commands.map((command) => command.join(" ")),
          test,
          steps
        })
      )
    }
    const did = given.dryRun ? "would be written" : "written"
    const installing = given.dryRun
      ? commands.map((command) => `$ ${command.join(" ")}`)
      : given.install
        ? []
        : [`The packages are in package.json: run \`${service.manager} install\`.`]
    yield* Console.log(
      [
        ...installing,
        ...written.map((name) => `${name}: ${did}`),
        "",
        `The test: ${test}`,
        ...steps.map((step, index) => `${index + 1}. ${step}`)
      ].join("\n")
    )
  })
).pipe(
  Command.withDescription("Adds tracking to an existing service: an event, a sink, and a test"),
  Command.withExamples([
    { command: "trackmap init", description: "Asks where events go, and adds the packages and the files" },
    { command: "trackmap init --sink segment --dry-run", description: "Says what it would do" }
  ])
)
