import { DefinitionError } from "@trackmap/core/DefinitionError"
import type * as Duration from "effect/Duration"
import { lengthOf } from "./times.ts"

/** Throws for an option that cannot be followed. */
export const refuse = (entity: string, path: string, detail: string): never => {
  throw new DefinitionError({ entity, reason: "BadLimit", paths: [path], detail })
}

/** A value for people. */
export const said = (given: unknown): string => {
  if (typeof given === "string") return JSON.stringify(given)
  return given === null || typeof given === "number" ? String(given) : typeof given
}

/** One of a few texts. */
export const oneOf = <A extends string>(entity: string, path: string, given: A, all: ReadonlyArray<A>): A =>
  all.includes(given)
    ? given
    : refuse(entity, path, `${path} must be ${all.map(said).join(" or ")}, not ${said(given)}`)

/** A finite length of time, in milliseconds. */
export const durationOf = (entity: string, path: string, given: Duration.Input, least: number): number => {
  const length = lengthOf(given)
  return length >= least && length < Number.POSITIVE_INFINITY
    ? length
    : refuse(
        entity,
        path,
        `${path} must be a number of milliseconds from ${least} on, or a string like "10 seconds", not ${said(given)}`
      )
}

/** A function. */
export const functionOf = <A extends (...args: Array<never>) => unknown>(entity: string, path: string, given: A): A =>
  typeof given === "function" ? given : refuse(entity, path, `${path} must be a function, not ${said(given)}`)
