import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { vi } from "vitest"
import { Entity, TrackedEvent } from "../../index.ts"

describe("a definition, where the runtime is too old", () => {
  it("says which version is needed, and which there is", () => {
    const { groupBy } = Map
    // As in Node.js 20.
    Object.assign(Map, { groupBy: undefined })
    try {
      const expected = `Trackmap needs Node.js 22.19 or later, or another runtime with Map.groupBy (ES2024), and this is Node.js ${process.version}`
      assert.throws(() => Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }), expected)
      assert.throws(() => TrackedEvent.make("orderPlaced"), expected)
      vi.stubGlobal("process", undefined)
      assert.throws(() => TrackedEvent.make("orderPlaced"), /\(ES2024\)$/)
    } finally {
      vi.unstubAllGlobals()
      Object.assign(Map, { groupBy })
    }
    assert.strictEqual(TrackedEvent.make("orderPlaced").name, "orderPlaced")
  })
})
