import { assert, describe, it } from "@effect/vitest"
import { type Description, JsonSchema } from "@trackmap/core"
import { Ajv2020 } from "ajv/dist/2020.js"
import addFormats from "ajv-formats"
import * as fc from "fast-check"
import { pair, valueOf } from "../test/types.ts"
import { Diff, Lock } from "./index.ts"

const ajv = new Ajv2020({ strict: false })
addFormats.default(ajv)

const runs = Number(process.env["RUNS"] ?? 40)

/** A key before and after: it stays, with another type or presence, or it comes or goes. */
interface Change {
  readonly types: readonly [before: Description.JsonType, after: Description.JsonType]
  readonly optional: readonly [before: boolean, after: boolean]
  readonly kept: "both" | "before" | "after"
}

const change: fc.Arbitrary<Change> = fc.record({
  types: fc.oneof(
    pair,
    pair.map(([type]) => [type, type] as const)
  ),
  optional: fc.tuple(fc.boolean(), fc.boolean()),
  kept: fc.constantFrom("both", "both", "both", "both", "before", "after")
})

/** The event before (0) or after (1) some changes. */
const eventOf = (changes: ReadonlyArray<Change>, at: 0 | 1): Description.Event => {
  const keys = changes.flatMap(({ kept, optional, types }, index): ReadonlyArray<Description.Key> => {
    if (kept !== "both" && kept !== (at === 0 ? "before" : "after")) return []
    const key = `key${index}`
    return [
      {
        key,
        path: `seen.${key}`,
        attribute: key,
        kind: "property",
        type: types[at],
        optional: optional[at],
        personal: false
      }
    ]
  })
  const node = { path: "seen.properties", entity: "seen", to: "one", resolver: { _tag: "Row" }, keys } as const
  return { name: "seen", purposes: [], nodes: [node] }
}

const keysOf = ({ nodes }: Description.Event) => nodes.flatMap(({ keys }) => keys)

const valuesOf = (event: Description.Event): fc.Arbitrary<object> => {
  const keys = keysOf(event)
  return valueOf({
    _tag: "Object",
    properties: keys.map(({ key, optional, personal, type }) => ({ name: key, type, optional, personal }))
  }) as fc.Arbitrary<object>
}

const lockOf = (event: Description.Event) => Lock.make({ format: 1, entities: [], events: [event] })

/** An event without the keys that another one does not have. */
const cut = (values: object, to: Description.Event): object => {
  const known = new Set(keysOf(to).map(({ key }) => key))
  return Object.fromEntries(Object.entries(values).filter(([key]) => known.has(key)))
}

describe("what a diff says of readers and of history, as ajv judges events by their JSON Schema", () => {
  it(
    "holds for every event that it says it of, and of those that it does not, some show why",
    { timeout: 300_000 },
    () => {
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), fc.integer(), (changes, seed) => {
          const [before, after] = [eventOf(changes, 0), eventOf(changes, 1)]
          const { changes: found } = Diff.between(lockOf(before), lockOf(after))
          // The removal of an optional key breaks charts, and no schema.
          const said = found.filter(({ what }) => what !== "it was removed")
          const judge = (schema: Description.Event, values: Description.Event, holds: boolean, by: string) => {
            const validate = ajv.compile(JsonSchema.ofEvent(schema))
            const samples = fc.sample(valuesOf(values), { numRuns: holds ? 40 : 600, seed })
            const refused = samples.find((one) => !validate(by === "readers" ? cut(one, schema) : one))
            if (holds) assert.isUndefined(refused, `${by}: ${JSON.stringify(said)}`)
            else assert.isDefined(refused, `${by}: ${JSON.stringify(said)}`)
          }
          const gone = changes.some(({ kept, optional }) => kept === "before" && !optional[0])
          judge(before, after, !gone && said.every(({ readers }) => readers), "readers")
          judge(
            after,
            before,
            said.every(({ history }) => history),
            "history"
          )
        }),
        { numRuns: runs }
      )
    }
  )
})
