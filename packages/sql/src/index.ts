export * as Column from "./Column.ts"
export * as Sql from "./Sql.ts"
export * as Table from "./Table.ts"
export * as TableError from "./TableError.ts"
