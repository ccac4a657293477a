import type * as Description from "@trackmap/core/Description"
import type { SinkViews } from "../catalog/sinks/model.ts"

/** What the worker is to load: a module, and the export to take if it has several plans. */
export interface Request {
  readonly file: string
  readonly name: string | undefined
  /** The modules whose exported sinks are to be shown examples of the plan's events. */
  readonly sinks: ReadonlyArray<string>
}

/** What was thrown. `code` is Node's, and `line` is where in the project. */
export interface Thrown {
  readonly message: string
  readonly code: string | undefined
  readonly place: { readonly file: string; readonly line: number } | undefined
}

/** What the worker found. */
export type Response =
  | { readonly _tag: "Loaded"; readonly name: string; readonly plan: Description.Plan; readonly sinks?: SinkViews }
  | { readonly _tag: "NoPlan"; readonly exports: ReadonlyArray<string> }
  | { readonly _tag: "Several"; readonly names: ReadonlyArray<string> }
  | { readonly _tag: "Threw"; readonly file: string; readonly thrown: Thrown }
