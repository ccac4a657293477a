import { conditionOf } from "./conditions.ts"
import { type Column, Exception, type Row, type Stored } from "./model.ts"
import { type Token, Tokens } from "./tokens.ts"
import { valueOf } from "./values.ts"

/** The tables of a server: by database, and by name. */
export type Databases = ReadonlyMap<string, Map<string, Stored>>

interface Name {
  readonly tables: Map<string, Stored>
  readonly name: string
}

const nameIn = (databases: Databases, tokens: Tokens): Name => {
  const database = tokens.take("name", "word")
  tokens.expect(".")
  const tables = databases.get(database)
  if (tables === undefined) throw new Exception(81, `Database ${database} does not exist`)
  const name = tokens.take("name", "word")
  if (tokens.skip("ON CLUSTER"))
    throw new Exception(701, `Requested cluster '${tokens.take("name", "word")}' not found`)
  return { tables, name }
}

const tableIn = (databases: Databases, tokens: Tokens): Stored => {
  const { name, tables } = nameIn(databases, tokens)
  const table = tables.get(name)
  if (table === undefined) throw new Exception(60, `Table ${name} does not exist`)
  return table
}

/** A type as the catalogue writes it. */
const typeOf = (tokens: ReadonlyArray<Token>): string =>
  tokens.map(({ is, value }) => (is === "text" ? `'${value}'` : value === "," ? ", " : value)).join("")

const columnOf = (tokens: Tokens): Column => {
  const name = tokens.take("name", "word")
  const type = typeOf(tokens.until(",", ")", "COMMENT"))
  return { name, type, comment: tokens.skip("COMMENT") ? tokens.take("text") : "" }
}

/** A list in parentheses. */
const list = <A>(tokens: Tokens, item: (tokens: Tokens) => A): ReadonlyArray<A> => {
  tokens.expect("(")
  const items = [item(tokens)]
  while (tokens.skip(",")) items.push(item(tokens))
  tokens.expect(")")
  return items
}

const createTable = (databases: Databases, tokens: Tokens): void => {
  const { name, tables } = nameIn(databases, tokens)
  const columns = list(tokens, columnOf)
  tokens.expect("ENGINE =")
  const engine = tokens.take("word")
  tokens.until("ORDER")
  tokens.expect("ORDER BY")
  const sortedBy = list(tokens, (inner) => inner.take("name", "word"))
  tokens.until("COMMENT")
  const comment = tokens.skip("COMMENT") ? tokens.take("text") : ""
  if (!tables.has(name)) tables.set(name, { name, engine, comment, columns, sortedBy, rows: [], tokens: new Set() })
}

const createView = (databases: Databases, tokens: Tokens): void => {
  const { name, tables } = nameIn(databases, tokens)
  tokens.until("COMMENT")
  const comment = tokens.skip("COMMENT") ? tokens.take("text") : ""
  tables.set(name, { name, engine: "View", comment, columns: [], sortedBy: [], rows: [], tokens: new Set() })
}

type Parameters = Readonly<Record<string, string>>
type Rows = ReadonlyArray<ReadonlyArray<unknown>>

/** The tables or the columns of a database. */
const catalogue = (databases: Databases, tokens: Tokens): ReadonlyArray<Row> => {
  const of = tokens.take("word")
  tokens.expect("WHERE DATABASE =")
  const tables = [...(databases.get(tokens.take("text"))?.values() ?? [])]
  return tables.flatMap(({ columns, comment, engine, name }): ReadonlyArray<Row> =>
    of === "tables" ? [{ name, engine, comment }] : columns.map((column) => ({ table: name, ...column }))
  )
}

/** The rows of a table of which the condition is true that comes next. */
const matches = (table: Stored, databases: Databases, tokens: Tokens, parameters: Parameters): ReadonlyArray<Row> => {
  const select = (inner: Tokens): ReadonlyArray<unknown> => {
    inner.expect("SELECT")
    return selected(databases, inner, parameters).map(([value]) => value)
  }
  return table.rows.filter(conditionOf(tokens, { columns: table.columns, parameters, select }))
}

const stored = (databases: Databases, tokens: Tokens, parameters: Parameters): ReadonlyArray<Row> => {
  tokens.expect("FROM")
  const table = tableIn(databases, tokens)
  tokens.expect("WHERE")
  return matches(table, databases, tokens, parameters)
}

