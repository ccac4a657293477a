/** Files that commands read and write, and the same files in Git. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as ChildProcess from "effect/process/ChildProcess"
import * as Stream from "effect/Stream"
import { UsageError } from "./ended.ts"

/** The text of a file, or undefined if there is none. */
export const read = Effect.fnUntraced(function* (file: string) {
  const files = yield* FileSystem.FileSystem
  return yield* files.readFileString(file).pipe(
    Effect.catchIf(
      ({ reason }) => reason._tag === "NotFound",
      () => Effect.succeed(undefined)
    ),
    Effect.mapError(({ message }) => new UsageError({ reason: message, remedy: "let this process read the file" }))
  )
})

/** Writes a file beside it and renames it, so that nobody reads a half. */
export const write = Effect.fnUntraced(function* (file: string, text: string) {
  const files = yield* FileSystem.FileSystem
  const beside = `${file}.${process.pid}.writing`
  yield* files.writeFileString(beside, text).pipe(
    Effect.andThen(files.rename(beside, file)),
    Effect.onError(() => Effect.ignore(files.remove(beside, { force: true }))),
    Effect.mapError(({ message }) => new UsageError({ reason: message, remedy: "let this process write the file" }))
  )
})

/** Makes a folder, and those around it. */
export const folder = Effect.fnUntraced(function* (path: string) {
  const files = yield* FileSystem.FileSystem
  yield* Effect.mapError(
    files.makeDirectory(path, { recursive: true }),
    ({ message }) => new UsageError({ reason: message, remedy: "pass a folder that can be written" })
  )
})

/** The text of a file at a commit, or undefined if the commit does not have it. */
export const readAt = Effect.fnUntraced(function* (ref: string, file: string) {
  const path = yield* Path.Path
  const folder = path.dirname(path.resolve(file))
  const git = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
    const process = yield* ChildProcess.make("git", ["-C", folder, ...args])
    const [stdout, code] = yield* Effect.all([Stream.mkString(Stream.decodeText(process.stdout)), process.exitCode], {
      concurrency: 2
    })
    return { stdout, code: Number(code) }
  })
  const inGit = Effect.mapError(
    git("rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`),
    ({ message }) =>
      new UsageError({ reason: `Git does not run: ${message}`, remedy: "install it, or pass a lock file" })
  )
  const { code, stdout: commit } = yield* inGit
  if (code !== 0) {
    const reason = `${JSON.stringify(ref)} is neither a file nor a commit of Git`
    return yield* new UsageError({ reason, remedy: "pass a lock file, or a branch, a tag or a commit" })
  }
  const shown = yield* Effect.orDie(git("show", `${commit.trim()}:./${path.basename(file)}`))
  return shown.code === 0 ? shown.stdout : undefined
}, Effect.scoped)
