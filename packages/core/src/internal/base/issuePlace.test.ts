import { assert, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { placeOf } from "./issuePlace.ts"

const Traits = Schema.Struct({ lists: Schema.Record(Schema.String, Schema.Array(Schema.Int)) })

it("the place of what a schema refuses names keys that look like names in code, and no others", () => {
  const placeIn = (given: unknown) =>
    Option.map(Result.getFailure(Schema.decodeUnknownResult(Traits)(given)), ({ issue }) => placeOf(issue))
  assert.deepStrictEqual(
    [
      { lists: { sizes: [1, "x"] } },
      { lists: { "peach@toadtown.example": ["x"] } },
      { lists: { "\u001b[31m": [1, 2, "x"] } },
      5
    ].map(placeIn),
    ["lists.sizes.1", "lists.*.0", "lists.*.2", ""].map(Option.some)
  )
})
