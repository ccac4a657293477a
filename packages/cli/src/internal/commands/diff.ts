import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Diff from "../../Diff.ts"
import * as Lock from "../../Lock.ts"
import * as changesets from "./changesets.ts"
import { Ended, UsageError } from "./ended.ts"
import * as files from "./files.ts"
import { json, loadPlan, lockFile, lockOf, plan } from "./flags.ts"
import * as report from "./report.ts"

const against = Flag.String("against").pipe(
  Flag.withDescription("A lock file, or a branch, a tag or a commit that has one. Default: the lock file"),
  Flag.optional
)
const markdown = Flag.Boolean("markdown").pipe(
  Flag.withDescription("Prints Markdown, for a pull request"),
  Flag.withDefault(false)
)
const failOn = Flag.Literals("fail-on", ["minor", "major", "never"]).pipe(
  Flag.withDescription("The least class that ends with its exit code. Default: minor, or major with --changeset"),
  Flag.optional
)
const changeset = Flag.String("changeset").pipe(
  Flag.withDescription("A folder of changesets. A major change that one of them announces ends with 0"),
  Flag.optional
)

/** The exit codes of classes. */
const codes = { none: 0, patch: 0, minor: 10, major: 20 } as const
const least = { minor: codes.minor, major: codes.major, never: Number.POSITIVE_INFINITY } as const

/** The text of the lock to compare with, and its name. */
const textOf = Effect.fnUntraced(function* (lock: string, given: Option.Option<string>) {
  const file = Option.getOrElse(given, () => lock)
  const own = yield* files.read(file)
  if (own !== undefined) return { text: own, name: file, ref: undefined }
  if (Option.isNone(given)) {
    const reason = `there is no lock file ${lock}`
    return yield* new UsageError({ reason, remedy: "make it with `trackmap lock`, or name one with --against" })
  }
  const text = yield* files.readAt(given.value, lock)
  // A commit from before the lock file has no plan.
  return { text, name: `${given.value}:${lock}`, ref: given.value }
})

export const diff = Command.make(
  "diff",
  { ...plan, lock: lockFile, against, changeset, json, markdown, failOn },
  Effect.fn(function* (given) {
    const loaded = yield* loadPlan(given)
    const { name, ref, text } = yield* textOf(lockOf(given.lock, loaded), given.against)
    const before = text === undefined ? Lock.empty : yield* Lock.read(text, name)
    const found = Diff.between(before, Lock.make(loaded.plan, before))
    const owner = changesets.packageOf(loaded.file)
    const announcing = Option.isNone(given.changeset)
      ? undefined
      : yield* changesets.majors(given.changeset.value, { name: owner, ref })
    yield* Console.log(
      given.json
        ? JSON.stringify({ against: name, ...found, ...(announcing !== undefined && { changesets: announcing }) })
        : given.markdown
          ? report.markdown(found.changes)
          : report.text(found.changes)
    )
    const isAnnounced = found.class === "major" && announcing !== undefined && announcing.length > 0
    const failOn = Option.getOrElse(given.failOn, () => (announcing === undefined ? "minor" : "major"))
    const code = codes[found.class]
    if (isAnnounced || code < least[failOn]) return
    if (found.class === "major" && announcing !== undefined) {
      yield* Console.error(
        `the plan has a major change, and no new changeset of a major version${owner === undefined ? "" : ` of ${owner}`}: add it with \`npx changeset\`, and commit it`
      )
    }
    return yield* new Ended({ code })
  })
).pipe(
  Command.withDescription("Prints what has changed in the plan, and what each change breaks"),
  Command.withExamples([
    { command: "trackmap diff", description: "Compares the plan with the lock file" },
    {
      command: "trackmap diff --against origin/main --markdown",
      description: "Compares it with a branch, for a pull request"
    },
    {
      command: "trackmap diff --against origin/main --changeset .changeset",
      description: "Fails if a major change has no changeset that says so"
    }
  ])
)
