import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Path from "effect/Path"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { jsonSchema } from "../export/jsonSchema.ts"
import * as files from "./files.ts"
import { json, loadPlan, plan } from "./flags.ts"

const out = Flag.String("out").pipe(Flag.withDescription("The folder for the files"), Flag.withDefault("."))

const jsonSchemaCommand = Command.make(
  "json-schema",
  { ...plan, out, json },
  Effect.fn(function* (given) {
    const { join } = yield* Path.Path
    const loaded = yield* loadPlan(given)
    const exported = jsonSchema(loaded.plan)
    yield* files.folder(given.out)
    const written = Array.from(exported.files, ([name, text]) => [join(given.out, name), text] as const)
    yield* Effect.forEach(written, ([file, text]) => files.write(file, text), { discard: true })
    const names = written.map(([file]) => file)
    yield* given.json
      ? Console.log(JSON.stringify({ files: names, losses: exported.losses }))
      : Console.log(names.join("\n"))
    for (const { key, name, what } of given.json ? [] : exported.losses) {
      yield* Console.error(`${name}${key === undefined ? "" : ` · ${key}`}: the schema does not have ${what}`)
    }
  })
).pipe(Command.withDescription("JSON Schema 2020-12: a file for each event"))

export const exporting = Command.make("export").pipe(
  Command.withDescription("Writes the plan in the format of another tool"),
  Command.withSubcommands([jsonSchemaCommand])
)
