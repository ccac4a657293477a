/** What is known of a service. */
export const frameworks = ["next", "nest", "fastify", "hono", "express", "effect", "node"] as const
export type Framework = (typeof frameworks)[number]

export type Manager = "npm" | "pnpm" | "yarn" | "bun"
export type Runner = "vitest" | "jest" | "node:test"

/** A service, as its files show it. */
export interface Service {
  /** The folder with its package.json. */
  readonly folder: string
  /** The text of its package.json. */
  readonly manifest: string
  /** The packages that it names, of every kind, with their ranges. */
  readonly dependencies: ReadonlyMap<string, string>
  /** The same, with those of its workspace, which has the tools of all. */
  readonly tools: ReadonlyMap<string, string>
  /** `node` is a service without any of these frameworks. */
  readonly framework: Framework
  readonly language: "TypeScript" | "JavaScript"
  /** The modules that its files are when they run. */
  readonly modules: "ESM" | "CommonJS"
  /** How an import names a file of the service: with the extension of the source, with that of the built file, or without. */
  readonly imports: ".ts" | ".js" | ""
  /** Whether TypeScript knows Node's types in a file that does not ask for them. */
  readonly hasNodeTypes: boolean
  readonly manager: Manager
  readonly runner: Runner
  /** The folder of its sources, from its own. */
  readonly sources: string
  /** The modules that make a plan, from its own folder. */
  readonly plans: ReadonlyArray<string>
}
