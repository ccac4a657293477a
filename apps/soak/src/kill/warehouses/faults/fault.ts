import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Engine } from "../engines.ts"

/** What a scenario works with. */
export interface Scene {
  /** The name of the engine. */
  readonly name: string
  /** A folder of its own, with a small file system in memory if it needs one. */
  readonly folder: string
  /** The engine, whose files are in a folder within that one. */
  readonly engine: Engine
  /** Notes what has happened. */
  readonly note: (what: string) => void
}

/** A scenario: something breaks while a service writes to a warehouse. */
export interface Fault {
  readonly name: string
  /** What happens, for people. */
  readonly about: string
  readonly engines: ReadonlyArray<string>
  /** The size of a small file system in memory that it needs, in megabytes. */
  readonly small?: number | undefined
  readonly run: (scene: Scene) => Effect.Effect<void, unknown, Scope.Scope>
}
