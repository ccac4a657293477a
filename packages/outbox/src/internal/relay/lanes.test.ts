import { describe, expect, it } from "vitest"
import type { Message } from "@trackmap/core/Message"
import * as lanes from "./lanes.ts"
import type { Readable } from "./reading.ts"

const readable = (messageId: string, who: Pick<Message, "userId" | "anonymousId">): Readable => ({
  at: 0,
  row: { id: messageId, body: "", created: 0, attempts: 0 },
  envelope: {
    format: 1,
    message: { type: "alias", previousId: "p", messageId, timestamp: "2026-01-01T00:00:00.000Z", ...who },
    purposes: [],
    consent: "all",
    personal: [],
    violations: []
  }
})
const idsOf = (parts: ReadonlyArray<ReadonlyArray<Readable>>) => parts.map((part) => part.map(({ row }) => row.id))

describe("messages by user", () => {
  const messages = Array.from({ length: 60 }, (_, i) =>
    readable(
      `m${i}`,
      i % 3 === 0 ? {} : i % 3 === 1 ? { userId: `u${i % 5}` } : { userId: "", anonymousId: `a${i % 4}` }
    )
  )

  it("are together, and in their order", () => {
    const parts = lanes.byUser(messages, 4)
    expect(parts.length).toBeGreaterThan(1)
    for (const user of ["u1", "a2"]) {
      const own = ({ envelope }: Readable) => (envelope.message.userId || envelope.message.anonymousId) === user
      expect(parts.filter((part) => part.some(own))).toHaveLength(1)
      expect(idsOf(parts.map((part) => part.filter(own))).flat()).toEqual(idsOf([messages.filter(own)]).flat())
    }
    expect(parts.flat()).toHaveLength(60)
  })

  it("are one part if there is one lane", () => {
    expect(lanes.byUser(messages, 1)).toEqual([messages])
  })
})

it("divides messages by whole batches", () => {
  const messages = Array.from({ length: 25 }, (_, i) => readable(`m${i}`, {}))
  expect(lanes.byBatches(messages, 3, 5).map(({ length }) => length)).toEqual([10, 10, 5])
  expect(lanes.byBatches(messages, 1, 10).map(({ length }) => length)).toEqual([25])
  expect(lanes.byBatches([], 3, 5)).toEqual([])
})
