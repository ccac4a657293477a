import { describe, expect, it } from "vitest"
import { sinkTickOf, tickOf } from "./samples.ts"
import { gauge, highest, latest, lost, merged, ofSink, perSecond, span } from "./ticks.ts"

describe("the ticks", () => {
  it("are kept once each, in their order, for as long as the charts go back", () => {
    const known = [tickOf(0, 0), tickOf(1_000, 1), tickOf(2_000, 2)]
    expect(
      merged(known, [tickOf(2_000, 2), tickOf(span + 2_000, 9), tickOf(span + 1_500, 8)]).map(({ at }) => at)
    ).toEqual([1_000, 2_000, span + 1_500, span + 2_000])
    expect(merged([], [])).toEqual([])
  })

  it("tell what happened in a second from what was counted since the start", () => {
    const ticks = [tickOf(0, 100), tickOf(1_000, 130), tickOf(1_500, 140)]
    expect(perSecond(ticks, ({ tracked }) => tracked)).toEqual([
      { at: 1_000, value: 30 },
      { at: 1_500, value: 20 }
    ])
  })

  it("even out the seconds that are not there", () => {
    expect(perSecond([tickOf(0, 0), tickOf(4_000, 100)], ({ tracked }) => tracked)).toEqual([{ at: 4_000, value: 25 }])
  })

  it("tell of nothing less than nothing", () => {
    expect(perSecond([tickOf(0, 10), tickOf(1_000, 0)], ({ tracked }) => tracked)[0]?.value).toBe(0)
  })

  it("hold what each sink said, and nothing where it said nothing", () => {
    const ticks = [
      tickOf(0, 0, [sinkTickOf("a", { latency: { p50: 1, p99: 9 } })]),
      tickOf(1_000, 0, [sinkTickOf("a")]),
      tickOf(2_000, 0)
    ]
    const points = gauge(ticks, (tick) => ofSink(tick, "a")?.latency?.p99)
    expect(points.map(({ value }) => value)).toEqual([9, undefined, undefined])
    expect(latest(points)).toBe(9)
    expect(latest([])).toBeUndefined()
    expect(highest([points, [{ at: 0, value: 4 }]])).toBe(9)
  })

  it("count what was rejected, expired and dropped as lost, and not what was skipped", () => {
    expect(lost(sinkTickOf("a", { rejected: 1, expired: 2, dropped: 4, skipped: 8, delivered: 16 }))).toBe(7)
    expect(lost(undefined)).toBe(0)
  })
})
