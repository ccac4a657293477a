import * as Effect from "effect/Effect"
import { comesLater } from "../base/userFunction.ts"
import { absent, type Codec } from "../base/codec.ts"
import type { Field, Node, OneNode } from "../definition/model.ts"
import { type Direct, type ManyNow, needsEffect, type RowWriter, type Shape, type Values, type Walk } from "./model.ts"

/**
 * Whether this platform allows code generation: a content security policy, an edge runtime or a flag of V8 may not. Asked each time that
 * something is compiled: Cloudflare's workers allow it while they start, and not in a request.
 */
const allowed = (): boolean => {
  try {
    return new Function("return true")() as boolean
  } catch {
    return false
  }
}

/** Whether a layout can be written as one object literal. What is tracked as a change is interpreted. */
const generates = ({ layout }: Shape): boolean =>
  allowed() && layout.nodes.every((node) => node._tag === "Many" || node.entity.compared === 0)

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
/** Of a library that tells nothing of its output, it may come out as undefined. */
const admitsAbsence = ({ mayBeAbsent, optional }: Codec): boolean => optional || mayBeAbsent === true
const canBeAbsent = (node: Node, index: number): boolean => {
  if (node._tag === "One") return admitsAbsence(node.entity.fields[index]!.codec)
  const { optional, own } = node.relation.compiled.flatMap(({ keys }) => keys)[index]!
  return own === undefined ? optional : admitsAbsence(own.codec)
}

/**
 * Writes straight code for the rows that are as they should be. Whatever is not leaves it, by `bad` or a throw, for the
 * interpreter, which gives the error its place: so both give the same answers.
 */
class Generator {
  readonly shape: Shape
  /** The statement that leaves for the interpreter. */
  bad: string
  readonly constants = new Constants()
  readonly lines: Array<string> = []

  constructor(shape: Shape, bad: string) {
    this.shape = shape
    this.bad = bad
  }

  /** A value once it is read: tested, or encoded. `undefined` is what has no key. */
  encode(node: OneNode, index: number): void {
    const field = node.entity.fields[index]!
    const { codec, source } = field
    const name = valueOf(node, index)
    if ("path" in source) this.lines.push(`${name} = ${[rowOf(node), ...source.path].join(".")};`)
    if (!codec.scalar) {
      this.lines.push(
        `${name} = ${this.constants.add(codec.encode)}(${name}); if (${name} === absent) ${name} = undefined;`
      )
    } else if (this.shape.checked) {
      const fits = this.test(field, name)
      this.lines.push(`if (!(${codec.optional ? `${name} === undefined || ` : ""}${fits})) ${this.bad}`)
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
      return [
        ...(node.parent.id === 0 ? [] : [`${rowOf(node)} !== undefined`]),
        ...node.keys.flatMap((_, i) => (canBeAbsent(node, i) ? [`${rowOf(node)}[${i}] !== absent`] : []))
      ]
    }
    return [
      ...(node.id === 0 ? [] : [`${rowOf(node)} !== undefined`]),
      ...node.keys.flatMap((_, i) => (canBeAbsent(node, i) ? [`${valueOf(node, i)} !== undefined`] : []))
    ]
  }

  expression(node: Node, index: number): string {
    return node._tag === "Many" ? `${rowOf(node)}[${index}]` : valueOf(node, index)
  }

  /** Encodes every field of a node whose row is there. */
  encodeAll(node: OneNode): void {
    node.entity.fields.forEach((_, index) => this.encode(node, index))
  }

