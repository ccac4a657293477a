/** The tab Explore: the tables, the question, and the answer. */
import { signal } from "@preact/signals"
import type { Answered, Question, ShownCatalog, ShownTable } from "../../../src/internal/protocol.ts"
import { answerOf, type Ask, post } from "../answer.ts"
import { type Asking, fitted, nothing, questionOf } from "./asking.ts"
import type { Steps } from "./shape.ts"

/** An answer, and what it answers. */
export interface Result {
  readonly answered: Answered
  /** Undefined for a statement. */
  readonly question: Asked | undefined
}

type Asked = Omit<Question, "limit">

/** The times of a question that has some. A group without rows has no average, and one user can come on many days. */
export const stepsOf = (question: Asked | undefined): Steps | undefined => {
  if (question?.every === undefined) return undefined
  const { every, measure, timeZone: zone } = question
  return { every, zone, isZero: measure.of !== "average", isSum: measure.of === "count" || measure.of === "sum" }
}

/** The state of the tab, as signals. */
export const makeExplore = (ask: Ask) => {
  const catalog = signal<ShownCatalog | undefined>(undefined)
  /** Why the tables could not be loaded. */
  const catalogProblem = signal<string | undefined>(undefined)
  const asking = signal<Asking>(nothing())
  /** The statement in the box, or undefined while a question is put together. */
  const sql = signal<string | undefined>(undefined)
  const result = signal<Result | undefined>(undefined)
  /** Why there is no answer. The last answer stays. */
  const problem = signal<string | undefined>(undefined)
  const isAsking = signal(false)
  let request: AbortController | undefined

  const tableOf = (name: string): ShownTable | undefined => catalog.peek()?.tables.find((table) => table.name === name)

  /** Stops what is being asked. */
  const cancel = (): void => {
    request?.abort()
    request = undefined
    isAsking.value = false
  }

  /** Asks, in place of what was asked before. */
  const send = async (path: string, body: unknown, question: Asked | undefined): Promise<void> => {
    cancel()
    const mine = (request = new AbortController())
    isAsking.value = true
    const answer = await answerOf<Answered>(ask(path, post(body, mine.signal)))
    if (request !== mine) return
    request = undefined
    isAsking.value = false
    problem.value = "error" in answer ? answer.error : undefined
    if ("value" in answer) result.value = { question, answered: answer.value }
  }

  /** Answers the question, if it has a table. */
  const run = async (): Promise<void> => {
    const now = asking.peek()
    const table = tableOf(now.table)
    if (table === undefined) return cancel()
    const question = questionOf(now, table, Date.now())
    await send("warehouse/ask", question, question)
  }

  /** Changes the question, and asks it. */
  const refine = (some: Partial<Asking>): Promise<void> => {
    const next = { ...asking.peek(), ...some }
    const table = tableOf(next.table)
    asking.value = table === undefined ? next : fitted(next, table)
    return run()
  }

  /** Runs the statement in the box. */
  const select = async (): Promise<void> => {
    const statement = sql.peek()
    if (statement === undefined || statement.trim() === "") return
    await send("warehouse/select", { sql: statement }, undefined)
  }

  /** Loads the tables. The first time, asks the question that the address has; a statement waits until a person runs it. */
  const load = async (): Promise<void> => {
    const answer = await answerOf<ShownCatalog>(ask("warehouse"))
    catalogProblem.value = "error" in answer ? answer.error : undefined
    if ("error" in answer) return
    catalog.value = answer.value
    const table = tableOf(asking.peek().table)
    if (table === undefined) return
    asking.value = fitted(asking.peek(), table)
    if (sql.peek() === undefined && result.peek() === undefined) await run()
  }

  /** Looks at the tables again, and asks the same once more. */
  const again = async (): Promise<void> => {
    await load()
    await (sql.peek() === undefined ? run() : select())
  }

  /** Goes to a question, such as that of an address. */
  const goTo = (to: { readonly asking: Asking; readonly sql: string | undefined }): void => {
    cancel()
    asking.value = to.asking
    sql.value = to.sql
    result.value = undefined
    problem.value = undefined
    if (catalog.peek() !== undefined) void load()
  }

  return {
    catalog,
    catalogProblem,
    asking,
    sql,
    result,
    problem,
    isAsking,
    again,
    cancel,
    goTo,
    load,
    refine,
    run,
    select
  }
}
