import { QueryError } from "../../DuckDBError.ts"

/** The kinds of queries, and of what can stand behind FROM. All others are refused: `DESCRIBE` tells of hidden columns, for example. */
const sources: ReadonlySet<string> = new Set([
  "CTE_NODE",
  "RECURSIVE_CTE_NODE",
  "SELECT_NODE",
  "SET_OPERATION_NODE",
  "BASE_TABLE",
  "COLUMN_DATA",
  "EMPTY",
  "EXPRESSION_LIST",
  "JOIN",
  "PIVOT",
  "SUBQUERY",
  "TABLE_FUNCTION"
])

/** The table functions that only make values of their arguments. Others read tables by name, files, or DuckDB's state. */
const functions: ReadonlySet<string> = new Set([
  "generate_series",
  "generate_subscripts",
  "json_each",
  "json_tree",
  "range",
  "unnest"
])

/** The functions that read DuckDB's state, or plan another statement against tables that are not visible. */
const telling: ReadonlySet<string> = new Set([
  "current_setting",
  "currval",
  "getvariable",
  "json_serialize_plan",
  "nextval",
  "pg_get_constraintdef",
  "pg_get_expr",
  "pg_get_viewdef",
  "write_log"
])

type Node = Readonly<Record<string, unknown>>

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null

/** Calls a function for each object in a tree. */
const walk = (value: unknown, visit: (node: Node) => void): void => {
  if (Array.isArray(value)) return value.forEach((one) => walk(one, visit))
  if (!isNode(value)) return
  visit(value)
  for (const one of Object.values(value)) walk(one, visit)
}

const refuse = (reason: string): never => {
  throw new QueryError({ reason })
}

const folded = (name: unknown): string => String(name).toLowerCase()

/** What a statement may read. Names are in lower case. */
export interface Allowed {
  readonly visible: ReadonlySet<string>
  /** All tables and views that exist, also those of DuckDB. */
  readonly existing: ReadonlySet<string>
}

/** The names that the statement itself gives to queries. If the table of one is hidden, the name would be the table's elsewhere in the statement. */
const namesIn = (tree: unknown, { existing, visible }: Allowed): ReadonlySet<string> => {
  const names = new Set<string>()
  walk(tree, ({ cte_map: found }) => {
    if (!isNode(found) || !Array.isArray(found["map"])) return
    for (const { key } of found["map"] as ReadonlyArray<{ readonly key: string }>) {
      const name = folded(key)
      if (existing.has(name) && !visible.has(name))
        refuse(`the name "${key}" is taken: give the query behind WITH another name`)
      names.add(name)
    }
  })
  return names
}

/** A macro in the file itself can read any table. The parser gives some of DuckDB's own functions the schema "main". */
const checkFunction = (node: Node): void => {
  const name = folded(node["function_name"])
  if (node["catalog"] !== "" || !["", "main"].includes(folded(node["schema"])))
    refuse(`write "${name}" without a schema`)
  if (telling.has(name)) refuse(`the function "${name}" is not allowed here`)
}

/**
 * Checks that a statement is one SELECT that reads only what is visible, in the tree that DuckDB's own parser makes of it. `serialized` is the result of
 * `json_serialize_sql`. Throws `QueryError`.
 */
export const check = (serialized: string, allowed: Allowed): void => {
  const tree = JSON.parse(serialized) as Node
  if (tree["error"] === true) {
    refuse(
      tree["error_type"] === "not implemented"
        ? "only one SELECT is allowed here"
        : String(tree["error_message"] ?? "DuckDB cannot parse the statement")
    )
  }
  const statements = tree["statements"] as ReadonlyArray<Node>
  if (statements.length !== 1) refuse("only one SELECT is allowed here")
  const names = namesIn(tree, allowed)
  walk(tree, (node) => {
    const { type } = node
    if (node["class"] === "PARAMETER") refuse("a statement cannot have parameters here")
    if (node["class"] === "FUNCTION") checkFunction(node)
    // Only queries and what stands behind FROM can have a sample.
    if (!("sample" in node) || typeof type !== "string") return
    if (!sources.has(type)) refuse("DESCRIBE, SUMMARIZE and SHOW are not allowed here")
    if (type === "BASE_TABLE") {
      const title = String(node["table_name"])
      if (node["schema_name"] !== "" || node["catalog_name"] !== "") refuse(`write "${title}" without a schema`)
      const name = folded(title)
      if (!allowed.visible.has(name) && !names.has(name)) refuse(`there is no table "${title}"`)
    }
    if (type === "TABLE_FUNCTION") {
      const called = node["function"] as Node
      const name = folded(called["function_name"])
      if (!functions.has(name)) refuse(`the table function "${name}" is not allowed here`)
    }
  })
}