  /** Writes the record: as one literal where nothing is absent, else key by key. The leading keys are those of `own`. */
  record(give: (expression: string) => string, leading: ReadonlyArray<string> = []): void {
    const { nodes } = this.shape.layout
    const first = leading.map((key) => `${key}: own.${key}`)
    const pairs = nodes.flatMap((node) => node.keys.map((key, index) => `${key}: ${this.expression(node, index)}`))
    const literal = `{ ${[...first, ...pairs].join(", ")} }`
    const conditions = nodes.flatMap((node) => this.conditions(node))
    if (conditions.length === 0) {
      this.lines.push(give(literal))
      return
    }
    this.lines.push(`if (${conditions.join(" && ")}) ${give(literal)}`, `const o = { ${first.join(", ")} };`)
    for (const node of nodes) {
      if (node.id > 0) this.lines.push(`if (${rowOf(node)} !== undefined) {`)
      node.keys.forEach((key, index) => {
        const value = this.expression(node, index)
        const gone = node._tag === "Many" ? "absent" : "undefined"
        this.lines.push(`${canBeAbsent(node, index) ? `if (${value} !== ${gone}) ` : ""}o.${key} = ${value};`)
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
    return `let ${names.join(", ")};`
  }

  /** Makes the function: the lines between a head and a foot, with `bindings` in scope. */
  compile(head: string, foot: string, bindings: Record<string, unknown>): unknown {
    const names = ["absent", ...Object.keys(bindings), ...this.constants.names]
    const values = [absent, ...Object.values(bindings), ...this.constants.values]
    const body = `"use strict";\n${head}\n${this.lines.join("\n")}\n${foot}`
    return new Function(...names, body)(...values)
  }
}

/** Whether a loader's row on the way to a node may belong to many of the rows that are valued. */
const isShared = (node: Node): boolean =>
  (node.relation !== undefined && "lookup" in node.relation.via) || (node.parent !== undefined && isShared(node.parent))

/** The array of what a field of a shared node is encoded to. */
const column = (node: OneNode, index: number): string => `e${node.id}_${index}`

const slotVariable = (node: Node): string => (node.parent === undefined ? "i" : `s${node.id}`)

/** The function that writes the records of a walk, or nothing where it cannot be generated. */
export const writer = (
  shape: Shape,
  interpret: (walk: Walk, index: number) => Values,
  interpretAll: (walk: Walk) => Array<Values>
): ((walk: Walk) => Array<Values>) | undefined => {
  if (!generates(shape)) return undefined
  const { nodes } = shape.layout
  const generator = new Generator(shape, "return interpretAll(walk);")
  const { lines } = generator
  const readComputed = (node: OneNode, slot: string): void => {
    for (const index of node.computed) lines.push(`${valueOf(node, index)} = c${node.id}[${index}][${slot}];`)
  }
  // What many rows share is encoded once, before the rows are written.
  const shared = nodes.filter((node): node is OneNode => node._tag === "One" && isShared(node))
  for (const node of shared) {
    lines.push(
      `for (let j = 0; j < r${node.id}.length; j++) {`,
      `const ${rowOf(node)} = r${node.id}[j]; if (${rowOf(node)} === undefined) continue;`
    )
    if (node.keys.length > 0) lines.push(`let ${node.keys.map((_, index) => valueOf(node, index)).join(", ")};`)
    readComputed(node, "j")
    generator.encodeAll(node)
    node.keys.forEach((_, index) => lines.push(`${column(node, index)}[j] = ${valueOf(node, index)};`))
    lines.push("}")
  }
  generator.bad = "{ out[i] = interpret(walk, i); continue; }"
  lines.push("for (let i = 0; i < walk.count; i++) {", generator.declare(), "try {")
  for (const node of nodes) {
    const slot = slotVariable(node)
    if (node.parent !== undefined) {
      const parent = slotVariable(node.parent)
      const looked = "lookup" in node.relation!.via
      lines.push(`const ${slot} = ${looked ? `m${node.id}[${parent}]` : parent};`)
    }
    lines.push(`${rowOf(node)} = r${node.id}[${slot}];`)
    if (node._tag === "Many") continue
    lines.push(`if (${rowOf(node)} !== undefined) {`)
    if (shared.includes(node)) {
      node.keys.forEach((_, index) => lines.push(`${valueOf(node, index)} = ${column(node, index)}[${slot}];`))
    } else {
      readComputed(node, slot)
      generator.encodeAll(node)
    }
    lines.push("}")
  }
  generator.record((expression) => `{ out[i] = ${expression}; continue; }`)
  const arrays = [
    ...nodes.map(({ id }) => `r${id} = walk.related[${id}], c${id} = walk.computed[${id}], m${id} = walk.slots[${id}]`),
    ...shared.flatMap((node) => node.keys.map((_, index) => `${column(node, index)} = new Array(r${node.id}.length)`))
  ]
  return generator.compile(
    `return function (walk) {
const out = new Array(walk.count), ${arrays.join(", ")};
try {`,
    `} catch { out[i] = interpret(walk, i); }
}
} catch { return interpretAll(walk); }
return out;
}`,
    { interpret, interpretAll }
  ) as (walk: Walk) => Array<Values>
}

/** The test of an object that may be an Effect or a promise: most are neither, and have no `then`. */
const isLater = (name: string): string =>
  `("${Effect.TypeId}" in ${name} || ("then" in ${name} && comesLater(${name})))`

/** The writer of one row, or nothing where it cannot be generated. */
export const rowWriter = (shape: Shape, interpret: RowWriter): RowWriter | undefined => {
  if (!generates(shape)) return undefined
  const generator = new Generator(shape, "return interpret(related, computed);")
  for (const node of shape.layout.nodes) {
    generator.lines.push(`${rowOf(node)} = related[${node.id}];`)
    if (node._tag === "Many") continue
    generator.lines.push(`if (${rowOf(node)} !== undefined) {`)
    for (const index of node.computed) {
      generator.lines.push(`${valueOf(node, index)} = computed[${node.id}][${index}];`)
    }
    generator.encodeAll(node)
    generator.lines.push("}")
  }
  generator.record((expression) => `return ${expression};`)
  return generator.compile(
    `return function (related, computed) {
${generator.declare()}
try {`,
    `} catch { return interpret(related, computed); }
}`,
    { interpret }
  ) as RowWriter
}

/**
 * The function from a row to its record, for an entity none of whose relations is a loader's, or nothing where it cannot be
 * generated. It gives `needsEffect` as soon as a resolver answers with an Effect. With leading keys, the record begins with
 * these, of a second argument.
 */
export const direct = (
  shape: Shape,
  manyNow: ManyNow,
  interpret: Direct,
  leading: ReadonlyArray<string> = []
): Direct | undefined => {
  if (!generates(shape)) return undefined
  const generator = new Generator(shape, "return interpret(row);")
  const { constants, lines } = generator
  const expand = (node: OneNode): void => {
    node.entity.fields.forEach((field, index) => {
      if ("path" in field.source) return
      const name = valueOf(node, index)
      lines.push(
        `${name} = ${constants.add(field.source.compute)}(${rowOf(node)});`,
        `if (typeof ${name} === "object" && ${name} !== null && ${isLater(name)}) return needsEffect;`
      )
    })
    for (const child of node.children) {
      const name = rowOf(child)
      if (child._tag === "Many") {
        lines.push(
          `${name} = manyNow(${constants.add(child)}, ${rowOf(node)}); if (${name} === undefined) return needsEffect;`
        )
      } else if ("resolve" in child.relation!.via) {
        lines.push(
          `${name} = ${constants.add(child.relation!.via.resolve)}(${rowOf(node)});`,
          `if (${name} === null) ${name} = undefined;`,
          `if (${name} !== undefined) {`,
          `if (${isLater(name)}) return needsEffect;`
        )
        expand(child)
        lines.push("}")
      }
    }
  }
  lines.push(`if (typeof row !== "object") return interpret(row);`, "n0 = row;")
  expand(shape.layout.root)
  for (const node of shape.layout.nodes) {
    if (node._tag === "Many") continue
    if (node.id > 0) lines.push(`if (${rowOf(node)} !== undefined) {`)
    generator.encodeAll(node)
    if (node.id > 0) lines.push("}")
  }
  generator.record((expression) => `return ${expression};`, leading)
  return generator.compile(
    `return function (row, own) {
${generator.declare()}
try {`,
    `} catch { return interpret(row); }
}`,
    { interpret, manyNow, needsEffect, comesLater }
  ) as Direct
}
