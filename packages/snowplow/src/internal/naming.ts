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

/** The names of these options. */
export const names = { vendor: true, version: true, versions: true, events: true, entities: true } as const

/** The schemas that no definition names, and what they describe. */
export const fixed = {
  identify: "identify calls",
  group: "group calls",
  alias: "alias calls",
  page: "page calls",
  screen: "screen calls",
  unplanned_event: "events outside the plan"
} as const

/** The characters of Iglu's meta-schema (iglu-central, "com.snowplowanalytics.self-desc/schema"). */
export const isName = (text: string): boolean => /^[a-zA-Z0-9_-]+$/.test(text)
const isVendor = (text: unknown): boolean => typeof text === "string" && /^[a-zA-Z0-9_.-]+$/.test(text)
/** SchemaVer, whose MODEL is never 0. */
const isVersion = (text: string): boolean => /^[1-9]\d*-(0|[1-9]\d*)-(0|[1-9]\d*)$/.test(text)

const given = (names: Readonly<Record<string, string>> = {}, key: string): string | undefined =>
  Object.hasOwn(names, key) ? names[key] : undefined

/** The schema name of an event, or of an entity by its prefix. */
export const schemaName = (option: "events" | "entities", key: string, naming: Naming): string =>
  given(naming[option], key) ?? LetterCase.snake(key)

export const versionOf = (schema: string, { version = "1-0-0", versions }: Naming): string =>
  given(versions, schema) ?? version

export const uriOf = (schema: string, naming: Naming): string =>
  `iglu:${naming.vendor}/${schema}/jsonschema/${versionOf(schema, naming)}`

/** Why a naming is invalid, without what depends on the plan. */
export const problemsOf = ({ vendor, version = "1-0-0", versions = {} }: Naming): ReadonlyArray<string> => [
  ...(isVendor(vendor)
    ? []
    : ["the vendor is empty, or has other characters than letters, digits, dots, dashes and underscores"]),
  ...[version, ...Object.values(versions)]
    .filter((one) => !isVersion(one))
    .map((one) => `the version ${JSON.stringify(one)} is no SchemaVer, such as 1-0-0`)
]
