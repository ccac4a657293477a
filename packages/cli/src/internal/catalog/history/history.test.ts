import { assert, describe, it } from "@effect/vitest"
import type { Description } from "@trackmap/core"
import * as fc from "fast-check"
import * as lockOf from "../../lock/make.ts"
import type { Lock } from "../../lock/model.ts"
import { write } from "../../lock/text.ts"
import { of } from "./history.ts"
import type { Patch } from "./patches.ts"

const empty: Lock = { subjects: new Map(), entities: new Map(), relations: new Map() }

type Keys = Readonly<Record<string, Description.JsonType["_tag"]>>
type Events = Readonly<Record<string, Keys>>

const planOf = (events: Events): Description.Plan => ({
  format: 1,
  entities: [],
  events: Object.entries(events).map(([name, keys]) => ({
    name,
    purposes: [],
    nodes: [
      {
        path: `${name}.properties`,
        entity: name,
        to: "one",
        resolver: { _tag: "Row" },
        keys: Object.entries(keys).map(([key, _tag]) => ({
          key,
          path: `${name}.properties.${key}`,
          attribute: key,
          kind: "property",
          type: { _tag } as Description.JsonType,
          optional: false,
          personal: false
        }))
      }
    ]
  }))
})

const linesOf = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")

/** The commits of files, one after the other, the latest first, as Git's log has them. */
const logOf = (texts: ReadonlyArray<string>): ReadonlyArray<Patch> =>
  texts
    .map((text, at) => {
      const [before, after] = [linesOf(texts[at - 1] ?? ""), linesOf(text)]
      return {
        hash: `h${at}`,
        date: `2026-01-0${at + 1}`,
        removed: before.filter((line) => !after.includes(line)),
        added: after.filter((line) => !before.includes(line))
      }
    })
    .toReversed()

const locksOf = (plans: ReadonlyArray<Events>): ReadonlyArray<Lock> => {
  let known = empty
  return plans.map((plan) => (known = lockOf.make(planOf(plan), known)))
}

const textsOf = (plans: ReadonlyArray<Events>): ReadonlyArray<string> => locksOf(plans).map(write)

const changesOf = (texts: ReadonlyArray<string>, id: string) =>
  of("trackmap.lock", logOf(texts), false).subjects.get(id)

const tags = fc.constantFrom("String", "Integer", "Boolean")
const events: fc.Arbitrary<Events> = fc.dictionary(
  fc.constantFrom("signedIn", "orderPlaced", "orderPaid"),
  fc.dictionary(fc.constantFrom("a", "b", "c", "d"), tags, { maxKeys: 4 }),
  { maxKeys: 3 }
)

describe("the history of a lock file", () => {
  it("knows the commit that added each event and each key", () => {
    fc.assert(
      fc.property(fc.array(events, { minLength: 1, maxLength: 6 }), (plans) => {
        const locks = locksOf(plans)
        const { commits, subjects } = of("trackmap.lock", logOf(locks.map(write)), false)
        const hashOf = (at: number | undefined) => (at === undefined ? undefined : commits[at]![0])
        const startOf = (isThere: (lock: Lock) => boolean): string =>
          `h${locks.findLastIndex((_, at) => isThere(locks[at]!) && (at === 0 || !isThere(locks[at - 1]!)))}`
        for (const [id, { keys }] of locks.at(-1)!.subjects) {
          const known = subjects.get(id)!
          assert.strictEqual(
            hashOf(known.added),
            startOf((lock) => lock.subjects.has(id))
          )
          for (const key of keys.keys()) {
            assert.strictEqual(
              hashOf(known.keysAdded.get(key)),
              startOf((lock) => lock.subjects.get(id)?.keys.has(key) === true)
            )
          }
        }
      }),
      { numRuns: 200 }
    )
  })

  it("tells each change of a key with its class, and nothing of text", () => {
    const texts = textsOf([
      { signedIn: { method: "String" } },
      { signedIn: { method: "String", at: "Integer" } },
      { signedIn: { method: "Boolean", at: "Integer" } },
      { signedIn: { method: "Boolean" } }
    ])
    assert.deepStrictEqual(changesOf(texts, "event signedIn"), {
      added: 0,
      keysAdded: new Map([
        ["method", 0],
        ["at", 1]
      ]),
      changes: [
        [1, "minor", "at", "it was added as integer, and is always present"],
        [2, "major", "method", "the type string became boolean"],
        [3, "major", "at", "it was removed"]
      ]
    })
  })

  it("tells renames under both names", () => {
    const texts = textsOf([{ signedIn: { method: "String" } }, { signed_in: { method: "String" } }])
    const { gone, subjects } = of("trackmap.lock", logOf(texts), false)
    assert.deepStrictEqual(gone, [["event", "signedIn", 1]])
    assert.deepStrictEqual(subjects.get("event signed_in")?.changes, [
      [1, "major", 0, 'it was renamed from "signedIn"']
    ])
  })

  it("knows what came back", () => {
    const { gone, subjects } = of("f", logOf(textsOf([{ a: {} }, {}, { a: {} }])), false)
    assert.deepStrictEqual([gone, subjects.get("event a")?.added], [[], 2])
  })

  it("skips commits with conflicts or an unknown format, names them, and goes on with what they left", () => {
    const [first, last] = textsOf([
      { signedIn: { method: "String" } },
      { signedIn: { method: "String", at: "Integer" } }
    ])
    const conflict = `${first}<<<<<<< HEAD\n${linesOf(last!).at(-1)}\n=======\n>>>>>>> branch\n`
    const newer = first!.replace(`["trackmap lock",1]`, `["trackmap lock",2]`)
    const { commits, skipped, subjects } = of("f", logOf([first!, conflict, newer, last!]), false)
    assert.deepStrictEqual(skipped, [
      ["h1", "2026-01-02", "the file has merge conflicts"],
      ["h2", "2026-01-03", "this is not a line of a lock file"]
    ])
    assert.deepStrictEqual(
      commits.map(([hash]) => hash),
      ["h0", "h3"]
    )
    assert.strictEqual(subjects.get("event signedIn")?.keysAdded.get("at"), 1)
  })

  it("takes what the oldest known commit changes for what was there before", () => {
    const log = logOf(textsOf([{ a: { x: "String" } }, { a: { x: "Integer" } }])).slice(0, 1)
    const known = of("f", log, true).subjects.get("event a")
    assert.deepStrictEqual(known?.added, undefined)
    assert.deepStrictEqual(known?.changes, [[0, "major", "x", "the type string became integer"]])
  })

  it("tells changes of keys whose event has no new version, as those of a file that was edited", () => {
    const [first, second] = textsOf([{ a: { x: "String" } }, { a: { x: "String", y: "Integer" } }])
    const edited = second!.replace('"1-1-0"', '"1-0-0"')
    const same = { added: 0, x: 0 }
    for (const texts of [
      [first!, edited],
      [edited, first!]
    ]) {
      const { added, changes, keysAdded } = changesOf(texts, "event a")!
      assert.deepStrictEqual({ added, x: keysAdded.get("x") }, same)
      assert.match(changes[0]![3], /^it was (added|removed)/)
    }
  })

  it("is empty for a file that never was a lock", () => {
    const { commits, skipped, subjects } = of("f", logOf(["hello\n"]), false)
    assert.deepStrictEqual([commits.length, subjects.size, skipped.length], [0, 0, 1])
  })
})
