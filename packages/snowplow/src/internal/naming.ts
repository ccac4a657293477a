import type * as CheckedOptions from "@trackmap/core/Options"
import * as LetterCase from "@trackmap/core/LetterCase"

/** How schemas are named. */
export interface Naming {
  /** The vendor of your schemas: `com.acme`. */
  readonly vendor: string
  /** The version of every schema that `versions` does not list. Default: `1-0-0`. */
  readonly version?: string | undefined
  /** The versions of some schemas, by schema name: `{ order_line_updated: "1-0-1" }`. */
  readonly versions?: Readonly<Record<string, string>> | undefined
  /** The schema names of some events. Default: the event's name in snake_case. */
  readonly events?: Readonly<Record<string, string>> | undefined
  /** The schema names of some entities, by the prefix of their keys. Default: the prefix in snake_case. */
  readonly entities?: Readonly<Record<string, string>> | undefined
}

export const names: CheckedOptions.Names<Naming> = {
  vendor: true,
  version: true,
  versions: true,
  events: true,
  entities: true
}

/** The schemas that no definition names: those of the other calls, and of events outside the plan. */
export const fixed = {
  identify: "identify",
  group: "group",
  alias: "alias",
  page: "page",
  screen: "screen",
  unplanned: "unplanned_event"
} as const

/** The characters of Iglu's meta-schema (iglu-central, "com.snowplowanalytics.self-desc/schema"). */
const name = /^[a-zA-Z0-9_-]+$/
const vendor = /^[a-zA-Z0-9_.-]+$/
/** SchemaVer, whose MODEL is never 0. */
const version = /^[1-9]\d*-(0|[1-9]\d*)-(0|[1-9]\d*)$/

export const isName = (text: string): boolean => name.test(text)

const given = (names: Readonly<Record<string, string>> | undefined, key: string): string | undefined =>
  names !== undefined && Object.hasOwn(names, key) ? names[key] : undefined

export const eventName = ({ events }: Naming, event: string): string => given(events, event) ?? LetterCase.snake(event)

export const entityName = ({ entities }: Naming, prefix: string): string =>
  given(entities, prefix) ?? LetterCase.snake(prefix)

export const versionOf = ({ version = "1-0-0", versions }: Naming, schema: string): string =>
  given(versions, schema) ?? version

export const uriOf = (naming: Naming, schema: string): string =>
  `iglu:${naming.vendor}/${schema}/jsonschema/${versionOf(naming, schema)}`

/** Why a naming is invalid, without what depends on the plan. */
export const problemsOf = (naming: Naming): ReadonlyArray<string> => {
  const wrong = [naming.version ?? "1-0-0", ...Object.values(naming.versions ?? {})].filter((one) => !version.test(one))
  return [
    ...(typeof naming.vendor === "string" && vendor.test(naming.vendor)
      ? []
      : ["the vendor is empty, or has other characters than letters, digits, dots, dashes and underscores"]),
    ...wrong.map((one) => `the version ${JSON.stringify(one)} is no SchemaVer, such as 1-0-0`)
  ]
}
