/**
 * The module that exports a service's plan: found, and loaded in a thread of its own, so that it may print, open sockets or never end.
 *
 * @module
 */
import type * as Effect from "effect/Effect"
import * as finding from "./internal/load/find.ts"
import * as loading from "./internal/load/load.ts"
import type { Loaded, Options } from "./internal/load/load.ts"
import type { PlanError } from "./PlanError.ts"

export type { Loaded, Options }

/**
 * Loads the plan that a module exports. `name` is the export, if there are several plans; `timeout` is 30 seconds by default; `imports` are modules that
 * Node loads first, such as `tsx`, for TypeScript that Node does not run by itself.
 *
 * Fails with `PlanError`, which says what to do, if there is no such file, if it throws, does not compile, does not end or exports no plan or several.
 *
 * @example
 * ```ts
 * import { PlanModule } from "@trackmap/cli"
 * import * as Effect from "effect/Effect"
 *
 * export const events = PlanModule.load("src/plan.ts").pipe(Effect.map(({ plan }) => plan.events.map(({ name }) => name)))
 * ```
 */
export const load: (file: string, options?: Options) => Effect.Effect<Loaded, PlanError> = loading.load

/**
 * Finds the module of a project: the only one in the folder that calls `Plan.make`, tests and built files aside.
 *
 * Fails with `PlanError` if there is none or several.
 */
export const find: (folder: string) => Effect.Effect<string, PlanError> = finding.find
