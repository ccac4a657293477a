import { describe, expect, it } from "vitest"
import type { Answered, ShownCatalog, ShownTable } from "../../../src/internal/protocol.ts"
import { nothing } from "./asking.ts"
import { makeExplore, stepsOf } from "./explore.ts"

const table: ShownTable = {
  name: "order_placed",
  event: "orderPlaced",
  rows: 1,
  hidden: 0,
  columns: [{ name: "qty", kind: "integer", group: "Line", label: "qty" }]
}
const catalog: ShownCatalog = { name: "memory", isPlanned: true, tables: [table] }
const answered = (value: number): Answered => ({
  sql: "SELECT 1",
  columns: [{ name: "count", kind: "integer" }],
  rows: [[value]],
  truncated: false,
  ms: 1
})

const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status })

/** A service that answers when it is told to, and records what it was asked. */
const serviceOf = (tables: ReadonlyArray<ShownTable> = [table]) => {
  const asked: Array<{ readonly path: string; readonly body: unknown; readonly isStopped: () => boolean }> = []
  const waiting: Array<(response: Response) => void> = []
  const explore = makeExplore((path, init) => {
    if (path === "warehouse") return Promise.resolve(json({ ...catalog, tables }))
    const signal = init!.signal!
    asked.push({ path, body: JSON.parse(init!.body as string), isStopped: () => signal.aborted })
    return new Promise((resolve, reject) => {
      waiting.push(resolve)
      signal.addEventListener("abort", () => reject(new Error("aborted")))
    })
  })
  return { asked, waiting, explore }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0))

describe("Explore", () => {
  it("asks with each change, and stops what it asked before", async () => {
    const { asked, explore, waiting } = serviceOf()
    await explore.load()
    expect(asked).toEqual([])
    void explore.refine({ table: "order_placed" })
    void explore.refine({ measure: "sum:qty" })
    expect(asked.map(({ isStopped }) => isStopped())).toEqual([true, false])
    expect(asked[1]!.body).toMatchObject({ measure: { of: "sum", key: "qty" } })
    expect(explore.isAsking.value).toBe(true)
    waiting[1]!(json(answered(3)))
    await settle()
    expect(explore.isAsking.value).toBe(false)
    expect(explore.problem.value).toBeUndefined()
    expect(explore.result.value?.answered.rows).toEqual([[3]])
    expect(explore.result.value?.question).toMatchObject({ table: "order_placed" })
  })

  it("keeps the last answer while there is a problem, and while it is told to stop", async () => {
    const { asked, explore, waiting } = serviceOf()
    await explore.load()
    void explore.refine({ table: "order_placed" })
    waiting[0]!(json(answered(3)))
    await settle()
    void explore.refine({ measure: "users" })
    waiting[1]!(json({ error: "another process has the file open" }, 503))
    await settle()
    expect(explore.problem.value).toBe("another process has the file open")
    void explore.refine({ measure: "count" })
    explore.cancel()
    await settle()
    expect(asked[2]!.isStopped()).toBe(true)
    expect(explore.isAsking.value).toBe(false)
    expect(explore.problem.value).toBe("another process has the file open")
    expect(explore.result.value?.answered.rows).toEqual([[3]])
  })

  it("asks the question of an address once the tables are known, and runs no statement by itself", async () => {
    const { asked, explore, waiting } = serviceOf()
    explore.goTo({ asking: { ...nothing(), table: "order_placed", by: ["gone"] }, sql: undefined })
    expect(asked).toEqual([])
    void explore.load()
    await settle()
    expect(asked[0]!.body).toMatchObject({ table: "order_placed", groupBy: [] })
    waiting[0]!(json(answered(1)))
    await settle()
    explore.goTo({ asking: nothing(), sql: "SELECT 1" })
    await settle()
    expect(asked).toHaveLength(1)
    expect(explore.result.value).toBeUndefined()
    void explore.select()
    expect(asked[1]).toMatchObject({ path: "warehouse/select", body: { sql: "SELECT 1" } })
    explore.sql.value = " "
    await explore.select()
    expect(asked).toHaveLength(2)
  })

  it("looks at the tables again, and asks the same", async () => {
    const { asked, explore, waiting } = serviceOf()
    await explore.load()
    void explore.refine({ table: "order_placed" })
    waiting[0]!(json(answered(1)))
    await settle()
    void explore.again()
    await settle()
    expect(asked).toHaveLength(2)
    explore.sql.value = "SELECT 2"
    void explore.again()
    await settle()
    expect(asked[2]).toMatchObject({ path: "warehouse/select" })
  })

  it("says why the tables cannot be loaded, and asks nothing of a table that is gone", async () => {
    const failing = makeExplore(() => Promise.resolve(json({ error: "no file" }, 503)))
    await failing.load()
    expect(failing.catalogProblem.value).toBe("no file")
    const { asked, explore } = serviceOf([])
    await explore.load()
    await explore.refine({ table: "gone" })
    expect(asked).toEqual([])
    expect(explore.asking.value.table).toBe("gone")
  })

  it("knows which measures add up over time", () => {
    const question = { table: "t", groupBy: [], every: "day", timeZone: "UTC", filters: [] } as const
    const steps = (["count", "users"] as const).map((of) => stepsOf({ ...question, measure: { of } }))
    expect(steps.map((one) => [one?.isZero, one?.isSum])).toEqual([
      [true, true],
      [true, false]
    ])
    expect(stepsOf({ ...question, measure: { of: "average", key: "qty" } })).toMatchObject({
      isZero: false,
      isSum: false
    })
    expect(stepsOf(undefined)).toBeUndefined()
  })
})
