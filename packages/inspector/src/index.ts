export * as Inspector from "./Inspector.ts"
