import type { Message } from "@trackmap/core"
import { assert, describe, it } from "vitest"
import { yesterday } from "./hours.ts"

const at = (time: string): Message.Message => ({
  type: "identify",
  traits: {},
  messageId: "1",
  timestamp: `2026-01-02T${time}Z`
})

describe("the hours of a day", () => {
  it("are those of yesterday, however long they took", () => {
    const begun = [
      { hour: 8, at: Date.parse("2026-01-02T13:00:00.000Z") },
      { hour: 9, at: Date.parse("2026-01-02T13:00:02.000Z") }
    ]
    const timed = yesterday(begun, begun[0]!.at)
    assert.deepStrictEqual(
      ["12:59:59.000", "13:00:00.000", "13:00:00.250", "13:00:01.000", "13:00:02.000"].map(
        (time) => timed(at(time)).timestamp
      ),
      ["08:00:00.000", "08:00:00.000", "08:30:00.000", "08:59:59.999", "09:00:00.000"].map(
        (time) => `2026-01-01T${time}Z`
      )
    )
  })
})
