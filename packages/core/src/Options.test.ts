import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import { Options } from "./index.ts"

const rules = {
  apiKey: Options.secret("the API key", (key) => (key.includes(" ") ? "the API key has a space" : undefined)),
  url: Options.required((url: string | undefined) => (url ? undefined : "the url is empty")),
  api: Options.oneOf("http", "batch"),
  group: Options.text("the group", "company", (group) => (group.length > 9 ? "the group is too long" : undefined)),
  rows: Options.optional(1_000, (rows) => (rows >= 1 ? undefined : "rows is less than 1")),
  appId: Options.optional<string | undefined>(undefined)
}
interface Given extends Options.Given<typeof rules> {}

const resolve = (given: object) => Options.resolve("warehouse", given as Given, rules)

const apiKey = Redacted.make("key")
const url = "https://warehouse.example"

describe("options", () => {
  it("that are left out or undefined have their defaults", () => {
    const expected = {
      apiKey,
      url,
      api: "http",
      group: "company",
      rows: 1_000,
      appId: undefined
    }
    const given = { apiKey, url, api: undefined, rows: undefined }
    assert.deepStrictEqual(resolve(given), { options: expected, problems: [] } as never)
  })

  it("that are given stay as they are", () => {
    const given = { apiKey, url, api: "batch", group: "team", rows: 7, appId: "shop" }
    assert.deepStrictEqual(resolve(given), { options: given, problems: [] } as never)
  })

  for (const [more, problem] of [
    [{ apiKey: "secret" }, "the API key is not Redacted: pass Redacted.make(apiKey), which keeps it out of logs"],
    [{ apiKey: undefined }, "the API key is not Redacted: pass Redacted.make(apiKey), which keeps it out of logs"],
    [{ apiKey: Redacted.make("") }, "the API key is empty"],
    [{ apiKey: Redacted.make(undefined) }, "the API key is empty"],
    [{ apiKey: Redacted.make("se cret") }, "the API key has a space"],
    [{ url: undefined }, "the url is empty"],
    [{ api: "secret" }, `api is "http" or "batch"`],
    [{ api: null }, `api is "http" or "batch"`],
    [{ group: "" }, "the group is empty"],
    [{ group: 7 }, "the group is empty"],
    [{ group: "secret secret" }, "the group is too long"],
    [{ rows: 0 }, "rows is less than 1"]
  ] as const) {
    it(`that are wrong are named, without their values: ${problem}`, () => {
      assert.deepStrictEqual(resolve({ apiKey, url, ...more }).problems, [problem])
    })
  }

  it("that are wrong are all named, in the order of the rules", () => {
    assert.deepStrictEqual(resolve({ rows: 0, apiKey: Redacted.make(""), url: "" }).problems, [
      "the API key is empty",
      "the url is empty",
      "rows is less than 1"
    ])
  })

  it("that are misspelt throw", () => {
    assert.throws(() => resolve({ apiKey, url, row: 7 }), /warehouse: it has no option "row": did you mean rows\?/)
  })
})

it("the type of options is that of their rules", () => {
  const least: Given = { apiKey, url }
  const most: Given = { apiKey, url, api: "batch", group: undefined, rows: 7, appId: "shop" }
  assert.deepStrictEqual([resolve(least).options.api, resolve(most).options.api], ["http", "batch"])
  // @ts-expect-error The url is missing.
  const missing: Given = { apiKey }
  // @ts-expect-error The API is none of the words.
  const wrong: Given = { apiKey, url, api: "v1" }
  assert.lengthOf(
    [missing, wrong].flatMap((given) => resolve(given).problems),
    2
  )
})
