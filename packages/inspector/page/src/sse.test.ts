import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parser, type ServerSentEvent } from "./sse.ts"

const parse = (...pieces: ReadonlyArray<string>): ReadonlyArray<ServerSentEvent> => {
  const take = parser()
  return pieces.flatMap(take)
}

describe("the parser of server-sent events", () => {
  it("reads name, data and id", () => {
    expect(parse("event: tick\ndata: {}\nid: r:1\n\n")).toEqual([{ event: "tick", data: "{}", id: "r:1" }])
  })

  it("calls an event without a name a message, and joins its lines of data", () => {
    expect(parse("data: a\ndata: b\n\n")).toEqual([{ event: "message", data: "a\nb", id: "" }])
  })

  it("keeps the id until another is said", () => {
    expect(parse("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n").map(({ id }) => id)).toEqual(["1", "1", ""])
  })

  it("takes no more than one space off a value", () => {
    expect(parse("data:  a\n\ndata:b: c\n\n").map(({ data }) => data)).toEqual([" a", "b: c"])
  })

  it("passes over comments, unknown fields and events without data", () => {
    expect(parse(": hello\n\nretry: 5\nevent: x\n\ndata: a\n\n")).toEqual([{ event: "message", data: "a", id: "" }])
  })

  it("gives nothing of an event that has not ended", () => {
    expect(parse("data: a\n")).toEqual([])
  })

  it("does not mind where the text is cut, nor how its lines end", () => {
    const written = fc.array(
      fc.record({ event: fc.constantFrom("a", "b"), data: fc.json(), id: fc.stringMatching(/^[a-z:0-9]{1,5}$/) })
    )
    const ends = fc.constantFrom("\n", "\r\n", "\r")
    fc.assert(
      fc.property(written, ends, fc.array(fc.nat(400)), (events, end, cuts) => {
        const text = events
          .map(({ data, event, id }) => ["event: " + event, "data: " + data, "id: " + id, "", ""].join(end))
          .join("")
        const points = [...new Set([0, ...cuts.filter((cut) => cut < text.length), text.length])].sort((a, b) => a - b)
        const pieces = points.slice(1).map((point, index) => text.slice(points[index], point))
        // Whether a CR at the very end is a whole line end is known only with what follows.
        expect(parse(...pieces, ":")).toEqual(events)
      })
    )
  })
})