/** The result of a query, whose `SELECT` has been read. */
const selected = (databases: Databases, tokens: Tokens, parameters: Parameters): Rows => {
  const distinct = tokens.skip("DISTINCT")
  const counts = tokens.skip("COUNT ( )")
  const names = tokens.until("FROM").flatMap(({ value }) => (value === "," ? [] : [value]))
  const rows = tokens.skip("FROM SYSTEM .") ? catalogue(databases, tokens) : stored(databases, tokens, parameters)
  if (counts) return [[rows.length]]
  const values = rows.map((row) => names.map((name) => row[name]))
  return distinct ? [...new Map(values.map((value) => [JSON.stringify(value), value])).values()] : values
}

const select = (databases: Databases, tokens: Tokens, parameters: Parameters): string =>
  selected(databases, tokens, parameters)
    .map((row) => `${JSON.stringify(row)}\n`)
    .join("")

const alter = (databases: Databases, tokens: Tokens, parameters: Parameters): void => {
  const table = tableIn(databases, tokens)
  if (tokens.skip("DELETE WHERE")) {
    const gone = new Set(matches(table, databases, tokens, parameters))
    const left = table.rows.filter((row) => !gone.has(row))
    table.rows.splice(0, table.rows.length, ...left)
    return
  }
  const adds = tokens.skip("ADD COLUMN IF NOT EXISTS")
  if (!adds) tokens.expect("MODIFY COLUMN")
  const column = columnOf(tokens)
  const exists = table.columns.find(({ name }) => name === column.name)
  if (adds) {
    if (exists === undefined) table.columns = [...table.columns, column]
    return
  }
  if (exists === undefined) throw new Exception(10, `Wrong column: ${column.name}`)
  const changed = { ...column, comment: exists.comment }
  table.columns = table.columns.map((one) => (one === exists ? changed : one))
}

/** Rows that a request inserts, and the function that keeps them. */
export interface Insert {
  readonly rows: ReadonlyArray<Row>
  readonly commit: () => void
}

const rowOf = (line: string, columns: ReadonlyArray<Column>, nullAsDefault: boolean): Row => {
  let values: unknown
  try {
    values = JSON.parse(line)
  } catch {
    throw new Exception(27, "Cannot parse input: expected '['")
  }
  if (!Array.isArray(values) || values.length !== columns.length)
    throw new Exception(27, "Cannot parse input: expected ','")
  return Object.fromEntries(columns.map((column, at) => [column.name, valueOf(column, values[at], nullAsDefault)]))
}

const insert = (databases: Databases, tokens: Tokens, body: string): Insert => {
  const table = tableIn(databases, tokens)
  const columns = list(tokens, (inner) => inner.take("name", "word")).map((name) => {
    const column = table.columns.find((one) => one.name === name)
    if (column === undefined) throw new Exception(16, `No such column ${name} in table ${table.name}`)
    return column
  })
  const settings = tokens.until("FORMAT").map(({ value }) => value)
  tokens.expect("FORMAT JSONCOMPACTEACHROW")
  const settingOf = (name: string): string | undefined => settings[settings.indexOf(name) + 2]
  const nullAsDefault =
    !settings.includes("input_format_null_as_default") || settingOf("input_format_null_as_default") !== "0"
  const token = settings.includes("insert_deduplication_token") ? settingOf("insert_deduplication_token") : undefined
  const rows = body
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => rowOf(line, columns, nullAsDefault))
  return {
    rows,
    commit: () => {
      if (token !== undefined && table.tokens.has(token)) return
      if (token !== undefined) table.tokens.add(token)
      table.rows.push(...rows)
    }
  }
}

/** Runs a statement with the parameters of its request, and returns its answer; of an insert, the rows. */
export const run = (databases: Databases, text: string, parameters: Parameters): string | Insert => {
  const end = text.indexOf("\n")
  const tokens = new Tokens(end === -1 ? text : text.slice(0, end))
  if (tokens.skip("SELECT")) return select(databases, tokens, parameters)
  if (tokens.skip("INSERT INTO")) return insert(databases, tokens, end === -1 ? "" : text.slice(end))
  if (tokens.skip("CREATE TABLE IF NOT EXISTS")) createTable(databases, tokens)
  else if (tokens.skip("CREATE OR REPLACE VIEW")) createView(databases, tokens)
  else if (tokens.skip("ALTER TABLE")) alter(databases, tokens, parameters)
  else throw tokens.wrong("a statement that this server knows")
  return ""
}
