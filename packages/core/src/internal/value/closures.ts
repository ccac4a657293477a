import * as Effect from "effect/Effect"
import { comesLater } from "../base/userFunction.ts"
import { absent } from "../base/codec.ts"
import type { Field, Node } from "../definition/model.ts"
import type { Answers } from "./answers.ts"
import type { Direct, ManyNow, CodegenInput, Values } from "./model.ts"
import { needsEffect } from "./needsEffect.ts"

type Composed = CodegenInput & { readonly answers: Answers }

/** One node, with everything needed to value a row. */
interface Step {
  readonly parent: number
  readonly resolve: ((row: any) => unknown) | undefined
  /** Whether the interpreter has to find out why there is no row. */
  readonly refuses: (absent: unknown) => boolean
  readonly keys: ReadonlyArray<string>
  /** How to read each key: the name of a property, or a function. */
  readonly names: ReadonlyArray<string | undefined>
  readonly reads: ReadonlyArray<((row: any) => unknown) | undefined>
  readonly encodes: ReadonlyArray<((value: unknown) => unknown) | undefined>
  /** Whether it returns one row, and not the values of aggregates. */
  readonly one: boolean
  /** Whether every key is an unchanged property of the same name. */
  readonly plain: boolean
}

const readOf = ({ source }: Field, answers: Answers): ((row: any) => unknown) => {
  if ("path" in source) return (row) => source.path.reduce((value, step) => value[step], row)
  return (row) => {
    const value = source.compute(row)
    if (comesLater(value)) throw answers.keep(source.compute, row, value)
    return value
  }
}

const stepOf = (node: Node, { answers, checked }: Composed, manyNow: ManyNow): Step => {
  const { optional = true, required = false } = node._tag === "One" ? (node.relation ?? {}) : {}
  const shared = {
    parent: node.parent?.id ?? 0,
    keys: node.keys,
    one: node._tag === "One",
    refuses: (absent: unknown) => required || (absent === undefined && !optional)
  }
  if (node._tag === "Many") {
    return {
      ...shared,
      resolve: (row) => manyNow(node, row) ?? needsEffect,
      names: node.keys.map((_, index) => String(index)),
      reads: [],
      encodes: [],
      plain: false
    }
  }
  const { fields } = node.entity
  const via = node.relation?.via
  const names = fields.map(({ source }) => ("path" in source && source.path.length === 1 ? source.path[0] : undefined))
  const encodes = fields.map(({ codec }) => {
    if (checked || !codec.scalar) return codec.encode
    return codec.optional ? (value: unknown) => (value === undefined ? absent : value) : undefined
  })
  return {
    ...shared,
    resolve: via !== undefined && "resolve" in via ? via.resolve : undefined,
    names,
    reads: fields.map((field, index) => (names[index] === undefined ? readOf(field, answers) : undefined)),
    encodes,
    plain: names.every((name) => name !== undefined) && encodes.every((encode) => encode === undefined)
  }
}

/**
 * The function from a row to its record for platforms that forbid code generation: the same walk as `generate.direct`, over functions
 * composed once. Invalid rows go to the interpreter.
 */
export const direct = (input: Composed, manyNow: ManyNow, interpret: Direct): Direct | undefined => {
  const { nodes } = input.layout
  if (nodes.some((node) => node._tag === "One" && node.entity.compared > 0)) return undefined
  const steps = nodes.map((node) => stepOf(node, input, manyNow))
  // Filling in a copy of a record that has every key is faster than adding keys one by one.
  const template: Values = Object.fromEntries(nodes.flatMap((node) => node.keys.map((key) => [key, undefined])))
  const neverAbsent = nodes.every(
    (node) => node._tag === "One" && node.entity.fields.every((field) => !field.codec.optional)
  )

  return (row) => {
    try {
      if (typeof row !== "object" || Array.isArray(row)) return interpret(row)
      const related: Array<any> = [row]
      let complete = neverAbsent
      for (let i = 1; i < steps.length; i++) {
        const step = steps[i]!
        const parent = related[step.parent]
        let found: any
        if (parent !== undefined) {
          found = step.resolve!(parent)
          if (found === null || found === undefined) {
            if (step.refuses(found)) return interpret(row)
            found = undefined
          } else if (found === needsEffect) return needsEffect
          else if (Effect.TypeId in found || ("then" in found && comesLater(found))) {
            return input.answers.keep(step.resolve, parent, found)
          } else if (step.one && Array.isArray(found)) return interpret(row)
        }
        if (found === undefined) complete = false
        related.push(found)
      }
      const out: Values = complete ? { ...template } : {}
      for (let i = 0; i < steps.length; i++) {
        const found = related[i]
        if (found === undefined) continue
        const { encodes, keys, names, plain, reads } = steps[i]!
        if (plain) {
          for (let k = 0; k < keys.length; k++) out[keys[k]!] = found[names[k]!]
          continue
        }
        for (let k = 0; k < keys.length; k++) {
          const name = names[k]
          const encode = encodes[k]
          let value: unknown = name === undefined ? reads[k]!(found) : found[name]
          if (encode !== undefined) value = encode(value)
          if (value !== absent) out[keys[k]!] = value
        }
      }
      return out
    } catch (thrown) {
      return thrown === needsEffect ? needsEffect : interpret(row)
    }
  }
}
