import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Path from "effect/Path"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { jsonSchema, mark } from "../export/jsonSchema.ts"
import * as files from "./files.ts"
import { json, loadPlan, plan } from "./flags.ts"

const out = Flag.String("out").pipe(Flag.withDescription("The folder of the schemas"), Flag.withDefault("schemas"))

const jsonSchemaCommand = Command.make(
  "json-schema",
  { ...plan, out, json },
  Effect.fn(function* (given) {
    const { join } = yield* Path.Path
    const loaded = yield* loadPlan(given)
    const exported = jsonSchema(loaded.plan)
    const { removed } = yield* files.folderOf(given.out, { files: exported.files, mark }, { isDry: false })
    const names = Array.from(exported.files.keys(), (name) => join(given.out, name))
    yield* given.json
      ? Console.log(JSON.stringify({ files: names, removed, losses: exported.losses }))
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
