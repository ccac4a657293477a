import { assert, describe, it } from "@effect/vitest"
import type { HttpTransport } from "@trackmap/core"
import { faultOf, textOf } from "./exception.ts"

const now = Date.parse("2026-01-01T00:00:00Z")
const respond = (
  status: number,
  text = "",
  headers: Readonly<Record<string, string>> = {}
): HttpTransport.Response => ({ status, text, headers })
const tagOf = (response: HttpTransport.Response): string | undefined => faultOf(response, now)?.error._tag

describe("a response of ClickHouse", () => {
  it("means what its exception says, and not its status", () => {
    const codes: ReadonlyArray<readonly [code: number, tag: string, changed?: boolean]> = [
      [252, "Unavailable"],
      [241, "Unavailable"],
      [159, "Unavailable"],
      [210, "Unavailable"],
      [516, "Misconfigured"],
      [81, "Misconfigured"],
      [497, "Misconfigured"],
      [60, "Refused", true],
      [16, "Refused", true],
      [27, "Refused", false],
      [117, "Refused", false]
    ]
    for (const [code, tag, changed = false] of codes) {
      for (const status of [200, 400, 404, 500]) {
        const said = `Code: ${code}. DB::Exception: something. (A_NAME) (version 26.7.2.1 (official build))\n`
        const fault = faultOf(respond(status, said), now)!
        assert.deepStrictEqual([fault.error._tag, fault.changed], [tag, changed], `code ${code}, status ${status}`)
        assert.strictEqual(tagOf(respond(status, "", { "x-clickhouse-exception-code": String(code) })), tag)
      }
    }
  })

  it("of an unknown exception means what its status says", () => {
    const statuses: ReadonlyArray<readonly [status: number, tag: string]> = [
      [200, "Unavailable"],
      [400, "Refused"],
      [403, "Misconfigured"],
      [413, "TooLarge"],
      [500, "Unavailable"]
    ]
    for (const [status, tag] of statuses) {
      const { error } = faultOf(respond(status, "Code: 9999. DB::Exception: a-value"), now)!
      assert.strictEqual(error._tag, tag)
      assert.strictEqual(error.reason, `ClickHouse answered with an exception (code 9999, status ${status})`)
    }
  })

  it("may have an exception behind its rows, in the forms of old and new versions", () => {
    const row = JSON.stringify(["Code: 60. DB::Exception", "__exception__", "\nCode: 60. DB::Exception"])
    assert.isUndefined(tagOf(respond(200, `${row}\n`)))
    assert.strictEqual(tagOf(respond(200, `${row}\nCode: 241. DB::Exception: Memory limit exceeded`)), "Unavailable")
    assert.strictEqual(tagOf(respond(200, `${row}\nCode: 60, e.displayText() = DB::Exception: no`)), "Refused")
    assert.strictEqual(tagOf(respond(200, `${row}\n\r\n__exception__\r\nCode: 27. DB::Exception: no`)), "Refused")
    assert.strictEqual(tagOf(respond(200, `${row}\n\r\n__exception__\r\ndngjzjnxkvlwkeua\r\nsomething`)), "Unavailable")
  })

  it("without an exception comes from a proxy, and means what its status says", () => {
    assert.isUndefined(tagOf(respond(200)))
    assert.strictEqual(tagOf(respond(502, "<html></html>")), "Unavailable")
    assert.strictEqual(tagOf(respond(413)), "TooLarge")
  })

  it("says when to come back", () => {
    const asked = { "retry-after": "7" }
    const waits = [respond(503, "", asked), respond(503, "Code: 252. DB::Exception", asked), respond(503, "Code: 252.")]
    assert.deepStrictEqual(
      waits.map((response) => {
        const error = faultOf(response, now)?.error
        return error?._tag === "Unavailable" ? error.retryAfter : error
      }),
      [7_000, 7_000, undefined]
    )
  })

  it("has a text of at most 300 characters", () => {
    assert.strictEqual(textOf(respond(500, `Code: 1. ${"x".repeat(400)}`)).length, 300)
    assert.strictEqual(textOf(respond(500, "<html></html>")), "")
  })
})
