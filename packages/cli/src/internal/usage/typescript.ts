/** The TypeScript of the project: its interface for programs is not stable, and belongs to one version. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"
import type * as Is from "typescript/unstable/ast/is"
import type * as Sync from "typescript/unstable/sync"
import * as Effect from "effect/Effect"
import { ProjectError } from "../../ProjectError.ts"

export interface TypeScript {
  readonly API: typeof Sync.API
  readonly is: typeof Is
}

const wanted = "install typescript 7, or pass --no-usage"

/** Loads the TypeScript that the project of a file has. Fails if it is missing, or an older one. */
export const load = (config: string): Effect.Effect<TypeScript, ProjectError> =>
  Effect.gen(function* () {
    const fail = (reason: string) => new ProjectError({ project: config, reason, remedy: wanted })
    const require = createRequire(config)
    const version = yield* Effect.try({
      try: (): string => JSON.parse(readFileSync(require.resolve("typescript/package.json"), "utf8")).version,
      catch: () => fail("it has no TypeScript, which finds who tracks an event")
    })
    const old = () => fail(`its TypeScript ${version} cannot search code for other programs`)
    if (!version.startsWith("7.0.")) return yield* old()
    return yield* Effect.tryPromise({
      try: async () => {
        const [sync, is] = await Promise.all(
          ["typescript/unstable/sync", "typescript/unstable/ast/is"].map(
            (name) => import(pathToFileURL(require.resolve(name)).href)
          )
        )
        return { API: sync.API, is }
      },
      catch: old
    })
  })
