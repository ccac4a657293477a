export * as Postgres from "./Postgres.ts"
export * as PostgresError from "./PostgresError.ts"
