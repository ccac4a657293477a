import * as Effect from "effect/Effect"
import { absent } from "./codec.ts"
import type { EntityImpl, Field } from "./entity.ts"
import { fromThrown, invalidRow, type Place } from "./fault.ts"
import type { Layout, ManyNode, Node, OneNode } from "./layout.ts"
import type { Walk } from "./walk.ts"

/** What code is generated from. */
export interface Shape {
  readonly entity: EntityImpl
  readonly checked: boolean
  readonly layout: Layout
}

/** What the generated function gives for a row that a resolver answers with an Effect. */
export const needsEffect: unique symbol = Symbol("needsEffect")

type Values = Record<string, unknown>
/** The values of the aggregates of a to-many relation of one row, or nothing where they need an Effect. */
export type ManyNow = (node: ManyNode, parent: unknown) => ReadonlyArray<unknown> | undefined

/** Whether this platform allows code generation: a content security policy, an edge runtime or a flag of V8 may not. */
const allowed: boolean = (() => {
  try {
    // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
    return new Function("return true")() as boolean
  } catch {
    return false
  }
})()

/** Whether a layout can be written as one object literal. What is tracked as a change is interpreted. */
const generates = ({ layout }: Shape): boolean =>
  allowed && layout.nodes.every((node) => node._tag === "Many" || node.entity.compared === 0)

/** A place in the generated code that can fail: where it is in a row, and what is expected there. */
interface Step {
  readonly suffix: string
  readonly expected: string
}

/** Values that the generated code refers to by name. */
class Constants {
  readonly names: Array<string> = []
  readonly values: Array<unknown> = []
  add(value: unknown): string {
    const name = `k${this.values.length}`
    this.names.push(name)
    this.values.push(value)
    return name
  }
}

const rowOf = (node: Node): string => `n${node.id}`
const valueOf = (node: Node, index: number): string => `v${node.id}_${index}`

class Generator {
  readonly shape: Shape
  readonly constants = new Constants()
  readonly steps: Array<Step> = []
  readonly lines: Array<string> = []

  constructor(shape: Shape) {
    this.shape = shape
  }

  /** Notes where the code after this line stands, for whoever catches what it throws. */
  step(node: Node, field: Field | undefined, expected: string): number {
    const suffix = node.path.slice(this.shape.layout.root.path.length) + (field === undefined ? "" : `.${field.name}`)
    return this.steps.push({ suffix, expected }) - 1
  }

  /** A value once it is read: tested, or encoded. `undefined` is what has no key. */
  encode(node: OneNode, index: number): void {
    const field = node.entity.fields[index]!
    const { codec, source } = field
    const name = valueOf(node, index)
    const step = this.step(node, field, codec.expected)
    this.lines.push(`s = ${step};`)
    if ("path" in source) this.lines.push(`${name} = ${[rowOf(node), ...source.path].join(".")};`)
    if (!codec.scalar) {
      this.lines.push(`${name} = ${this.constants.add(codec.encode)}(${name}); if (${name} === absent) ${name} = undefined;`)
    } else if (this.shape.checked) {
      const fits = this.test(field, name)
      this.lines.push(`if (!(${codec.optional ? `${name} === undefined || ` : ""}${fits})) refuse(i, s, ${name});`)
    }
  }

  test({ codec }: Field, name: string): string {
    switch (codec.inline) {
      case "String":
        return `typeof ${name} === "string"`
      case "Boolean":
        return `typeof ${name} === "boolean"`
      case "Finite":
        return `typeof ${name} === "number" && ${name} - ${name} === 0`
      case "Int":
        return `Number.isSafeInteger(${name})`
      default:
        return `${this.constants.add(codec.accepts)}(${name})`
    }
  }

  /** What has to be there for the whole record to be one literal. */
  conditions(node: Node): ReadonlyArray<string> {
    if (node._tag === "Many") {
      const optional = node.relation.aggregates.some(({ _tag }) => _tag === "First" || _tag === "Min" || _tag === "Max")
      return [
        ...(node.parent.id === 0 ? [] : [`${rowOf(node)} !== undefined`]),
        ...(optional ? node.keys.map((_, i) => `${rowOf(node)}[${i}] !== absent`) : [])
      ]
    }
    return [
      ...(node.id === 0 ? [] : [`${rowOf(node)} !== undefined`]),
      ...node.entity.fields.flatMap((field, i) => (field.codec.optional ? [`${valueOf(node, i)} !== undefined`] : []))
    ]
  }

  expression(node: Node, index: number): string {
    return node._tag === "Many" ? `${rowOf(node)}[${index}]` : valueOf(node, index)
  }

  /** Encodes every field, then writes the record: as one literal where nothing is absent, else key by key. */
  record(give: (expression: string) => string): void {
    const { nodes } = this.shape.layout
    for (const node of nodes) {
      if (node._tag === "Many") continue
      if (node.id > 0) this.lines.push(`if (${rowOf(node)} !== undefined) {`)
      node.entity.fields.forEach((_, index) => this.encode(node, index))
      if (node.id > 0) this.lines.push("}")
    }
    const pairs = nodes.flatMap((node) => node.keys.map((key, index) => `${key}: ${this.expression(node, index)}`))
    const literal = `{ ${pairs.join(", ")} }`
    const conditions = nodes.flatMap((node) => this.conditions(node))
    if (conditions.length === 0) {
      this.lines.push(give(literal))
      return
    }
    this.lines.push(`if (${conditions.join(" && ")}) ${give(literal)}`, "const o = {};")
    for (const node of nodes) {
      if (node.id > 0) this.lines.push(`if (${rowOf(node)} !== undefined) {`)
      node.keys.forEach((key, index) => {
        const value = this.expression(node, index)
        const gone = node._tag === "Many" ? "absent" : node.entity.fields[index]!.codec.optional ? "undefined" : undefined
        this.lines.push(`${gone === undefined ? "" : `if (${value} !== ${gone}) `}o.${key} = ${value};`)
      })
      if (node.id > 0) this.lines.push("}")
    }
    this.lines.push(give("o"))
  }

