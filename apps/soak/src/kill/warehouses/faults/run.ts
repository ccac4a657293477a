/** Runs scenarios, one after the other. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { mount, unmount } from "../../faults/small.ts"
import { engines } from "../engines.ts"
import type { Fault } from "./fault.ts"

export interface Options {
  readonly faults: ReadonlyArray<Fault>
  readonly write: (line: string) => void
}

/** Plays a scenario on an engine. Returns what it notes, or why it cannot be played here. */
const play = async (fault: Fault, name: string): Promise<ReadonlyArray<string>> => {
  const own = mkdtempSync(join(tmpdir(), "trackmap-kill-"))
  const why = fault.small === undefined ? undefined : mount(own, fault.small)
  try {
    if (why !== undefined) return [`skipped: ${why}`]
    const folder = join(own, "warehouse")
    mkdirSync(folder)
    const engine = await engines[name]!(folder)
    const notes: Array<string> = []
    try {
      await Effect.runPromise(
        Effect.scoped(fault.run({ name, folder: own, engine, note: (what) => void notes.push(what) }))
      )
    } finally {
      await engine.stop()
    }
    return notes
  } finally {
    if (fault.small !== undefined) unmount(own)
    rmSync(own, { recursive: true, force: true })
  }
}

export const run = async ({ faults, write }: Options): Promise<boolean> => {
  let holds = true
  for (const fault of faults) {
    for (const name of fault.engines) {
      const began = performance.now()
      const title = `${fault.name} on ${name}: ${fault.about}`
      try {
        const notes = await play(fault, name)
        write([title, ...notes, `${((performance.now() - began) / 1_000).toFixed(1)} s`].join("\n    "))
      } catch (error) {
        holds = false
        write(`${title}\n    BROKEN: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
  return holds
}
