/** What people who come from dataloader rely on: its behaviours, in our words, and where ours differ on purpose. */
import { assert, describe, it } from "vitest"
import { z } from "zod"
import { Entity, Loader } from "./index.ts"

interface Row {
  readonly id: number
  readonly key: any
}
const Leaf = Entity.make("Leaf", { key: "id", attributes: { id: z.int() } })
const keep = { capacity: 100, timeToLive: "1 minute" } as const

const number = (key: unknown): number => Number.parseInt(String(key), 36)

/** A loader of a row for each key, with what it was asked for, and a function that asks it as dataloader's `load` does. */
const setup = (
  compose: (loader: Loader.Loader<any, Row, undefined, any>) => Loader.Loader<any, Row, undefined, any> = (same) =>
    same,
  options: { readonly fails?: (keys: ReadonlyArray<any>) => boolean; readonly hash?: (key: any) => unknown } = {}
) => {
  const calls: Array<ReadonlyArray<any>> = []
  const { fails = () => false, ...rest } = options
  const loader = compose(
    Loader.byKey({
      name: "letters",
      ...rest,
      load: async (keys: Array<any>): Promise<ReadonlyArray<Row>> => {
        calls.push([...keys])
        if (fails(keys)) throw new RangeError("down")
        return keys.filter((key) => key !== "missing").map((key) => ({ id: number(key.letter ?? key), key }))
      },
      keyOf: (row) => row.key
    })
  )
  const Related = Leaf.pipe(
    Entity.one(
      "one",
      Leaf,
      Loader.at(loader, (row: { readonly of: any }) => row.of),
      { prefix: "One" }
    )
  )
  const load = async (key: any): Promise<number | undefined> => {
    const values = await (Entity.values(Related as any, { id: 0, of: key } as never) as Promise<any>)
    return values.One_id
  }
  return { calls, load, loader: loader as Loader.Loader<any, Row> }
}
const cached = Loader.cached(keep)
const [A, B, C] = ["a", "b", "c"].map(number)

