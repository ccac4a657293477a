/** Files that commands read and write, and the same files in Git. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as ChildProcess from "effect/process/ChildProcess"
import * as Schema from "effect/Schema"
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

/** Whether a file is what another command writes at this moment, to rename it. One that was interrupted leaves it behind. */
const isBeingWritten = (name: string): boolean => {
  const [, pid] = /\.(\d+)\.writing$/.exec(name) ?? []
  if (pid === undefined) return false
  try {
    return process.kill(Number(pid), 0)
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM"
  }
}

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
const folder = Effect.fnUntraced(function* (path: string) {
  const files = yield* FileSystem.FileSystem
  yield* Effect.mapError(
    files.makeDirectory(path, { recursive: true }),
    ({ message }) => new UsageError({ reason: message, remedy: "pass a folder that can be written" })
  )
})

/** Writes a file into a folder, which it makes if it is not there. */
export const writeInto = Effect.fnUntraced(function* (path: string, name: string, text: string) {
  const { join } = yield* Path.Path
  yield* folder(path)
  yield* write(join(path, name), text)
})

/** A folder whose files are all written by a command. */
export interface Written {
  /** Files by name. */
  readonly files: ReadonlyMap<string, string>
  /** What each begins with: a file without it is somebody's own. Without a mark, the folder has a list of them. */
  readonly mark?: string
}

/** The list of the files that a command has written into a folder, where they have no mark. */
const listName = ".trackmap.json"
const Inside = Schema.String.check(Schema.isPattern(/^(?!\.)[^/\\:]+(\/(?!\.)[^/\\:]+)*$/))
const List = Schema.fromJsonString(Schema.Array(Inside))

const listed = Effect.fnUntraced(function* (path: string) {
  const { join } = yield* Path.Path
  const text = yield* read(join(path, listName))
  if (text === undefined) return []
  return yield* Effect.mapError(
    Schema.decodeUnknownEffect(List)(text),
    () =>
      new UsageError({
        reason: `${join(path, listName)} is not a list of files`,
        remedy: "remove the folder's files, and the list, if trackmap wrote them"
      })
  )
})

const listOf = (names: Iterable<string>): string => `${JSON.stringify([...new Set(names)].toSorted(), null, 2)}\n`

const ofOthers = (file: string) =>
  new UsageError({
    reason: `${file} was not written by this command`,
    remedy: "pass a folder for its files alone, with --out"
  })

/** How many files are read or written at once. */
const together = { concurrency: 16 } as const

/** The files that are written, and those that are removed, by name. */
export interface Differing {
  readonly written: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
}

/** The files of a folder that differ from those that it is to have. Fails if one of them is somebody's own. */
const differing = Effect.fnUntraced(function* (path: string, { files: wanted, mark }: Written) {
  const files = yield* FileSystem.FileSystem
  const { dirname, join } = yield* Path.Path
  const own = new Set(mark === undefined ? yield* listed(path) : [])
  const isOurs = (name: string, text: string): boolean => (mark === undefined ? own.has(name) : text.startsWith(mark))
  const candidates = new Set(own)
  if (mark !== undefined) {
    for (const folder of new Set(Array.from(wanted.keys(), (name) => dirname(name)))) {
      const names = yield* Effect.orElseSucceed(files.readDirectory(join(path, folder)), () => [])
      for (const name of names) candidates.add(join(folder, name))
    }
  }
  const removed: Array<string> = []
  for (const name of candidates) {
    if (wanted.has(name) || isBeingWritten(name)) continue
    // A folder has no text.
    const text = yield* Effect.orElseSucceed(read(join(path, name)), () => undefined)
    if (text !== undefined && isOurs(name, text)) removed.push(name)
  }
  const written: Array<string> = []
  const texts = yield* Effect.forEach(wanted.keys(), (name) => read(join(path, name)), together)
  for (const [at, [name, text]] of [...wanted].entries()) {
    const known = texts[at]
    if (known === text) continue
    if (known !== undefined && !isOurs(name, known)) return yield* ofOthers(join(path, name))
    written.push(name)
  }
  return { written, removed } satisfies Differing
})

/** Makes a folder have these files, and no other that the command wrote before. `isDry` only says what it would do. */
export const folderOf = Effect.fnUntraced(function* (
  path: string,
  wanted: Written,
  { isDry }: { readonly isDry: boolean }
) {
  const files = yield* FileSystem.FileSystem
  const { dirname, join } = yield* Path.Path
  const { removed, written } = yield* differing(path, wanted)
  if (!isDry) {
    const list = wanted.mark === undefined ? listOf(wanted.files.keys()) : undefined
    // Before the files, so that those that an interrupted command has written are known as its own.
    if (list !== undefined && written.length > 0) {
      yield* folder(path)
      yield* write(join(path, listName), listOf([...wanted.files.keys(), ...(yield* listed(path))]))
    }
    const folders = new Set(written.map((name) => join(path, dirname(name))))
    yield* Effect.forEach(folders, folder, { discard: true })
    yield* Effect.forEach(written, (name) => write(join(path, name), wanted.files.get(name)!), together)
    yield* Effect.forEach(removed, (name) => Effect.orDie(files.remove(join(path, name), { force: true })), {
      discard: true
    })
    if (list !== undefined && written.length + removed.length > 0) yield* write(join(path, listName), list)
  }
  return { written, removed }
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
