export * as OutboxError from "./OutboxError.ts"
export * as OutboxStore from "./OutboxStore.ts"
export * as SqliteClient from "./SqliteClient.ts"
export * as SqliteStore from "./SqliteStore.ts"
