export * as ClickHouse from "./ClickHouse.ts"
