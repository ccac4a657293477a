import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Writer, Written, written } from "./slab.ts"

type Step = readonly ["write", number] | readonly ["pin" | "unpin" | "fill" | "move", number]
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.constant("write" as const), fc.nat(70_000)),
  fc.tuple(fc.constantFrom("pin" as const, "unpin" as const), fc.nat(30)),
  fc.tuple(fc.constant("fill" as const), fc.nat(6)),
  fc.tuple(fc.constant("move" as const), fc.nat(30))
)

describe("a text in a slab", () => {
  it("stays while it is pinned, and says whether it is there, however often it is pinned again", () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const all: Array<{ own: Written; readonly text: string; pins: number }> = []
        const add = (size: number, pins: number): void => {
          const text = `${all.length}é\u{1f600}`.repeat(size / 6 + 1)
          const own = written(text)
          if (pins > 0) own.pin()
          all.push({ own, text, pins })
        }
        for (const [what, number] of steps) {
          const one = all[all.length - 1 - number]
          if (what === "write") add(number, 1)
          // Pinned for a moment only, as messages are that arrive at once.
          if (what === "fill")
            for (let i = 0; i < number * 5; i++) {
              add(20_000, 1)
              all.at(-1)!.own.unpin()
              all.at(-1)!.pins--
            }
          if (what === "pin" && one?.own.isThere === true) {
            one.own.pin()
            one.pins++
          }
          if (what === "move" && one?.pins === 1) one.own = one.own.move()
          if (what === "unpin" && one !== undefined && one.pins > 0) {
            one.own.unpin()
            one.pins--
          }
          for (const { own, pins, text } of all.slice(-60)) {
            if (pins > 0) assert.isTrue(own.isThere)
            if (own.isThere) assert.isTrue(own.text === text)
          }
        }
        for (const { own, pins } of all) for (let i = 0; i < pins; i++) own.unpin()
      }),
      { numRuns: 60 }
    ))
})

it("the texts of a writer lie side by side, whatever others write between them", () => {
  const writer = new Writer()
  const texts = Array.from({ length: 50 }, (_, index) => {
    written("a".repeat(100))
    const own = writer.write(`{"id":${index}}`)
    own.pin()
    return own
  })
  const runs = Written.runs(texts)
  assert.lengthOf(runs, 1)
  assert.strictEqual(Buffer.from(runs[0]!).toString(), texts.map(({ text }) => text).join())
})
