import type { TestProject } from "vitest/node"
import { PostgresUnavailable, start } from "./server.ts"

declare module "vitest" {
  export interface ProvidedContext {
    /** The server that all suites share, or why there is none. */
    readonly postgres: { readonly address: string } | { readonly unavailable: string }
  }
}

/** Starts PostgreSQL once for all suites. */
export default async ({ provide }: TestProject) => {
  try {
    const { address, stop } = await start()
    provide("postgres", { address })
    return stop
  } catch (thrown) {
    if (!(thrown instanceof PostgresUnavailable)) throw thrown
    provide("postgres", { unavailable: thrown.message })
    return undefined
  }
}
