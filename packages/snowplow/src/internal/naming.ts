import * as LetterCase from "@trackmap/core/LetterCase"
import type { Naming } from "./options.ts"

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

const given = (names: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(names, key) ? names[key] : undefined

/** The schema name of an event, or of an entity by its prefix. */
export const schemaName = (option: "events" | "entities", key: string, naming: Naming): string =>
  given(naming[option], key) ?? LetterCase.snake(key)

export const versionOf = (schema: string, { version, versions }: Naming): string => given(versions, schema) ?? version

export const uriOf = (schema: string, naming: Naming): string =>
  `iglu:${naming.vendor}/${schema}/jsonschema/${versionOf(schema, naming)}`
