import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Diff from "../../Diff.ts"
import * as Lock from "../../Lock.ts"
import { Ended } from "./ended.ts"
import * as files from "./files.ts"
import { json, loadPlan, lockFile, lockOf, plan } from "./flags.ts"
import * as report from "./report.ts"

const check = Flag.Boolean("check").pipe(
  Flag.withDescription("Writes nothing, and ends with 1 if the lock file is stale"),
  Flag.withDefault(false)
)

/** A lock with conflicts is no previous lock: the versions of neither side count. */
const previous = (text: string | undefined, file: string) =>
  text === undefined
    ? Effect.succeed(undefined)
    : Lock.read(text, file).pipe(
        Effect.catchIf(
          ({ reason }) => reason === "the file has merge conflicts",
          () => Effect.as(Console.error(`${file} had merge conflicts, and was written again`), undefined)
        )
      )

export const lock = Command.make(
  "lock",
  { ...plan, lock: lockFile, check, json },
  Effect.fn(function* (given) {
    const loaded = yield* loadPlan(given)
    const file = lockOf(given.lock, loaded)
    const before = yield* files.read(file)
    const known = yield* previous(before, file)
    const made = Lock.make(loaded.plan, known)
    const text = Lock.write(made)
    const { changes } = Diff.between(known ?? Lock.empty, made)
    const isStale = before !== text
    if (isStale && !given.check) yield* files.write(file, text)
    const state = isStale ? (given.check ? "stale" : before === undefined ? "new" : "written") : "current"
    const keys = [...made.subjects.values()].reduce((sum, subject) => sum + subject.keys.size, 0)
    const events = [...made.subjects.values()].filter(({ kind }) => kind === "event").length
    yield* given.json
      ? Console.log(JSON.stringify({ file, state, events, keys, changes: known === undefined ? [] : changes }))
      : Console.log(
          `${file}: ${state}, ${report.counted(events, "event")}, ${report.counted(keys, "key")}${known === undefined ? "" : `, ${report.summary(changes)}`}`
        )
    if (isStale && given.check) {
      yield* Console.error(`${file} is stale: run \`trackmap lock\`, and commit it`)
      return yield* new Ended({ code: 1 })
    }
  })
).pipe(
  Command.withDescription("Writes the plan's lock file: a line for each key of each event"),
  Command.withExamples([
    { command: "trackmap lock", description: "Finds the plan, and writes trackmap.lock" },
    { command: "trackmap lock src/plan.ts --check", description: "Fails in CI if the lock file is stale" }
  ])
)
