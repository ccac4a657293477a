/**
 * Checks the options of your own functions, as this package checks its own.
 *
 * @module
 */
import type * as Redacted from "effect/Redacted"
import * as internal from "./internal/base/options.ts"
import * as rules from "./internal/base/optionRules.ts"

/** The names of options. */
export type Names<Options> = internal.Names<Options>

/**
 * Checks that the options of a function are an object without unknown names, and returns them. Use it in your own sinks and other functions that
 * code without types calls, where a misspelt option would otherwise do nothing. An undefined option counts as absent.
 *
 * Throws `DefinitionError`, which suggests the intended name.
 *
 * @example
 * ```ts
 * import { EventSink, Options, Receipt } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * interface FileOptions {
 *   readonly path: string
 *   readonly maxBytes?: number
 * }
 * const file = (options: FileOptions) => {
 *   const { path } = Options.check<FileOptions>("file", options, { path: true, maxBytes: true })
 *   return EventSink.make({ name: path, send: (batch) => Effect.succeed(batch.all(Receipt.delivered)) })
 * }
 *
 * const fromJavaScript: any = { path: "events.jsonl", maxbytes: 1000 }
 * try {
 *   file(fromJavaScript)
 * } catch (error) {
 *   console.log((error as Error).message) // file: it has no option "maxbytes": did you mean maxBytes?
 * }
 * ```
 */
export const check: <Options extends object>(name: string, options: Options, names: Names<Options>) => Options =
  internal.exactOptionsOf

/** The default of an option, and what is wrong with another value. */
export type Rule<A> = rules.Rule<A>

/** The rule of an option that must be given. */
export type RequiredRule<A> = rules.RequiredRule<A>

/** A rule for each option. */
export type Rules<Options> = rules.Rules<Options>

/** The options that rules describe: those that must be given, and those with a default. */
export type Given<R> = rules.Given<R>

/** The options with their defaults, and what is wrong with them. */
export type Resolved<R> = rules.Resolved<R>

/**
 * Checks the names of options as `check` does, and returns all options with their defaults, and what is wrong with their values: for a sink, whose
 * options come from the environment, and which refuses wrong ones when it opens (`problems` of `HttpSink.make`, `SendError.misconfigured`). No
 * problem quotes a value, since a secret may be in the wrong option. Declare each option once, with its documentation, by its rule.
 *
 * @example
 * ```ts
 * import { Options } from "@trackmap/core"
 * import * as Redacted from "effect/Redacted"
 *
 * const rules = {
 *   // The key of your project.
 *   apiKey: Options.secret("the API key"),
 *   // The API to send to. Default: "http".
 *   api: Options.oneOf("http", "batch"),
 *   // The rows of a request. Default: 1,000.
 *   rows: Options.optional(1_000, (rows) => (rows >= 1 ? undefined : "rows is less than 1"))
 * }
 * interface WarehouseOptions extends Options.Given<typeof rules> {}
 *
 * const given: WarehouseOptions = { apiKey: Redacted.make(""), rows: 0 }
 * const { options, problems } = Options.resolve("warehouse", given, rules)
 * console.log(options.api, problems) // http [ "the API key is empty", "rows is less than 1" ]
 * ```
 */
export const resolve: <O extends object, R extends Rules<O>>(name: string, options: O, rules: R) => Resolved<R> =
  rules.resolve

/** An option with a default, and why another value is wrong. Code without types may pass any value. */
export const optional: <A>(fallback: A, problem?: (given: A) => string | undefined) => Rule<A> = rules.optional

/** An option that must be given, and why a value, which may be undefined, is wrong. */
export const required: <A>(problem: (given: A | undefined) => string | undefined) => RequiredRule<A> = rules.required

/** A secret that must be given: `Redacted`, not empty, and not wrong for another reason. `what` names it: "the API key". */
export const secret: (
  what: string,
  problem?: (text: string) => string | undefined
) => RequiredRule<Redacted.Redacted<string>> = rules.secret

/** A text that is not empty, with a default. `what` names it: "the group type". */
export const text: (what: string, fallback: string, problem?: (text: string) => string | undefined) => Rule<string> =
  rules.text

/** One of some words. The first is the default. */
export const oneOf: <const A extends string>(...words: readonly [A, ...ReadonlyArray<A>]) => Rule<A> = rules.oneOf
