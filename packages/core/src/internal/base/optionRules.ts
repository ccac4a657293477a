import * as Redacted from "effect/Redacted"
import { exactOptionsOf, type Names } from "./options.ts"

export interface Rule<A> {
  readonly fallback: A | undefined
  /** Why a value is wrong. `option` is the option's own name. */
  readonly problem: (given: A | undefined, option: string) => string | undefined
}

/** A rule of an option that must be given. */
export interface RequiredRule<A> extends Rule<A> {
  readonly isRequired: true
}

export type Rules<Options> = {
  readonly [Name in keyof Options]-?: Rule<Exclude<Options[Name], undefined>> | Rule<Options[Name]>
}

type ValueOf<R> = R extends Rule<infer A> ? A : never

export type Given<R> = {
  readonly [Name in keyof R as R[Name] extends RequiredRule<any> ? Name : never]: ValueOf<R[Name]>
} & {
  readonly [Name in keyof R as R[Name] extends RequiredRule<any> ? never : Name]?: ValueOf<R[Name]> | undefined
}

export interface Resolved<R> {
  readonly options: { readonly [Name in keyof R]: ValueOf<R[Name]> }
  /** In the order of the rules. */
  readonly problems: ReadonlyArray<string>
}

export const resolve = <O extends object, R extends Rules<O>>(name: string, options: O, rules: R): Resolved<R> => {
  const given = exactOptionsOf<object>(name, options, rules as Names<object>) as Readonly<Record<string, unknown>>
  const entries = Object.entries<Rule<unknown>>(rules as never).map(([option, { fallback, problem }]) => {
    const value = given[option] === undefined ? fallback : given[option]
    return { option, value, problem: problem(value, option) }
  })
  return {
    options: Object.fromEntries(entries.map(({ option, value }) => [option, value])) as Resolved<R>["options"],
    problems: entries.flatMap(({ problem }) => problem ?? [])
  }
}

export const optional = <A>(fallback: A, problem?: (given: A) => string | undefined): Rule<A> => ({
  fallback,
  problem: (given) => (given === fallback ? undefined : problem?.(given as A))
})

export const required = <A>(problem: (given: A | undefined) => string | undefined): RequiredRule<A> => ({
  isRequired: true,
  fallback: undefined,
  problem
})

/** A secret of the environment that is not set comes as undefined. */
export const secret = (
  what: string,
  problem?: (text: string) => string | undefined
): RequiredRule<Redacted.Redacted<string>> => ({
  isRequired: true,
  fallback: undefined,
  problem: (given, option) => {
    if (!Redacted.isRedacted(given)) {
      return `${what} is not Redacted: pass Redacted.make(${option}), which keeps it out of logs`
    }
    const value: unknown = Redacted.value(given)
    return typeof value !== "string" || value === "" ? `${what} is empty` : problem?.(value)
  }
})

export const text = (what: string, fallback: string, problem?: (text: string) => string | undefined): Rule<string> =>
  optional(fallback, (given) => (typeof given !== "string" || given === "" ? `${what} is empty` : problem?.(given)))

export const oneOf = <const A extends string>(...words: readonly [A, ...ReadonlyArray<A>]): Rule<A> => ({
  fallback: words[0],
  problem: (given, option) =>
    words.includes(given as A) ? undefined : `${option} is ${words.map((word) => JSON.stringify(word)).join(" or ")}`
})
