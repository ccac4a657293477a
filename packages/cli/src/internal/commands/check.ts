import { relative } from "node:path"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { getTsconfig } from "get-tsconfig"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Check from "../../Check.ts"
import * as Usage from "../../Usage.ts"
import type { Loaded } from "../load/load.ts"
import type { Finding } from "../check/model.ts"
import { supporting } from "../export/formats.ts"
import { visible } from "../markdown.ts"
import { Ended, UsageError } from "./ended.ts"
import * as files from "./files.ts"
import { json, knownFile, loadPlan, placeOf, plan } from "./flags.ts"
import { counted } from "./report.ts"

const Known = Schema.fromJsonString(Schema.Array(Schema.String))

/** What a finding is of, which stays the same when its words change. */
const idOf = ({ attribute, name, rule }: Finding): string =>
  [rule, name, attribute].filter((part) => part !== undefined).join(" ")

const knownIn = Effect.fnUntraced(function* (file: string) {
  const text = yield* files.read(file)
  if (text === undefined) return new Set<string>()
  const known = yield* Effect.mapError(
    Schema.decodeUnknownEffect(Known)(text),
    () =>
      new UsageError({
        reason: `${file} is not a list of findings`,
        remedy: "write it again with `trackmap check --save`"
      })
  )
  return new Set(known)
})

const save = Flag.Boolean("save").pipe(
  Flag.withDescription("Writes all findings into that file, so that only new ones count"),
  Flag.withDefault(false)
)

const line = ({ attribute, name, remedy, rule, what }: Finding): string =>
  visible(`${attribute === undefined ? name : `${name} · ${attribute}`} [${rule}]: ${what}: ${remedy}`)

const project = Flag.String("project").pipe(
  Flag.withDescription("A tsconfig.json of code that tracks events. Default: the closest to the module"),
  Flag.atLeast(0)
)
const noUsage = Flag.Boolean("no-usage").pipe(
  Flag.withDescription("Does not look for what the code does with events"),
  Flag.withDefault(false)
)

const skipped = (why: string) => Effect.as(Console.error(`not checked: ${Usage.rules.join(", ")}: ${why}`), undefined)

/** What the code does with events, or undefined if nobody has named its project and it cannot be found. */
const usageOf = Effect.fnUntraced(function* ({ file }: Loaded, given: ReadonlyArray<string>) {
  const [first, ...others] = given
  if (first !== undefined) return yield* Usage.search(first, ...others)
  const config = getTsconfig(file)?.path
  if (config === undefined) return yield* skipped(`there is no tsconfig.json around ${relative(process.cwd(), file)}`)
  const usage = yield* Effect.catchTag(Usage.search(config), "ProjectError", ({ message }) => skipped(message))
  if (usage === undefined || usage.files.has(file)) return usage
  return yield* skipped(
    `${relative(process.cwd(), config)} does not have the module of the plan: name the project with --project`
  )
})

export const check = Command.make(
  "check",
  { ...plan, project, noUsage, known: knownFile, save, json },
  Effect.fn(function* (given) {
    const loaded = yield* loadPlan(given)
    const file = placeOf(given.known, loaded, "trackmap.known.json")
    const usage = given.noUsage ? undefined : yield* usageOf(loaded, given.project)
    const all = [
      ...Check.run(loaded.plan, yield* supporting(loaded.file)),
      ...(usage === undefined ? [] : Usage.findings(loaded.plan, usage))
    ]
    if (given.save) {
      const ids = [...new Set(all.map(idOf))].toSorted()
      yield* files.write(file, `${JSON.stringify(ids, null, 2)}\n`)
      yield* Console.log(
        given.json ? JSON.stringify({ file, saved: ids.length }) : `${file}: ${counted(ids.length, "finding")}`
      )
      return
    }
    const old = yield* knownIn(file)
    const findings = all.filter((one) => !old.has(idOf(one)))
    yield* Console.log(
      given.json
        ? JSON.stringify({
            findings,
            known: all.length - findings.length,
            unchecked: usage === undefined ? Usage.rules : []
          })
        : findings
            .map(line)
            .concat(findings.length === 0 ? "no findings" : counted(findings.length, "finding"))
            .join("\n")
    )
    if (findings.length > 0) return yield* new Ended({ code: 1 })
  })
).pipe(Command.withDescription("Checks names, personal data and deprecations of the plan"))
