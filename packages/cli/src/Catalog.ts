/**
 * The catalogue of a plan, for the people who read its events.
 *
 * @module
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import type * as Description from "@trackmap/core/Description"
import * as Effect from "effect/Effect"
import { described } from "./internal/given.ts"
import * as log from "./internal/catalog/history/log.ts"
import type { LockHistory } from "./internal/catalog/history/model.ts"
import * as internal from "./internal/catalog/markdown.ts"
import type { SinkViews } from "./internal/catalog/sinks/model.ts"
import * as data from "./internal/catalog/site/data.ts"
import * as pages from "./internal/catalog/site/site.ts"
import type { Lock } from "./Lock.ts"

/** When the events and keys of a plan were added and changed. */
export type History = LockHistory
/** What sinks get of each event, as `PlanModule.load` returns it. */
export type Sinks = SinkViews

/**
 * The catalogue as Markdown: `README.md`, and a page for each event and for each entity, by file. The same plan has the same pages. With sinks, the page
 * of an event says which of them get what.
 *
 * @example
 * ```ts
 * import { Catalog } from "@trackmap/cli"
 * import { Plan, TrackedEvent } from "@trackmap/core"
 *
 * const pages = Catalog.markdown(Plan.describe(Plan.make(TrackedEvent.make("signedIn"))))
 * console.log([...pages.keys()]) // [ "README.md", "events/signedIn.md" ]
 * ```
 */
export const markdown = (
  plan: Description.Plan,
  options: { readonly sinks?: Sinks | undefined } = {}
): ReadonlyMap<string, string> => internal.pagesOf(described("Catalog.markdown", plan), options.sinks)

/** What a site shows beside the plan. */
export interface SiteOptions {
  /** Default: "Tracking plan". */
  readonly title?: string | undefined
  /** Has the versions of the events. */
  readonly lock?: Lock | undefined
  readonly history?: History | undefined
  readonly sinks?: Sinks | undefined
}

/**
 * The catalogue as a site: four files, by name, for a folder that a browser opens or a server serves. Nothing is loaded from elsewhere. The same
 * arguments make the same files.
 *
 * @example
 * ```ts
 * import { Catalog } from "@trackmap/cli"
 * import { Plan, TrackedEvent } from "@trackmap/core"
 *
 * const files = Catalog.site(Plan.describe(Plan.make(TrackedEvent.make("signedIn"))), { title: "The shop" })
 * console.log([...files.keys()]) // [ "index.html", "catalogue.css", "catalogue.js", "data.js" ]
 * ```
 */
export const site = (plan: Description.Plan, options: SiteOptions = {}): ReadonlyMap<string, string> =>
  pages.filesOf(data.of(described("Catalog.site", plan), options))

/**
 * The history of a plan from the commits of its lock file, on the branch that is checked out. Undefined without Git, and of a file that Git does not
 * know.
 *
 * @example
 * ```ts
 * import { Catalog } from "@trackmap/cli"
 * import * as Effect from "effect/Effect"
 *
 * export const commits = Effect.map(Catalog.history("trackmap.lock"), (history) => history?.commits.length ?? 0)
 * ```
 */
export const history = (lockFile: string): Effect.Effect<History | undefined> =>
  Effect.provide(log.read(lockFile), NodeServices.layer)
