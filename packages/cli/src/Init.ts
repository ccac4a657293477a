/**
 * Tracking in an existing service: what the service is, and the files and packages that it needs.
 *
 * @module
 */
import type * as Effect from "effect/Effect"
import type { InitError } from "./InitError.ts"
import * as applying from "./internal/init/apply.ts"
import type { Service } from "./internal/init/model.ts"
import * as scaffolding from "./internal/init/scaffold.ts"
import type { Options, Scaffold } from "./internal/init/scaffold.ts"
import * as inspecting from "./internal/init/service.ts"

export type { Options, Scaffold, Service }

/**
 * Reads what the service in a folder is: its framework, its language, its modules, its package manager and its test runner. The service is where the
 * closest package.json is, in the folder or around it.
 *
 * Fails with `InitError` if there is no package.json, or none that can be read.
 */
export const inspect: (folder: string) => Effect.Effect<Service, InitError> = inspecting.inspect

/**
 * What tracking adds to a service: the texts of its files, the packages that it does not have, and the steps that are left. Writes nothing.
 *
 * Fails with `InitError` if the service has a version of zod or of effect that a plan or a sink cannot use.
 *
 * @example
 * ```ts
 * import { Init } from "@trackmap/cli"
 * import * as Effect from "effect/Effect"
 *
 * const files = Init.inspect("packages/shop").pipe(
 *   Effect.flatMap((service) => Init.scaffold(service, { sink: "segment" })),
 *   Effect.map(({ files }) => [...files.keys()])
 * )
 * export const program = Effect.catchTag(files, "InitError", ({ message }) => Effect.fail(message))
 * ```
 */
export const scaffold: (service: Service, options?: Options) => Effect.Effect<Scaffold, InitError> =
  scaffolding.scaffold

/**
 * Adds the packages with the service's package manager, or to its package.json alone if `install` is false, and writes the files. No file is overwritten.
 * Returns the files that were written, from the service's folder.
 *
 * Fails with `InitError`, which names the files that were written before, if another file has the name of one, or one cannot be written, or the
 * package manager fails.
 */
export const apply: (
  scaffold: Scaffold,
  options: { readonly install: boolean }
) => Effect.Effect<ReadonlyArray<string>, InitError> = applying.apply
