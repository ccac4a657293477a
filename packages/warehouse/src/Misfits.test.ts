import type { Message } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { assert, describe, it } from "vitest"
import { dialect } from "../test/dialect.ts"
import { Misfits, Rows, Table } from "./index.ts"

const rowsOf = Rows.make([Table.misfits], dialect)
const event = (name: string): Message.Message => ({
  type: "track",
  event: name,
  properties: {},
  messageId: name,
  timestamp: "2026-01-01T00:00:00.000Z"
})

describe("a warning about misfits", () => {
  const logged = (batches: ReadonlyArray<ReadonlyArray<Message.Message>>) => {
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => void lines.push(String(message)))
    const warn = Misfits.warner("duckdb")
    Effect.runSync(
      Effect.forEach(batches, (batch) => warn(rowsOf(batch, 0))).pipe(Effect.provide(Logger.layer([logger])))
    )
    return lines
  }

  it("comes once for each event and key", () => {
    assert.deepStrictEqual(logged([[event("a"), { ...event("a"), messageId: "2" }], [event("a")], []]), [
      "duckdb: the table misfits has what does not fit the plan: a: the plan has no such event"
    ])
  })

  it("is one line of bounded length, whatever an event is called", () => {
    const [line, ...others] = logged([[event(`a\nERROR: all is lost\u2028${"b".repeat(10_000)}`)]])
    assert.strictEqual(line!.split(/[\n\u2028]/).length, 1)
    assert.match(line!, /: a\?ERROR: all is lost\?b{79}: the plan has no such event$/)
    assert.deepStrictEqual(others, [])
  })

  it("ends after a hundred of them", () => {
    const many = Array.from({ length: 300 }, (_, index) => [event(`e${index}`)])
    assert.lengthOf(logged(many), 100)
  })
})
