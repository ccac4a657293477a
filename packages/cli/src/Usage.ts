/**
 * What the code of a service does with the events of its plan: found by the service's own TypeScript, through functions that pass their event to `track`,
 * objects and lists of events, other names and modules. Tests and built files are not searched.
 *
 * @module
 */
import { resolve } from "node:path"
import type * as Description from "@trackmap/core/Description"
import type * as Effect from "effect/Effect"
import type { Finding } from "./internal/check/model.ts"
import { described, files } from "./internal/given.ts"
import type * as model from "./internal/usage/model.ts"
import * as unexpected from "./internal/usage/rules.ts"
import * as searching from "./internal/usage/search.ts"
import type { ProjectError } from "./ProjectError.ts"

/** A place in the code. */
export type Place = model.Place
/** What the code does with events. */
export type Usage = model.Usage

/** The names of the rules that need the code. */
export const rules: ReadonlyArray<string> = unexpected.rules

/**
 * Searches the code of projects: of their `tsconfig.json`, and of those that it refers to. Needs the package `typescript`, in version 7.0, in the project.
 *
 * Fails with `ProjectError` if it has none, or if the code cannot be read.
 *
 * @example
 * ```ts
 * import { Usage } from "@trackmap/cli"
 * import * as Effect from "effect/Effect"
 *
 * export const callers = (event: string) =>
 *   Usage.search("tsconfig.json").pipe(Effect.map(({ tracked }) => tracked.get(event) ?? []))
 * ```
 */
export const search = (...projects: readonly [string, ...ReadonlyArray<string>]): Effect.Effect<Usage, ProjectError> =>
  searching.search(files("Usage.search", projects).map((project) => resolve(project)))

/**
 * Returns the events of a plan that nothing tracks, those that are tracked outside it or although they are deprecated, and the relations that no event
 * selects, except for those whose annotation `allow` exempts them.
 */
export const findings = (plan: Description.Plan, usage: Usage): ReadonlyArray<Finding> =>
  unexpected.findings(described("Usage.findings", plan), usage)
