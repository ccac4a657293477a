/** Other processes that use the file of a sink. */
import assert from "node:assert/strict"
import { fork } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Order } from "./holder.ts"

const program = join(import.meta.dirname, "holder.ts")

/** Another process that holds a file until the scope closes, after it has run SQL. Returns its id. */
export const holding = (file: string, sql: string): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const child = fork(program, { stdio: ["ignore", "inherit", "inherit", "ipc"] })
      const exited = once(child, "exit")
      const open = once(child, "message")
      child.send({ file, sql } satisfies Order)
      await Promise.race([open, exited])
      assert.equal(child.exitCode, null, `another process cannot run ${sql}`)
      return { child, exited }
    }),
    ({ child, exited }) =>
      Effect.promise(async () => {
        child.send("close")
        await exited
      })
  ).pipe(Effect.map(({ child }) => child.pid!))
