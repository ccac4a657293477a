import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Lock from "../../Lock.ts"
import * as history from "../catalog/history/log.ts"
import { mark, pagesOf } from "../catalog/markdown.ts"
import * as data from "../catalog/site/data.ts"
import { filesOf } from "../catalog/site/site.ts"
import type { Loaded } from "../load/load.ts"
import { visible } from "../markdown.ts"
import { Ended } from "./ended.ts"
import * as files from "./files.ts"
import { catalogFolder, json, loadPlan, lockFile, lockOf, moduleOf, placeOf, plan } from "./flags.ts"
import { counted } from "./report.ts"

const site = Flag.String("site").pipe(
  Flag.withDescription("Writes a site into this folder, with a search, in place of the Markdown"),
  Flag.optional
)
const sinks = Flag.File("sinks").pipe(
  Flag.withDescription("A module that exports the sinks. Default with --site: the module of the plan"),
  Flag.atLeast(0)
)
const check = Flag.Boolean("check").pipe(
  Flag.withDescription("Writes nothing, and ends with 1 if the catalogue is stale"),
  Flag.withDefault(false)
)

/** What the sinks get, if the module has any. Says which exports are left out. */
const seenIn = Effect.fnUntraced(function* ({ sinks }: Loaded) {
  for (const name of sinks?.unseen ?? []) {
    const why = "is not a sink but a function or an Effect: export the sinks themselves to see what they get"
    yield* Console.error(visible(`the export ${name} ${why}`))
  }
  return sinks === undefined || sinks.names.length === 0 ? undefined : sinks
})

/** The files of the site, with what the lock file and its commits say. */
const siteOf = Effect.fnUntraced(function* (loaded: Loaded, lock: string) {
  const text = yield* files.read(lock)
  const known = yield* Lock.read(text ?? "", lock).pipe(
    Effect.tapError(({ message }) => (text === undefined ? Effect.void : Console.error(visible(message)))),
    Effect.orElseSucceed(() => undefined)
  )
  const past = yield* history.read(lock)
  for (const [hash, date, reason] of past?.skipped ?? []) {
    yield* Console.error(visible(`${lock} at ${hash} (${date}) is not in the history: ${reason}`))
  }
  return filesOf(data.of(loaded.plan, { lock: known, history: past, sinks: yield* seenIn(loaded) }))
})

export const catalog = Command.make(
  "catalog",
  { ...plan, out: catalogFolder, site, lock: lockFile, sinks, check, json },
  Effect.fn(function* (given) {
    const isSite = Option.isSome(given.site)
    const modules = isSite && given.sinks.length === 0 ? [yield* moduleOf(given)] : given.sinks
    const loaded = yield* loadPlan(given, modules)
    const folder = Option.getOrElse(given.site, () => placeOf(given.out, loaded, "tracking-plan"))
    const wanted = isSite
      ? { files: yield* siteOf(loaded, lockOf(given.lock, loaded)) }
      : { files: pagesOf(loaded.plan, yield* seenIn(loaded)), mark }
    const { removed, written } = yield* files.folderOf(folder, wanted, { isDry: given.check })
    const isStale = written.length + removed.length > 0
    const [did, gone] = given.check ? ["stale", "to remove"] : ["written", "removed"]
    yield* given.json
      ? Console.log(JSON.stringify({ folder, written, removed }))
      : Console.log(
          isStale
            ? `${folder}: ${counted(written.length, isSite ? "file" : "page")} ${did}, ${removed.length} ${gone}`
            : `${folder}: current`
        )
    if (isStale && given.check) {
      const flags = isSite ? ` --site ${folder}` : ""
      yield* Console.error(`${folder} is stale: run \`trackmap catalog${flags}\`${isSite ? "" : ", and commit it"}`)
      return yield* new Ended({ code: 1 })
    }
  })
).pipe(
  Command.withDescription(
    "Writes the plan's catalogue: Markdown with a page for each event and each entity, or a site"
  ),
  Command.withExamples([
    { command: "trackmap catalog", description: "Writes Markdown to commit" },
    { command: "trackmap catalog --site site", description: "Writes a site with a search: open site/index.html" }
  ])
)
