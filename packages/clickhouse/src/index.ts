export * as ClickHouse from "./ClickHouse.ts"
export * as ClickHouseError from "./ClickHouseError.ts"
