/**
 * Matchers for Jest, for an in-memory sink: those of `@trackmap/testing/vitest`. Name this module in `setupFilesAfterEnv`, which adds them to
 * `expect`, and in `types` of `tsconfig.json`. Jest loads ES modules with `NODE_OPTIONS=--experimental-vm-modules` only.
 *
 * The types are those of `@types/jest`. If you import `expect` from `@jest/globals`, declare them once:
 *
 *     import type { TrackmapMatchers } from "@trackmap/testing/jest"
 *
 *     declare module "expect" {
 *       interface Matchers<R extends void | Promise<void>, T> extends TrackmapMatchers<R> {}
 *     }
 *
 * @module
 */
import type { Expected, TrackmapMatchers, Traits, Values } from "./internal/expected.ts"
import { matchersOf } from "./internal/matchers.ts"

export type { Expected, TrackmapMatchers, Traits, Values }

declare global {
  namespace jest {
    interface Matchers<R, T = {}> extends TrackmapMatchers<R> {
      /** See `@trackmap/testing/jest`. */
      readonly "~trackmap"?: T
    }
  }
}

/** The part of Jest's `this` that the matchers use. */
interface MatcherContext {
  readonly isNot?: boolean
  readonly equals: (a: unknown, b: unknown, testers: ReadonlyArray<unknown>) => boolean
  readonly utils: { readonly stringify: (value: unknown) => string; readonly iterableEquality: unknown }
}

/** The matchers, for the `expect.extend` of an `expect` that is not global. */
export const matchers = matchersOf(({ equals, isNot = false, utils }: MatcherContext) => ({
  isNot,
  equals: (a, b) => equals(a, b, [utils.iterableEquality]),
  text: (value) => utils.stringify(value)
}))

const { expect } = globalThis as { readonly expect?: { readonly extend: (matchers: object) => void } }
// Without globals, call `expect.extend(matchers)`.
expect?.extend(matchers)
