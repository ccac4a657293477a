import type * as Plan from "@trackmap/core/Plan"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Semaphore from "effect/Semaphore"
import { ask } from "../asking/ask.ts"
import { objectOf } from "../asking/body.ts"
import { Refused } from "../asking/Refused.ts"
import type { ShownCatalog, ShownTable } from "../protocol.ts"
import { type Answered, asked, type SelectOptions, type Warehouse } from "./model.ts"
import * as question from "./question.ts"
import * as visible from "./visible.ts"

type Request = HttpServerRequest.HttpServerRequest

const toLook = Duration.seconds(10)
const toAnswer = Duration.seconds(30)
/** The questions that are answered at a time. The others wait. */
const atOnce = 4
/** The rows, and the characters of their JSON, that an answer has. */
const most = 10_000
const longest = 8_000_000
/** The characters of a statement. */
const longestStatement = 20_000

/** The paths that accept a POST, which changes nothing. */
export const posts: ReadonlyArray<string> = ["/api/warehouse/ask", "/api/warehouse/select"]

/** About the length of a row's JSON, found without making it. */
const lengthOf = (row: Answered["rows"][number]): number =>
  row.reduce<number>((length, cell) => {
    if (typeof cell === "string") return length + cell.length + 3
    return length + (typeof cell === "object" && cell !== null ? JSON.stringify(cell).length : 10)
  }, 2)

/** The rows that fit into an answer. */
const bounded = (answered: Answered): Effect.Effect<Answered, Refused> => {
  let length = 0
  const fitting = answered.rows.findIndex((row) => (length += lengthOf(row)) > longest)
  if (fitting === -1) return Effect.succeed(answered)
  if (fitting > 0) return Effect.succeed({ ...answered, rows: answered.rows.slice(0, fitting), truncated: true })
  const error = `A single row has more than ${longest} characters: select fewer columns, or parts of them.`
  return Effect.fail(new Refused({ status: 400, error }))
}

/** A warehouse, as far as the page may ask it. */
export class Explorer {
  readonly #warehouse: Warehouse
  readonly #shown: ReturnType<typeof visible.make>
  readonly #isPlanned: boolean
  readonly #seats = Semaphore.makeUnsafe(atOnce)
  /** The tables at the last look. */
  #tables: ReadonlyArray<ShownTable> | undefined

  constructor(warehouse: Warehouse, plan: Plan.Plan | undefined) {
    this.#warehouse = warehouse
    this.#shown = visible.make(plan)
    this.#isPlanned = plan !== undefined
  }

  get name(): string {
    return this.#warehouse.name
  }

  readonly #look = Effect.suspend(() => ask(asked, toLook, () => this.#warehouse.catalog())).pipe(
    Effect.map((tables) => (this.#tables = tables.map(this.#shown)))
  )

  readonly catalog: Effect.Effect<ShownCatalog, Refused> = Effect.map(this.#look, (tables) => ({
    name: this.name,
    isPlanned: this.#isPlanned,
    tables
  }))

  /** Whoever opens the page has looked, so a question costs no second look, unless it is about a table or a key that has come since. */
  readonly ask = (body: unknown): Effect.Effect<Answered, Refused> =>
    Effect.flatMap(question.read(body), (read) => {
      const known = this.#tables
      const again = Effect.flatMap(this.#look, (tables) => question.checked(read, tables, most))
      const checked = known && question.checked(read, known, most).pipe(Effect.catch(() => again))
      return Effect.flatMap(checked ?? again, (whole) =>
        this.#answer((signal) => this.#warehouse.ask(whole, { signal }))
      )
    })

  readonly select = (body: Readonly<Record<string, unknown>>): Effect.Effect<Answered, Refused> => {
    const { sql, ...others } = body
    if (
      typeof sql !== "string" ||
      sql.trim() === "" ||
      sql.length > longestStatement ||
      Object.keys(others).length > 0
    ) {
      const error = `Send one statement, as sql, of 1 to ${longestStatement} characters.`
      return Effect.fail(new Refused({ status: 400, error }))
    }
    const known = this.#tables
    return Effect.flatMap(known === undefined ? this.#look : Effect.succeed(known), (tables) => {
      const visible: SelectOptions["visible"] = Object.fromEntries(
        tables.map(({ columns, name }) => [name, columns.map((column) => column.name)])
      )
      return this.#answer((signal) => this.#warehouse.select(sql, { signal, limit: most, visible }))
    })
  }

  #answer(call: (signal: AbortSignal) => ReturnType<Warehouse["ask"]>): Effect.Effect<Answered, Refused> {
    return Effect.flatMap(this.#seats.withPermit(ask(asked, toAnswer, call)), bounded)
  }
}

/** Answers a request to the warehouse, or returns undefined if the path is another. */
export const answer = (
  explorer: Explorer,
  request: Request,
  path: string
): Effect.Effect<ShownCatalog | Answered, Refused> | undefined => {
  switch (path) {
    case "/api/warehouse":
      return explorer.catalog
    case "/api/warehouse/ask":
      return Effect.flatMap(objectOf(request), explorer.ask)
    case "/api/warehouse/select":
      return Effect.flatMap(objectOf(request), explorer.select)
    default:
      return undefined
  }
}
