export * as JetStream from "./JetStream.ts"
