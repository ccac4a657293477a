import { describe, expect, it } from "vitest"
import { asked, everything, type Filter, matcher, searchable } from "./filter.ts"
import { summaryOf } from "./samples.ts"

const summary = summaryOf({
  sinks: [
    { sink: "console", state: "delivered", attempts: 1 },
    { sink: "segment", state: "retrying", attempts: 2 },
    { sink: "mixpanel", state: "skipped", attempts: 0 }
  ]
})
const passes = (some: Partial<Filter>, of = summary) => matcher({ ...everything, ...some })(of, () => searchable(of))

describe("the filter", () => {
  it("lets everything pass where nothing is asked for", () => {
    expect(passes({})).toBe(true)
  })

  it("finds every word of a search, in any order and case, in name, actor, entity, id and values", () => {
    for (const search of ["ORDERline", "user-42", "product", "m1", "tape gold", "  duck  "]) {
      expect(passes({ search }), search).toBe(true)
    }
    expect(passes({ search: "gold goose" })).toBe(false)
  })

  it("asks for an event and an entity by their whole names", () => {
    expect(passes({ event: "orderLineUpdated", entity: "Product" })).toBe(true)
    expect(passes({ event: "orderLine" })).toBe(false)
    expect(passes({ entity: "Prod" })).toBe(false)
  })

  it("asks for an outcome in any sink, or in one", () => {
    expect(passes({ outcome: "retrying" })).toBe(true)
    expect(passes({ outcome: "retrying", sink: "segment" })).toBe(true)
    expect(passes({ outcome: "retrying", sink: "console" })).toBe(false)
    expect(passes({ outcome: "expired" })).toBe(false)
  })

  it("takes an event for one of a sink unless the sink skips it", () => {
    expect(passes({ sink: "console" })).toBe(true)
    expect(passes({ sink: "mixpanel" })).toBe(false)
    expect(passes({ sink: "mixpanel", outcome: "skipped" })).toBe(true)
    expect(passes({ sink: "elsewhere" })).toBe(false)
  })

  it("takes rejected, expired and dropped for a loss", () => {
    for (const state of ["rejected", "expired", "dropped"] as const) {
      const lost = summaryOf({ sinks: [{ sink: "console", state, attempts: 1 }] })
      expect(passes({ outcome: "lost" }, lost), state).toBe(true)
    }
    expect(passes({ outcome: "lost" })).toBe(false)
  })

  it("asks for violations", () => {
    expect(passes({ outcome: "violations" })).toBe(false)
    expect(passes({ outcome: "violations" }, summaryOf({ violations: 1 }))).toBe(true)
    expect(passes({ outcome: "violations", sink: "mixpanel" }, summaryOf({ violations: 1 }))).toBe(false)
  })

  it("counts what is asked for", () => {
    expect(asked(everything)).toBe(0)
    expect(asked({ ...everything, search: "a", sink: "b" })).toBe(2)
  })
})
