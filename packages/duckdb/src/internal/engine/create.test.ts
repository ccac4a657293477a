import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { folder } from "../../../test/reading.ts"
import { create } from "./create.ts"

const inFolder = (test: (path: string) => Promise<void>) =>
  Effect.scoped(Effect.flatMap(folder, (path) => Effect.promise(() => test(path))))
const writing = (text: string) => (path: string) => Promise.resolve(writeFileSync(path, text))

it.live("a file is made whole, or not at all", () =>
  inFolder(async (path) => {
    const file = join(path, "a")
    const failed = await create(file, async (beside) => {
      await writing("a part")(beside)
      throw new Error("No space left on device")
    }).catch(String)
    assert.strictEqual(failed, "Error: No space left on device")
    assert.deepStrictEqual(readdirSync(path), [])
    await create(file, writing("whole"))
    assert.deepStrictEqual(readdirSync(path), ["a"])
    assert.strictEqual(readFileSync(file, "utf8"), "whole")
  })
)

it.live("a file that is there is never replaced, not even if another process makes it meanwhile", () =>
  inFolder(async (path) => {
    const file = join(path, "a")
    await create(file, async (beside) => {
      await writing("mine")(beside)
      await writing("another's")(file)
    })
    await create(file, writing("later"))
    assert.strictEqual(readFileSync(file, "utf8"), "another's")
    assert.deepStrictEqual(readdirSync(path), ["a"])
  })
)

it.live("a file that cannot have its name fails with why", () =>
  inFolder(async (path) => {
    const failed = await create(join(path, "no", "a"), () => writing("x")(join(path, "b"))).catch(String)
    assert.include(String(failed), "ENOENT")
  })
)
