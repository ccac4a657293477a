import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { Refused, Unavailable } from "../../SendError.ts"
import { OutageLog } from "./outageLog.ts"

it("an outage is logged at most once a minute, and a refusal is none", () => {
  const lines: Array<string> = []
  const logger = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])
  const log = new OutageLog("segment")
  const add = (error: Unavailable | Refused, now: number): void =>
    void Effect.runSync(Effect.provide(log.add(error, now) ?? Effect.void, logger))
  add(new Refused({ reason: "bad" }), 0)
  add(new Unavailable({ reason: "down" }), 0)
  add(new Unavailable({ reason: "still down" }), 59_999)
  add(new Unavailable({ reason: "down again" }), 60_000)
  assert.deepStrictEqual(lines, [
    "segment: down; its messages wait and will be retried",
    "segment: down again; its messages wait and will be retried"
  ])
})
