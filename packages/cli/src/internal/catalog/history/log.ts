/** The commits of a lock file, from Git. */
import { basename, dirname, resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as ChildProcess from "effect/process/ChildProcess"
import * as Stream from "effect/Stream"
import { of } from "./history.ts"
import { commitMark, PatchReader } from "./patches.ts"

/** Older commits than these are left out. */
const mostCommits = 10_000
const mostBytes = 256 * 1024 * 1024

const settings = ["-c", "log.showSignature=false", "-c", "i18n.logOutputEncoding=utf-8"]

/** The lines of the file as each commit of the branch itself found and left them: a merge counts as one change. */
const log = [
  "log",
  "--follow",
  "--first-parent",
  "-m",
  "-p",
  "--unified=0",
  "--text",
  "--no-color",
  "--no-ext-diff",
  "--no-textconv",
  "--no-notes",
  "--no-decorate",
  `--max-count=${mostCommits}`,
  `--format=${commitMark.replace("\u0000", "%x00")}%h %cs`
]

const git = Effect.fnUntraced(function* (folder: string, ...args: ReadonlyArray<string>) {
  const running = yield* ChildProcess.make("git", ["-C", folder, ...settings, ...args], {
    stderr: "ignore"
  })
  return { ...running, text: Stream.decodeText(running.stdout) }
})

const isShallow = Effect.fnUntraced(function* (folder: string) {
  const { text } = yield* git(folder, "rev-parse", "--is-shallow-repository")
  return (yield* Stream.mkString(text)).trim() === "true"
})

/** The history of a lock file. Undefined if Git is not there, or does not know the file. */
export const read = (file: string) =>
  Effect.gen(function* () {
    const path = resolve(file)
    const folder = dirname(path)
    const { exitCode, text } = yield* git(folder, ...log, "--", basename(path))
    const reader = new PatchReader()
    let rest = ""
    let bytes = 0
    const isWhole = yield* text.pipe(
      Stream.takeWhile((chunk) => (bytes += chunk.length) <= mostBytes),
      Stream.runForEach((chunk) =>
        Effect.sync(() => {
          const lines = (rest + chunk).split("\n")
          rest = lines.pop()!
          for (const line of lines) reader.read(line)
        })
      ),
      Effect.map(() => bytes <= mostBytes)
    )
    reader.read(rest)
    if (isWhole && Number(yield* exitCode) !== 0) return undefined
    if (reader.patches.length === 0) return undefined
    const isCut = !isWhole || reader.patches.length === mostCommits || (yield* isShallow(folder))
    // The oldest commit of a log that was cut may be half a commit.
    return of(basename(path), isWhole ? reader.patches : reader.patches.slice(0, -1), isCut)
  }).pipe(
    Effect.scoped,
    Effect.orElseSucceed(() => undefined)
  )
