/**
 * The catalogue of a plan, for the people who read its events.
 *
 * @module
 */
import type * as Description from "@trackmap/core/Description"
import { described } from "./internal/given.ts"
import * as internal from "./internal/catalog/markdown.ts"

/**
 * The catalogue as Markdown: `README.md`, and a page for each event and for each entity, by file. The same plan has the same pages.
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
export const markdown = (plan: Description.Plan): ReadonlyMap<string, string> =>
  internal.pagesOf(described("Catalog.markdown", plan))
