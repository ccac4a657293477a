import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import { Options } from "./index.ts"

interface Given {
  readonly apiKey: Redacted.Redacted<string>
  readonly url: string
  readonly api?: "http" | "batch" | undefined
  readonly group?: string | undefined
  readonly rows?: number | undefined
  readonly appId?: string | undefined
}

const resolve = (given: object) =>
  Options.resolve("warehouse", given as Given, {
    apiKey: Options.secret("the API key", (key) => (key.includes(" ") ? "the API key has a space" : undefined)),
    url: Options.required((url) => (url ? undefined : "the url is empty")),
    api: Options.oneOf("http", "batch"),
    group: Options.text("the group", "company", (group) => (group.length > 9 ? "the group is too long" : undefined)),
    rows: Options.optional<number>(1_000, (rows) => (rows >= 1 ? undefined : "rows is less than 1")),
    appId: Options.optional<string | undefined>(undefined)
  })

const apiKey = Redacted.make("key")
const url = "https://warehouse.example"

describe("options", () => {
  it("that are left out or undefined have their defaults", () => {
    const expected = { apiKey, url, api: "http", group: "company", rows: 1_000, appId: undefined }
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
