import { absent, type Codec } from "../base/codec.ts"
import type { Field, Node, OneNode } from "../definition/model.ts"
import type { CodegenInput } from "./model.ts"

/**
 * Whether this platform allows code generation: a content security policy, an edge runtime or a V8 flag may forbid it. Checked at each
 * compilation, since Cloudflare's workers allow it at startup but not in a request.
 */
const allowed = (): boolean => {
  try {
    return new Function("return true")() as boolean
  } catch {
    return false
  }
}

/** Whether a layout can be written as one object literal. Changes are interpreted. */
export const generates = ({ layout }: CodegenInput): boolean =>
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

const orAbsent = (name: string): string => `if (${name} === absent) ${name} = undefined;`

export const rowOf = (node: Node): string => `n${node.id}`
export const valueOf = (node: Node, index: number): string => `v${node.id}_${index}`
/** Of a library that tells nothing of its output, it may come out as undefined. */
const admitsAbsence = ({ mayBeAbsent, optional }: Codec): boolean => optional || mayBeAbsent === true
export const canBeAbsent = (node: Node, index: number): boolean => {
  if (node._tag === "One") return admitsAbsence(node.entity.fields[index]!.codec)
  const { optional, own } = node.relation.compiled.flatMap(({ keys }) => keys)[index]!
  return own === undefined ? optional : admitsAbsence(own.codec)
}

/**
 * Generates straight-line code for valid rows. For an invalid one the code leaves, by `bad` or a throw, to the interpreter, which makes the
 * error with its path. So both give the same results.
 */
export class Generator {
  readonly input: CodegenInput
  /** The statement that leaves to the interpreter. */
  readonly bad: string
  /** Whether every node's values are ready as `NodeValues`, and not in separate variables. */
  readonly ready: boolean
  readonly constants = new Constants()
  readonly lines: Array<string> = []

  constructor(input: CodegenInput, bad: string, ready = false) {
    this.input = input
    this.bad = bad
    this.ready = ready
  }

  /** A value after reading: tested, or encoded. `undefined` has no key. */
  encode(node: OneNode, index: number): void {
    const field = node.entity.fields[index]!
    const { codec, source } = field
    const name = valueOf(node, index)
    if ("path" in source)
      this.lines.push(`${name} = ${rowOf(node)}${source.path.map((step) => `[${JSON.stringify(step)}]`).join("")};`)
    if (!codec.scalar) this.lines.push(`${name} = ${this.constants.add(codec.encode)}(${name}); ${orAbsent(name)}`)
    else if (this.input.checked) {
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

  /** The condition under which the whole record is one literal. */
  conditions(node: Node): ReadonlyArray<string> {
    const present = node.keys.flatMap((_, i) => (canBeAbsent(node, i) ? [this.present(node, i)] : []))
    return this.isThere(node) ? present : [`${rowOf(node)} !== undefined`, ...present]
  }

  /** Whether a node always has values, unless its parent has none. */
  isThere(node: Node): boolean {
    return node.id === 0 || (!this.ready && node._tag === "Many" && node.parent.id === 0)
  }

  present(node: Node, index: number): string {
    return `${this.expression(node, index)} !== ${this.ready || node._tag === "Many" ? "absent" : "undefined"}`
  }

  expression(node: Node, index: number): string {
    if (node._tag === "Many") return `${rowOf(node)}[${index}]`
    return this.ready ? `${rowOf(node)}.${node.keys[index]}` : valueOf(node, index)
  }

  /**
   * Writes the record: at once if nothing is absent, otherwise key by key. Values that are ready fill in those of the first row. The leading keys
   * come from `own`.
   */
  record(leading: ReadonlyArray<string> = []): void {
    const { nodes } = this.input.layout
    const first = leading.map((key) => `${key}: own.${key}`)
    const conditions = nodes.flatMap((node) => this.conditions(node))
    const whole = this.ready
      ? [...this.each(nodes.slice(1), (key, value) => `n0.${key} = ${value};`), "return n0;"].join(" ")
      : `return { ${[...first, ...this.each(nodes, (key, value) => `${key}: ${value}`)].join(", ")} };`
    if (conditions.length === 0) return void this.lines.push(whole)
    this.lines.push(`if (${conditions.join(" && ")}) { ${whole} }`, `const o = { ${first.join(", ")} };`)
    for (const node of nodes) {
      if (node.id > 0) this.lines.push(`if (${rowOf(node)} !== undefined) {`)
      node.keys.forEach((key, index) => {
        const condition = canBeAbsent(node, index) ? `if (${this.present(node, index)}) ` : ""
        this.lines.push(`${condition}o.${key} = ${this.expression(node, index)};`)
      })
      if (node.id > 0) this.lines.push("}")
    }
    this.lines.push("return o;")
  }

  /** The code for each key of some nodes. */
  each(nodes: ReadonlyArray<Node>, code: (key: string, value: string) => string): ReadonlyArray<string> {
    return nodes.flatMap((node) => node.keys.map((key, index) => code(key, this.expression(node, index))))
  }

  declare(): string {
    const names = this.input.layout.nodes.flatMap((node) => [
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
