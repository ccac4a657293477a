export * as DuckDB from "./DuckDB.ts"
export * as DuckDBError from "./DuckDBError.ts"
export * as Explorer from "./Explorer.ts"
export * as Parquet from "./Parquet.ts"
