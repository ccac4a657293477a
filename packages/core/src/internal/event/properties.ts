import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { absent } from "../base/codec.ts"
import { unchecked } from "../definition/entity.ts"
import { fromThrown, invalidRow } from "../base/fault.ts"
import { needsEffect, type Values } from "../value/model.ts"
import type { Tolerance } from "../value/tolerance.ts"
import type { Input, Properties, TrackedEventImpl } from "./model.ts"
import * as valuation from "../value/valuation.ts"

/** How an event's properties are made, decided once. */
export const of = (event: TrackedEventImpl, checked: boolean): Properties =>
  (event.memo[checked ? "checked" : "unchecked"] ??= make(event, checked))

const make = (event: TrackedEventImpl, checked: boolean): Properties => {
  const names = Object.keys(event.entities)
  const valuers = Object.values(event.entities).map((entity) =>
    valuation.valuerOf(checked ? entity : unchecked(entity))
  )
  const loads = valuers.some(({ program }) => program.loads)
  const { fields, name } = event
  const own = new Set(fields.map((field) => field.name))
  const path = `${name}.properties`

  const ownNow = (given: Values | undefined, out: Values): boolean => {
    if (given === undefined) return fields.length === 0
    let known = 0
    for (const { codec, name } of fields) {
      const raw = given[name]
      if (raw === undefined && codec.optional) {
        if (name in given) known++
        continue
      }
      if (raw !== undefined || name in given) known++
      if (!codec.scalar) {
        const value = codec.encode(raw)
        if (value !== absent) out[name] = value
      } else if (!checked || codec.accepts(raw)) out[name] = raw
      else return false
    }
    return !checked || known === Object.keys(given).length
  }

  // One object is made at once where all is known of it but the values.
  const whole =
    valuers.length === 1 && fields.every(({ codec }) => !codec.optional && codec.mayBeAbsent !== true)
      ? valuation.behind(valuers[0]!, [...own])
      : undefined

  const now = (input: Input): Values | undefined => {
    if (loads) return undefined
    try {
      const out: Values = {}
      if (!ownNow(input["properties"], out)) return undefined
      if (whole !== undefined && !valuers[0]!.program.answers.later) {
        const values = whole(input[names[0]!], out)
        return values === needsEffect ? undefined : values
      }
      for (let i = 0; i < valuers.length; i++) {
        const { now, program } = valuers[i]!
        if (program.answers.later) return undefined
        const values = now(input[names[i]!])
        if (values === needsEffect) {
          program.answers.later = true
          return undefined
        }
        Object.assign(out, values)
      }
      return out
    } catch {
      // Read again by `later`, which tells what is wrong.
      return undefined
    }
  }

  const ownLater = (input: Input, tolerance: Tolerance): Values => {
    const out: Values = {}
    let given: Values = {}
    try {
      const properties: unknown = input["properties"]
      if (typeof properties === "object" && properties !== null) given = properties as Values
      else if (fields.length > 0 || properties !== undefined) {
        tolerance.add(invalidRow(name, path, "the event's properties", properties), false)
      }
      for (const { codec, name: property } of fields) {
        let raw: unknown
        try {
          raw = given[property]
          const value = checked || !codec.scalar ? codec.encode(raw) : raw
          if (value !== absent) out[property] = value
        } catch (thrown) {
          tolerance.add(fromThrown(name, `${path}.${property}`, codec.expected, thrown), false)
          const instead = tolerance.instead(raw)
          if (instead !== absent) out[property] = instead
        }
      }
      for (const property of checked ? Object.keys(given) : []) {
        if (own.has(property)) continue
        tolerance.add(invalidRow(name, `${path}.${property}`, "no such property", given[property]), false)
        const instead = tolerance.instead(given[property])
        if (instead !== absent && property !== "__proto__") out[property] = instead
      }
    } catch (thrown) {
      tolerance.add(fromThrown(name, path, "the event's properties", thrown), false)
    }
    return out
  }

  return {
    now,
    later: (input, tolerance) =>
      Effect.suspend(() => {
        if (typeof input !== "object" || input === null) {
          tolerance.add(invalidRow(name, name, "the rows by name", input), false)
          return Effect.succeed({})
        }
        const out = ownLater(input, tolerance)
        const valued = valuers.map((valuer, index) =>
          Effect.suspend(() => valuation.tolerant(valuer, input[names[index]!], tolerance)).pipe(
            Effect.catchCause((cause) => {
              if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause)
              tolerance.failed(`${name}.${names[index]!}`, "a row", cause)
              return Effect.succeed({})
            })
          )
        )
        return Effect.map(Effect.all(valued, { concurrency: "unbounded" }), (records) => Object.assign(out, ...records))
      })
  }
}
