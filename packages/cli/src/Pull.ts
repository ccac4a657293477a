/**
 * The code of a plan from the tracking plan of another tool.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { jsonSchemas as ofSchemas } from "./internal/pull/jsonSchemas.ts"
import { mixpanel as ofMixpanel } from "./internal/pull/mixpanel.ts"
import type { File, Source } from "./internal/pull/model.ts"
import { segment as ofSegment } from "./internal/pull/segment.ts"
import { type Library, type Module, write } from "./internal/pull/write.ts"
import { PullError } from "./PullError.ts"

export type { NotTaken } from "./internal/pull/model.ts"

/** A module of TypeScript, how many events and entities it has, and what of the source it does not have as it was. */
export interface Pulled extends Module {}

/** The texts of a source's files by name. */
export type Files = ReadonlyMap<string, string>

/** How the code is to be. */
export interface Options {
  /** The package that the code imports from. Default: `"@trackmap/core"`. */
  readonly library?: Library | undefined
}

const parsed = ([name, text]: readonly [string, string]): Effect.Effect<File, PullError> =>
  Effect.try({
    try: () => ({ name, value: JSON.parse(text.replace(/^\uFEFF/, "")) as unknown }),
    catch: (cause) =>
      new PullError({
        file: name,
        reason: `it is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
        remedy: "pass the file as the tool exports it"
      })
  })

const pulled = (
  files: Files,
  read: (files: ReadonlyArray<File>) => Source | string,
  expected: string,
  { library = "@trackmap/core" }: Options
): Effect.Effect<Pulled, PullError> =>
  Effect.flatMap(Effect.forEach(files, parsed), (all) => {
    const source = read(all)
    return typeof source === "string"
      ? Effect.fail(
          new PullError({
            file: source,
            reason: `it is not ${expected}`,
            remedy: "pass the file as the tool exports it"
          })
        )
      : Effect.succeed(write(source, library))
  })

/**
 * The code of a plan of Segment Protocols: of a response of the Public API, of what `trackmap export segment` writes, or of Typewriter's `plan.json`. Keys
 * that begin alike, such as `Product_id` and `Product_name`, become an entity that events share.
 *
 * Fails with `PullError` if a file is not JSON, or is none of these.
 *
 * @example
 * ```ts
 * import { Pull } from "@trackmap/cli"
 * import * as Effect from "effect/Effect"
 *
 * const properties = { type: "object", properties: { method: { enum: ["password", "link"] } }, required: ["method"] }
 * const rule = { type: "TRACK", key: "signedIn", version: 1, jsonSchema: { properties: { properties } } }
 * const { code } = Effect.runSync(Pull.segment(new Map([["plan.json", JSON.stringify({ rules: [rule] })]])))
 * console.log(code)
 * // import { Plan, TrackedEvent } from "@trackmap/core";
 * // import * as Schema from "effect/Schema";
 * //
 * // export const SignedIn = TrackedEvent.make("signedIn", {
 * //   properties: {
 * //     method: Schema.Literals(["password", "link"]),
 * //   },
 * // });
 * //
 * // export const plan = Plan.make(SignedIn);
 * ```
 */
export const segment = (files: Files, options: Options = {}): Effect.Effect<Pulled, PullError> =>
  pulled(files, ofSegment, "a tracking plan of Segment: it has no rules", options)

/**
 * The code of a plan from JSON Schemas of any draft: one for each event, which is named by the title or by the file.
 *
 * Fails with `PullError` if a file is not JSON.
 *
 * @example
 * ```ts
 * import { Pull } from "@trackmap/cli"
 * import * as Effect from "effect/Effect"
 *
 * const schema = { title: "signedIn", type: "object", properties: { at: { type: "string", format: "date-time", minLength: 3, if: {} } } }
 * const { notTaken } = Effect.runSync(Pull.jsonSchemas(new Map([["signedIn.json", JSON.stringify(schema)]])))
 * console.log(notTaken) // [ { name: "signedIn", key: "at", what: "the keyword if" } ]
 * ```
 */
export const jsonSchemas = (files: Files, options: Options = {}): Effect.Effect<Pulled, PullError> =>
  pulled(files, ofSchemas, "a JSON Schema", options)

/**
 * The code of a plan from Mixpanel's Lexicon, as its Schemas API returns it or takes it. The properties of profiles become traits of `identify`.
 *
 * Fails with `PullError` if a file is not JSON, or has no entries.
 *
 * @example
 * ```ts
 * import { Pull } from "@trackmap/cli"
 * import * as Effect from "effect/Effect"
 *
 * const entry = { entityType: "event", name: "signedIn", schemaJson: { properties: { method: { type: "string" } } } }
 * const { events } = Effect.runSync(Pull.mixpanel(new Map([["lexicon.json", JSON.stringify({ entries: [entry] })]])))
 * console.log(events) // 1
 * ```
 */
export const mixpanel = (files: Files, options: Options = {}): Effect.Effect<Pulled, PullError> =>
  pulled(files, ofMixpanel, "a Lexicon of Mixpanel: it has no entries", options)
