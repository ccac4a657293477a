import { assert, describe, it } from "@effect/vitest"
import type { Summary } from "./model.ts"
import { isSelected, line, Showing } from "./shown.ts"

const summary = (more: Partial<Summary> = {}): Summary => ({
  messageId: "m1",
  at: 1_772_362_800_123,
  type: "track",
  name: "orderPlaced",
  actor: "user-1",
  entities: ["Order"],
  text: `{"Order_id":1}`,
  sinks: [{ sink: "segment", state: "delivered", attempts: 1 }],
  ...more
})
const inSink = (state: string, attempts = 1) => [{ sink: "segment", state, attempts }]
const all = { events: [], entities: [], sinks: [], states: [], search: undefined }

describe("an event in a terminal", () => {
  it("is one line, whatever its values are", () => {
    assert.strictEqual(line(summary()), `11:00:00.123  track orderPlaced  user-1  segment delivered  {"Order_id":1}`)
    const odd = summary({
      type: "identify",
      name: "identify",
      actor: "\u001b[2J\n",
      sinks: inSink("retrying", 3),
      text: ""
    })
    assert.strictEqual(line(odd), String.raw`11:00:00.123  identify  \u001b[2J\n  segment retrying (3 attempts)`)
    assert.strictEqual(line(summary({ actor: null, sinks: [], text: "" })), "11:00:00.123  track orderPlaced  nobody")
  })

  it("is selected by all that is asked of it", () => {
    const rows = [
      [{ events: ["orderPlaced", "other"] }, true],
      [{ events: ["other"] }, false],
      [{ entities: ["Order"] }, true],
      [{ entities: ["Product"] }, false],
      [{ sinks: ["segment"] }, true],
      [{ sinks: ["mixpanel"] }, false],
      [{ states: ["delivered"] }, true],
      [{ states: ["rejected"] }, false],
      [{ sinks: ["mixpanel"], states: ["delivered"] }, false],
      [{ search: "ORDER_ID" }, true],
      [{ search: "user-1" }, true],
      [{ search: "user-2" }, false],
      [{ events: ["orderPlaced"], search: "user-2" }, false]
    ] as const
    for (const [asked, expected] of rows) {
      assert.strictEqual(isSelected(summary(), { ...all, ...asked }), expected, JSON.stringify(asked))
    }
  })

  it("is shown once it is settled, and before if a sink retries", () => {
    const showing = new Showing()
    const states = ["buffered", "retrying", "retrying", "buffered", "delivered", "delivered"]
    assert.deepStrictEqual(
      states.map((state) => showing.isNew(summary({ sinks: inSink(state) }))),
      [false, true, false, false, true, false]
    )
    assert.isTrue(showing.isNew(summary({ messageId: "m2" })))
    assert.isTrue(showing.isNew(summary({ messageId: "m3", sinks: [] })))
  })

  it("is forgotten when many others have come", () => {
    const showing = new Showing(2)
    const isNew = (messageId: string) => showing.isNew(summary({ messageId }))
    assert.deepStrictEqual(["a", "b", "a", "c", "b", "a"].map(isNew), [true, true, false, true, false, true])
  })
})