  declare(): string {
    const names = this.shape.layout.nodes.flatMap((node) => [
      rowOf(node),
      ...(node._tag === "Many" ? [] : node.keys.map((_, index) => valueOf(node, index)))
    ])
    return `let s = 0, ${names.join(", ")};`
  }

  /** Makes the function. What it throws names its place through `place`. */
  compile(head: string, foot: string, place: (walk: Walk | undefined) => Place): (...args: ReadonlyArray<any>) => any {
    const { steps } = this
    const { name } = this.shape.entity
    const path = (walk: Walk | undefined, index: number, step: number): string =>
      place(walk)(index, steps[step]!.suffix)
    const helpers = {
      absent,
      needsEffect,
      isEffect: Effect.isEffect,
      refused: (walk: Walk | undefined, index: number, step: number, value: unknown): never => {
        throw invalidRow(name, path(walk, index, step), steps[step]!.expected, value)
      },
      caught: (walk: Walk | undefined, index: number, step: number, thrown: unknown): unknown =>
        fromThrown(name, path(walk, index, step), steps[step]!.expected, thrown)
    }
    const body = `"use strict";\n${head}\n${this.lines.join("\n")}\n${foot}`
    // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
    const make = new Function(...Object.keys(helpers), ...this.constants.names, body)
    return make(...Object.values(helpers), ...this.constants.values) as (...args: ReadonlyArray<any>) => any
  }
}

/** The function that writes the records of a walk, or nothing where it cannot be generated. */
export const writer = (shape: Shape): ((walk: Walk) => Array<Values>) | undefined => {
  if (!generates(shape)) return undefined
  const generator = new Generator(shape)
  for (const node of shape.layout.nodes) {
    generator.lines.push(`${rowOf(node)} = r${node.id}[i];`)
    if (node._tag === "Many") continue
    node.entity.fields.forEach((field, index) => {
      if ("compute" in field.source) {
        generator.lines.push(`if (${rowOf(node)} !== undefined) ${valueOf(node, index)} = c${node.id}[${index}][i];`)
      }
    })
  }
  generator.record((expression) => `{ out[i] = ${expression}; continue; }`)
  const arrays = shape.layout.nodes.map((node) => `r${node.id} = walk.related[${node.id}], c${node.id} = walk.computed[${node.id}]`)
  return generator.compile(
    `return function (walk) {
const out = new Array(walk.count), ${arrays.join(", ")};
const refuse = (i, s, v) => refused(walk, i, s, v);
let i = 0; let s = 0;
try {
for (; i < walk.count; i++) {
${generator.declare().replace("let s = 0,", "let")}`,
    `}
} catch (thrown) { throw caught(walk, i, s, thrown); }
return out;
}`,
    (walk) => walk!.place
  ) as (walk: Walk) => Array<Values>
}

/**
 * The function from a row to its record, for an entity none of whose relations is a loader's, or nothing where it cannot be
 * generated. It gives `needsEffect` as soon as a resolver answers with an Effect.
 */
export const direct = (shape: Shape, manyNow: ManyNow): ((row: unknown) => Values | typeof needsEffect) | undefined => {
  if (!generates(shape)) return undefined
  const generator = new Generator(shape)
  const many = generator.constants.add(manyNow)
  const { constants, lines } = generator
  const effectStops = (name: string): string => `if (typeof ${name} === "object" && ${name} !== null && isEffect(${name})) return needsEffect;`
  const expand = (node: OneNode): void => {
    node.entity.fields.forEach((field, index) => {
      if ("path" in field.source) return
      const name = valueOf(node, index)
      lines.push(
        `s = ${generator.step(node, field, field.codec.expected)};`,
        `${name} = ${constants.add(field.source.compute)}(${rowOf(node)}); ${effectStops(name)}`
      )
    })
    for (const child of node.children) {
      const name = rowOf(child)
      if (child._tag === "Many") {
        lines.push(
          `s = ${generator.step(child, undefined, "an array of rows")};`,
          `${name} = ${many}(${constants.add(child)}, ${rowOf(node)}); if (${name} === undefined) return needsEffect;`
        )
        continue
      }
      const { via } = child.relation!
      if ("lookup" in via) continue
      lines.push(
        `s = ${generator.step(child, undefined, "a related row")};`,
        `${name} = ${constants.add(via.resolve)}(${rowOf(node)});`,
        `if (${name} === null) ${name} = undefined;`,
        `if (${name} !== undefined) {`,
        `s = ${generator.step(child, undefined, "a row or nothing")};`,
        `if (typeof ${name} !== "object") refuse(i, s, ${name});`,
        `if (isEffect(${name})) return needsEffect;`
      )
      expand(child)
      lines.push("}")
    }
  }
  const root = generator.step(shape.layout.root, undefined, "a row")
  lines.push(`if (typeof row !== "object" || row === null) refuse(i, ${root}, row);`, "n0 = row;")
  expand(shape.layout.root)
  generator.record((expression) => `return ${expression};`)
  const place: Place = (_, suffix) => shape.entity.name + suffix
  return generator.compile(
    `const i = 0; const refuse = (i, s, v) => refused(undefined, i, s, v);
return function (row) {
${generator.declare()}
try {`,
    `} catch (thrown) { throw caught(undefined, i, s, thrown); }
}`,
    () => place
  ) as (row: unknown) => Values | typeof needsEffect
}
