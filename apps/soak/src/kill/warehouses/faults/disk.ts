/** A disk that is full, or that nobody can write. */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { globSync, statfsSync } from "node:fs"
import * as Effect from "effect/Effect"
import { fill, free } from "../../faults/small.ts"
import type { Fault, Scene } from "./fault.ts"
import * as services from "./service.ts"

const files = ["duckdb", "duckdb-kept", "parquet"]

/** Logs name the file or the directory. */
const names = (line: string, { engine }: Scene): void => assert.ok(line.includes(engine.place), line)

/** A file that is open for writing keeps the file system writable, until the next moment between two batches. */
const remount = (folder: string, how: string): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { status } = spawnSync("mount", ["-o", `remount,${how}`, folder])
    return status === 0 ? Effect.void : Effect.andThen(Effect.sleep(1), remount(folder, how))
  })

/** How many bytes are left when the disk is said to be full: none, or enough for a part of a batch. */
const rests = [0, 300_000, 40_000]

const full: Fault = {
  name: "disk",
  about: "the disk of the file or the folder is full, three times, and then is not",
  engines: files,
  small: 8,
  run: Effect.fnUntraced(function* (scene) {
    fill(scene.folder)
    const service = yield* services.start(scene)
    yield* service.until("the disk is full")
    yield* service.track(500)
    free(scene.folder)
    scene.note(`${yield* service.settled} messages are there once, of a service that started while the disk was full`)
    for (const rest of rests) {
      const before = service.lines.length
      fill(scene.folder, rest)
      yield* Effect.map(service.until("the disk is full", before), (line) => names(line, scene))
      yield* service.track(1_000)
      yield* Effect.sleep("2 seconds")
      free(scene.folder)
      yield* service.track(100)
      const count = yield* service.settled
      yield* service.until("messages no longer wait", before)
      assert.deepEqual(globSync("**/*.writing", { cwd: scene.folder }), [])
      scene.note(`${count} messages are there once, after the disk was full but for ${rest} bytes`)
    }
  })
}

const inodes: Fault = {
  name: "inodes",
  about: "the file system has no room for another file or folder when the sink opens, and then has",
  engines: files,
  small: 8,
  run: Effect.fnUntraced(function* (scene) {
    const all = statfsSync(scene.folder)
    yield* remount(scene.folder, `nr_inodes=${all.files - all.ffree}`)
    const service = yield* services.start(scene)
    yield* Effect.map(service.until("the disk is full"), (line) => names(line, scene))
    yield* service.track(500)
    yield* remount(scene.folder, `nr_inodes=${all.files}`)
    scene.note(`${yield* service.settled} messages are there once`)
  })
}

const readOnly: Fault = {
  name: "read-only",
  about: "the file or the folder cannot be written, when the sink opens, and while it is open",
  engines: files,
  small: 16,
  run: Effect.fnUntraced(function* (scene) {
    const refused = Effect.gen(function* () {
      yield* remount(scene.folder, "ro")
      const error = yield* Effect.flip(Effect.scoped(services.start(scene)))
      yield* remount(scene.folder, "rw")
      const text = String((error as { readonly message?: unknown }).message)
      names(text, scene)
      assert.ok(text.includes("this process may not write there: let it write the file and its folder"), text)
    })
    yield* refused
    scene.note("a folder without files is refused, with the remedy")
    const service = yield* services.start(scene)
    yield* service.track(500)
    yield* service.settled
    // A sink that keeps its file open for writing keeps the file system writable.
    if (scene.name === "duckdb-kept") return
    yield* remount(scene.folder, "ro")
    yield* Effect.map(service.until("this process may not write there"), (line) => names(line, scene))
    yield* service.track(500)
    yield* remount(scene.folder, "rw")
    scene.note(
      `${yield* service.settled} messages are there once, after a while in which the folder could not be written`
    )
  })
}

export const disks: ReadonlyArray<Fault> = [full, inodes, readOnly]
