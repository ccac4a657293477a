/** Several processes on one warehouse. */
import assert from "node:assert/strict"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { engines } from "../engines.ts"
import { check } from "../laws.ts"
import { load, write } from "../processes.ts"
import type { Fault } from "./fault.ts"
import { holding } from "./holding.ts"
import * as services from "./service.ts"

const files = ["duckdb", "parquet"]

const turns: Fault = {
  name: "turns",
  about: "three processes write to one file or folder for a while, and are killed",
  engines: files,
  run: ({ engine, name, note }) =>
    Effect.promise(async () => {
      const writers = await Promise.all([0, 1, 2].map(load))
      const all = writers.map((child, round) => write(child, { engine: name, place: engine.place, round, again: 0 }))
      await Promise.all(all.map(({ first }) => first))
      await sleep(5_000)
      const receipts = await Promise.all(all.map(({ kill }) => kill()))
      for (const [round, delivered] of receipts.entries()) await check(engine, round, delivered)
      note(
        `${receipts.map(({ size }) => size).join(", ")} messages of the processes had a receipt, and each is there once`
      )
    })
}

/** Enough to be killed at every moment of opening. */
const beginnings = 25

const beginning: Fault = {
  name: "beginning",
  about: `a process is killed while it makes the file and its tables, ${beginnings} times, and another one goes on`,
  engines: [...files, "duckdb-kept"],
  run: Effect.fnUntraced(function* ({ folder, name, note }) {
    let begun = 0
    for (let round = 0; round < beginnings; round++) {
      const own = join(folder, String(round))
      mkdirSync(own)
      const engine = yield* Effect.promise(() => engines[name]!(own))
      yield* Effect.promise(async () => {
        const { kill } = write(await load(), { engine: name, place: engine.place, round, again: 0 })
        await sleep(round * 12)
        if ((await kill()).size > 0) begun++
      })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const service = yield* services.start({ name, engine }, round)
          yield* service.track(20)
          yield* service.settled
        })
      )
      yield* Effect.promise(() => engine.stop())
    }
    note(`${beginnings} services went on, ${begun} of them behind a process that had a receipt`)
  })
}

const reader: Fault = {
  name: "reader",
  about: "another process opens the file, and stays",
  engines: ["duckdb"],
  run: Effect.fnUntraced(function* (scene) {
    const service = yield* services.start(scene)
    yield* service.track(500)
    yield* service.settled
    const line = yield* Effect.scoped(
      Effect.gen(function* () {
        const pid = yield* holding(scene.engine.place, "SELECT 1")
        const line = yield* service.until("messages wait")
        assert.ok(line.includes(`${scene.engine.place}: `), line)
        assert.ok(line.includes(`(process ${pid}) has it open: close it there`), line)
        return line
      })
    )
    scene.note(`the log says: ${line.replace(scene.engine.place, "FILE").replace(/process \d+/, "process N")}`)
    scene.note(`${yield* service.settled} messages are there once, and none has expired`)
  })
}

export const processes: ReadonlyArray<Fault> = [turns, beginning, reader]
