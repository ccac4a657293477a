import { assert, it } from "@effect/vitest"
import { id } from "../../test/against.ts"
import { read } from "./response.ts"

const of = (text: string) => ({ status: 200, headers: {}, text })

it("a response that is plain success needs no ids, and any other does", () => {
  for (const count of [1, 2, 100]) {
    const results = Object.fromEntries(Array.from({ length: count }, (_, index) => [id(index), { result: "ok" }]))
    const uuids = () => Object.keys(results)
    const asked = () => assert.fail("the ids were asked for")
    const { failure, outcomes } = read(of(JSON.stringify({ results })), "events", count, asked, 0)
    assert.deepStrictEqual([outcomes.length, failure], [count, undefined])
    for (const { _tag } of outcomes as ReadonlyArray<{ readonly _tag: string }>) assert.strictEqual(_tag, "Delivered")
    const others = [JSON.stringify({ results }, null, 1), JSON.stringify({ results }).replace("ok", "no")]
    for (const text of others) assert.throws(() => read(of(text), "events", count, asked, 0))
    assert.deepStrictEqual(read(of(others[0]!), "events", count, uuids, 0).outcomes, outcomes)
  }
})
