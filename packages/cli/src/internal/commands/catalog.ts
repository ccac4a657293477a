import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { mark, pagesOf } from "../catalog/markdown.ts"
import { Ended } from "./ended.ts"
import * as files from "./files.ts"
import { catalogFolder, json, loadPlan, placeOf, plan } from "./flags.ts"
import { counted } from "./report.ts"

const check = Flag.Boolean("check").pipe(
  Flag.withDescription("Writes nothing, and ends with 1 if the catalogue is stale"),
  Flag.withDefault(false)
)

export const catalog = Command.make(
  "catalog",
  { ...plan, out: catalogFolder, check, json },
  Effect.fn(function* (given) {
    const loaded = yield* loadPlan(given)
    const out = placeOf(given.out, loaded, "tracking-plan")
    const { removed, written } = yield* files.folderOf(
      out,
      { files: pagesOf(loaded.plan), mark },
      { isDry: given.check }
    )
    const isStale = written.length + removed.length > 0
    const [did, gone] = given.check ? ["stale", "to remove"] : ["written", "removed"]
    yield* given.json
      ? Console.log(JSON.stringify({ folder: out, written, removed }))
      : Console.log(
          isStale ? `${out}: ${counted(written.length, "page")} ${did}, ${removed.length} ${gone}` : `${out}: current`
        )
    if (isStale && given.check) {
      yield* Console.error(`${out} is stale: run \`trackmap catalog\`, and commit it`)
      return yield* new Ended({ code: 1 })
    }
  })
).pipe(Command.withDescription("Writes the plan's catalogue as Markdown: a page for each event and each entity"))
