import { assert, it } from "vitest"
import { faultOf } from "../engine/fault.ts"
import { failureOf } from "./sink.ts"

it("a batch that needs too much memory is split, and a single message is sent again", () => {
  const memory = faultOf("f", new Error("Out of Memory Error: failed to pin block"))
  const disk = faultOf("f", new Error("IO Error: No space left on device"))
  assert.strictEqual(failureOf(memory, 2)._tag, "TooLarge")
  assert.strictEqual(failureOf(memory, 1)._tag, "Unavailable")
  assert.strictEqual(failureOf(disk, 2)._tag, "Unavailable")
  assert.include(failureOf(disk, 2).reason, "f: the disk is full: free some space")
})