type Check = () => Promise<void>
const behaviours: Readonly<Record<string, Check>> = {
  "loads one key": async () => {
    const { calls, load } = setup()
    assert.deepStrictEqual([await load("a"), calls], [A, [["a"]]])
  },
  "loads several keys in one call, in the order in which they were asked for": async () => {
    const { calls, load } = setup()
    assert.deepStrictEqual(await Promise.all(["b", "a", "c"].map(load)), [B, A, C])
    assert.deepStrictEqual(calls, [["b", "a", "c"]])
  },
  "asks once for a key that is asked for twice at a time, with a cache or without": async () => {
    for (const { calls, load } of [setup(), setup(cached)]) {
      assert.deepStrictEqual(await Promise.all([load("a"), load("a")]), [A, A])
      assert.deepStrictEqual(calls, [["a"]])
    }
  },
  "takes what is asked for after microtasks of the same turn into the same call": async () => {
    const { calls, load } = setup()
    const after = async (key: string, hops: number) => {
      for (let i = 0; i < hops; i++) await Promise.resolve()
      return load(key)
    }
    await Promise.all([after("a", 0), after("b", 5), Promise.resolve().then(() => after("c", 20))])
    assert.deepStrictEqual(calls, [["a", "b", "c"]])
  },
  "splits a call at the largest size": async () => {
    const { calls, load } = setup(Loader.batchN(2))
    assert.deepStrictEqual(await Promise.all(["a", "b", "c"].map(load)), [A, B, C])
    assert.deepStrictEqual(calls, [["a", "b"], ["c"]])
  },
  "can ask for each key alone": async () => {
    const { calls, load } = setup(Loader.batchN(1))
    await Promise.all(["a", "b"].map(load))
    assert.deepStrictEqual(calls, [["a"], ["b"]])
  },
  "keeps what it has loaded, and asks for the rest only": async () => {
    const { calls, load } = setup(cached)
    await load("a")
    assert.deepStrictEqual(await Promise.all(["a", "b"].map(load)), [A, B])
    await Promise.all(["a", "b"].map(load))
    assert.deepStrictEqual(calls, [["a"], ["b"]])
  },
  "keeps nothing without a cache": async () => {
    const { calls, load } = setup()
    await load("a")
    await load("a")
    assert.deepStrictEqual(calls, [["a"], ["a"]])
  },
  "has no value for what is missing, and asks again": async () => {
    const { calls, load } = setup(cached)
    assert.deepStrictEqual([await load("missing"), await load("missing")], [undefined, undefined])
    assert.lengthOf(calls, 2)
  },
  "clears one key, or all": async () => {
    const { calls, load, loader } = setup(cached)
    const both = () => Promise.all(["a", "b"].map(load))
    await both()
    Loader.clear(loader, "a")
    await both()
    Loader.clearAll(loader)
    await both()
    assert.deepStrictEqual(calls, [["a", "b"], ["a"], ["a", "b"]])
  },
  "is primed, but not over what is there, unless it is cleared before": async () => {
    const { calls, load, loader } = setup(cached)
    Loader.prime(loader, "a", { id: 1, key: "a" })
    Loader.prime(loader, "a", { id: 2, key: "a" })
    assert.strictEqual(await load("a"), 1)
    Loader.clear(loader, "a")
    Loader.prime(loader, "a", { id: 3, key: "a" })
    assert.deepStrictEqual([await load("a"), calls], [3, []])
  },
  "fails for all keys of a call that fails, and does not keep that": async () => {
    let down = true
    const { calls, load } = setup(cached, { fails: () => down })
    const results = await Promise.allSettled(["a", "b"].map(load))
    assert.deepStrictEqual(
      results.map((result) => result.status === "rejected" && result.reason.cause instanceof RangeError),
      [true, true]
    )
    down = false
    assert.deepStrictEqual([await load("a"), calls.length], [A, 2])
  },
  "fails for the keys of the failed part only, where a call is split": async () => {
    const { load } = setup(Loader.batchN(1), { fails: ([key]) => key === "b" })
    const results = await Promise.allSettled(["a", "b", "c"].map(load))
    assert.deepStrictEqual(
      results.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"]
    )
  },
  "tells keys that are objects apart by a function, and gives load the first of those that are equal": async () => {
    const { calls, load } = setup(cached, { hash: ({ letter }) => letter })
    const [first, second] = [{ letter: "a" }, { letter: "a" }]
    assert.deepStrictEqual(await Promise.all([load(first), load(second)]), [A, A])
    assert.strictEqual(await load({ letter: "a" }), A)
    assert.lengthOf(calls, 1)
    assert.strictEqual(calls[0]![0], first)
  },
  "loads nothing for null": async () => {
    const { calls, load } = setup()
    assert.deepStrictEqual([await load(null), await load(undefined), calls], [undefined, undefined, []])
  },
  "calls a loader from what another has found, in one call for each level": async () => {
    const calls: Array<ReadonlyArray<number>> = []
    const halves = () =>
      Loader.byKey({
        load: async (keys: Array<number>) => (
          calls.push([...keys]),
          keys.map((id) => ({ id, half: Math.floor(id / 2) }))
        ),
        keyOf: (row) => row.id
      })
    const half = (row: { readonly half: number }) => row.half
    const Inner = Leaf.pipe(Entity.one("half", Leaf, Loader.at(halves(), half), { prefix: "Quarter" }))
    const Outer = Leaf.pipe(Entity.one("half", Inner, Loader.at(halves(), half), { prefix: "Half" }))
    await Promise.all([8, 9, 12].map((n) => Entity.values(Outer, { id: n, half: Math.floor(n / 2) })))
    assert.deepStrictEqual(calls, [
      [4, 6],
      [2, 3]
    ])
  },
  "rejects what is no list of rows": async () => {
    const bad = Loader.byKey({
      name: "letters",
      load: (async () => "abc") as never as (_: Array<any>) => Array<Row>,
      keyOf: (row) => row.key
    })
    const Related = Leaf.pipe(
      Entity.one(
        "one",
        Leaf,
        Loader.at(bad, (row: { of: string }) => row.of),
        { prefix: "One" }
      )
    )
    const error = await Entity.values(Related, { id: 0, of: "a" }).then(
      () => undefined,
      (thrown: unknown) => thrown
    )
    assert.include(
      String((error as Error).message),
      "letters returned a string of length 3 instead of an array of rows"
    )
  }
}

describe("a loader, as people who come from dataloader expect,", () => {
  for (const [behaviour, check] of Object.entries(behaviours)) it(behaviour, check)
})
