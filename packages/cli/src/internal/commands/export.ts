import type { Format, Loss, Settings } from "@trackmap/core/PlanSupport"
import type { PlanSupportError } from "@trackmap/core/PlanSupportError"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Predicate from "effect/Predicate"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Lock from "../../Lock.ts"
import { formatsOf, supporting } from "../export/formats.ts"
import { idOf } from "../lock/model.ts"
import { visible } from "../markdown.ts"
import { Ended, UsageError } from "./ended.ts"
import * as files from "./files.ts"
import { exportFolder, json, loadPlan, lockFile, lockOf, placeOf, plan } from "./flags.ts"

const format = Argument.String("format").pipe(
  Argument.withDescription("The format. Without it, the command prints the formats that your project has"),
  Argument.optional
)
const name = Flag.String("name").pipe(
  Flag.withDescription("What the plan is called there, such as the vendor com.acme of Snowplow's schemas"),
  Flag.optional
)
const check = Flag.Boolean("check").pipe(
  Flag.withDescription("Writes nothing, and ends with 1 if a file is stale"),
  Flag.withDefault(false)
)

/** What the lock file knows of a plan. */
const settingsOf = (lock: Lock.Lock, name: string | undefined): Settings => {
  const subject = (of: string, kind: "event" | "call" = "event") => lock.subjects.get(idOf({ kind, name: of }))
  return {
    name,
    versionOf: (of, kind) => (kind === "entity" ? lock.entities.get(of)?.version : subject(of, kind)?.header.version),
    placeOf: (of, key, kind) => subject(of, kind)?.keys.get(key)?.at
  }
}

const chosen = (formats: ReadonlyMap<string, Format>, given: string): Effect.Effect<Format, UsageError> =>
  Effect.suspend(() => {
    const found = formats.get(given)
    return found === undefined
      ? Effect.fail(
          new UsageError({
            reason: `there is no format ${JSON.stringify(given)}`,
            remedy: `use one of ${[...formats.keys()].join(", ")}; the package of a destination has others: install it in this project`
          })
        )
      : Effect.succeed(found)
  })

/** The error of any copy of core's: the package may have another than this command. */
const isExpected = (cause: unknown): cause is PlanSupportError => Predicate.isTagged(cause, "PlanSupportError")

const written = ({ write }: Format, of: Parameters<Format["write"]>) =>
  Effect.try({ try: () => write(...of), catch: (cause) => cause }).pipe(
    Effect.catch((cause) => (isExpected(cause) ? Effect.fail(cause) : Effect.die(cause)))
  )

const lossText = ({ key, name, what }: Loss): string =>
  visible(`${key === undefined ? name : `${name} · ${key}`}: the file does not have ${what}`)

/** As many losses as a person reads. */
const shown = 20

const lossTexts = (losses: ReadonlyArray<Loss>): ReadonlyArray<string> => {
  const more = losses.length - shown
  const texts = losses.slice(0, shown).map(lossText)
  return more > 0 ? [...texts, `… and ${more} more: --json has all of them`] : texts
}

export const exporting = Command.make(
  "export",
  { format, ...plan, out: exportFolder, name, lock: lockFile, check, json },
  Effect.fn(function* (given) {
    const { join } = yield* Path.Path
    if (Option.isNone(given.format)) {
      const formats = formatsOf(yield* supporting(join(process.cwd(), "package.json")))
      const all = Array.from(formats.values(), ({ description, name }) => ({ name, description }))
      const width = Math.max(...all.map(({ name }) => name.length))
      yield* Console.log(
        given.json
          ? JSON.stringify({ formats: all })
          : all.map(({ description, name }) => `${name.padEnd(width)}  ${description}`).join("\n")
      )
      return
    }
    const loaded = yield* loadPlan(given)
    const to = yield* chosen(formatsOf(yield* supporting(loaded.file)), given.format.value)
    const file = lockOf(given.lock, loaded)
    const before = yield* files.read(file)
    const lock = Lock.make(loaded.plan, before === undefined ? undefined : yield* Lock.read(before, file))
    const exported = yield* written(to, [loaded.plan, settingsOf(lock, Option.getOrUndefined(given.name))])
    const folder = placeOf(given.out, loaded, join("exports", to.name))
    const differing = yield* files.folderOf(folder, { files: exported.files }, { isDry: given.check })
    const names = Array.from(exported.files.keys(), (file) => join(folder, file))
    const stale = given.check ? [...differing.written, ...differing.removed].map((file) => join(folder, file)) : []
    yield* given.json
      ? Console.log(
          JSON.stringify({
            files: names,
            ...(given.check && { stale }),
            removed: differing.removed,
            losses: exported.losses
          })
        )
      : Console.log((given.check ? stale : names).join("\n"))
    for (const text of given.json ? [] : lossTexts(exported.losses)) yield* Console.error(text)
    if (stale.length > 0) {
      yield* Console.error(`${folder} is stale: run \`trackmap export ${to.name}\`, and commit it`)
      return yield* new Ended({ code: 1 })
    }
  })
).pipe(
  Command.withDescription("Writes the plan in the format of another tool"),
  Command.withExamples([
    { command: "trackmap export", description: "Lists the formats that your project has" },
    { command: "trackmap export json-schema", description: "Writes exports/json-schema" }
  ])
)
