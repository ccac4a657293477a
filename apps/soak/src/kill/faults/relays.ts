/** Relays that share the work, and relays that sleep. */
import { setTimeout as sleep } from "node:timers/promises"
import { Fault } from "@trackmap/testing"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as SqlClient from "effect/sql/SqlClient"
import { both, type Fault as Scenario } from "./fault.ts"
import type { Scene } from "./scene.ts"

const slowly = (scene: Scene, millis: number): Promise<void> =>
  Effect.runPromise(
    Effect.andThen(
      scene.vendors.segment.misbehave(() => (millis === 0 ? undefined : Fault.delay(millis))),
      scene.vendors.mixpanel.misbehave(() => (millis === 0 ? undefined : Fault.delay(millis)))
    )
  )

/** Two, four and eight relays, none of which fails, deliver each message once. */
const writers: Scenario = {
  name: "writers",
  about: "12 writers with random lengths and rollbacks, and two to eight relays: each message is delivered by one",
  databases: both,
  run: async (scene) => {
    scene.once = true
    await scene.start("service")
    await scene.start("relay", 2)
    scene.write()
    await scene.flows("with two relays")
    await scene.start("relay", 2)
    await scene.flows("with four relays")
    await scene.start("relay", 4)
    await scene.flows("with eight relays")
    await sleep(1_000)
  }
}

/** Whether a stopped process has left the database to others: on SQLite, it may be in the middle of a transaction. */
const isFree = async (scene: Scene): Promise<boolean> => {
  if (scene.kind === "postgres") return true
  const write = Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(Effect.void))
  return Exit.isSuccess(await scene.run(Effect.exit(Effect.timeout(write, "300 millis"))))
}

const stopped: Scenario = {
  name: "stopped",
  about: "a relay is stopped (SIGSTOP) past its lease: another takes over, and it does no harm when it wakes",
  databases: both,
  run: async (scene) => {
    scene.place = { ...scene.place, lease: 1_000 }
    await scene.start("service")
    const [sleeper] = await scene.start("relay")
    scene.write()
    await scene.flows("before")
    const other = await scene.start("relay")
    await slowly(scene, 100)
    const takeOvers = () => scene.logged("another relay has taken over")
    // It may have had nothing to send when it was stopped.
    for (let turn = 0; turn < 8 && takeOvers() < 2; turn++) {
      for (;;) {
        await sleep(500)
        sleeper!.process!.signal("SIGSTOP")
        if (await isFree(scene)) break
        sleeper!.process!.signal("SIGCONT")
      }
      await scene.flows("while it is stopped")
      sleeper!.process!.signal("SIGCONT")
      await sleep(500)
    }
    await slowly(scene, 0)
    await scene.end(other)
    await scene.flows("through the relay that slept")
    scene.note("claims were taken over", takeOvers())
  }
}

export const relays: ReadonlyArray<Scenario> = [writers, stopped]
