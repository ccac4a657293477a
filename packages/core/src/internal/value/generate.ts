import * as Effect from "effect/Effect"
import { comesLater } from "../base/userFunction.ts"
import type { OneNode } from "../definition/model.ts"
import type { Answers } from "./answers.ts"
import { canBeAbsent, Generator, generates, rowOf, valueOf } from "./generator.ts"
import type { Direct, ManyNow, Reader, CodegenInput, Writer } from "./model.ts"
import { needsEffect } from "./needsEffect.ts"

/** The test of an object that may be an Effect or a promise: most are neither, and have no `then`. */
const isLater = (name: string): string =>
  `("${Effect.TypeId}" in ${name} || ("then" in ${name} && comesLater(${name})))`

/** The reader of a node's rows, or undefined if it cannot be generated. It leaves invalid rows to `slow`. */
export const reader = (input: CodegenInput, node: OneNode, slow: Reader): Reader | undefined => {
  if (!generates(input)) return undefined
  const generator = new Generator(input, "return slow(row, computed, reading);")
  const names = node.keys.map((_, index) => valueOf(node, index))
  const computed = new Set(node.computed)
  node.entity.fields.forEach((_, index) => {
    const name = names[index]!
    if (computed.has(index)) generator.lines.push(`${name} = computed[${index}];`, `if (${name} !== absent) {`)
    generator.encode(node, index)
    if (canBeAbsent(node, index)) generator.lines.push(`if (${name} === undefined) ${name} = absent;`)
    if (computed.has(index)) generator.lines.push("}")
  })
  const pairs = node.keys.map((key, index) => `${key}: ${names[index]}`)
  const others = node.id === 0 ? input.layout.nodes.slice(1) : []
  const later = others.flatMap(({ keys }) => keys.map((key) => `${key}: undefined`))
  return generator.compile(
    `return function (row, computed, reading) {
let ${[`${rowOf(node)} = row`, ...names].join(", ")};
try {`,
    `return { ${[...pairs, ...later].join(", ")} };
} catch { return slow(row, computed, reading); }
}`,
    { slow }
  ) as Reader
}

/** The writer of a record from the valid values of its rows, or undefined if it cannot be generated. */
export const writer = (input: CodegenInput): Writer | undefined => {
  if (!generates(input)) return undefined
  const generator = new Generator(input, "", true)
  generator.record()
  const values = input.layout.nodes.map((node) => `${rowOf(node)} = values[${node.id}]`)
  return generator.compile(`return function (values) {\nconst ${values.join(", ")};`, "}", {}) as Writer
}

const keep = (f: string, node: OneNode, answer: string): string =>
  `return answers.keep(${f}, ${rowOf(node)}, ${answer});`

type Asking = CodegenInput & { readonly answers: Answers }
type Keys = ReadonlyArray<string>

/**
 * The function from a row to its record, for an entity without loaders, or undefined if it cannot be generated. It returns
 * `needsEffect` as soon as a resolver returns an Effect, which `answers` keeps. With leading keys, the record starts with these keys of a second argument.
 */
export const direct = (input: Asking, manyNow: ManyNow, interpret: Direct, leading: Keys = []): Direct | undefined => {
  if (!generates(input)) return undefined
  const generator = new Generator(input, "return interpret(row);")
  const { constants, lines } = generator
  const expand = (node: OneNode): void => {
    node.entity.fields.forEach((field, index) => {
      if ("path" in field.source) return
      const name = valueOf(node, index)
      const compute = constants.add(field.source.compute)
      lines.push(
        `${name} = ${compute}(${rowOf(node)});`,
        `if (typeof ${name} === "object" && ${name} !== null && ${isLater(name)}) ${keep(compute, node, name)}`
      )
    })
    for (const child of node.children) {
      const name = rowOf(child)
      if (child._tag === "Many") {
        lines.push(
          `${name} = manyNow(${constants.add(child)}, ${rowOf(node)}); if (${name} === undefined) return needsEffect;`
        )
      } else if ("resolve" in child.relation!.via) {
        const { optional, required } = child.relation!
        const resolve = constants.add(child.relation!.via.resolve)
        lines.push(
          `${name} = ${resolve}(${rowOf(node)});`,
          ...(optional ? [] : [`if (${name} === undefined) return interpret(row);`]),
          `if (${name} === null) ${required ? "return interpret(row);" : `${name} = undefined;`}`,
          `if (${name} !== undefined) {`,
          `if (${isLater(name)}) ${keep(resolve, node, name)}`,
          `if (Array.isArray(${name})) return interpret(row);`
        )
        expand(child)
        lines.push("}")
      }
    }
  }
  lines.push(`if (typeof row !== "object" || Array.isArray(row)) return interpret(row);`, "n0 = row;")
  expand(input.layout.root)
  for (const node of input.layout.nodes) {
    if (node._tag === "Many") continue
    if (node.id > 0) lines.push(`if (${rowOf(node)} !== undefined) {`)
    for (let i = 0; i < node.keys.length; i++) generator.encode(node, i)
    if (node.id > 0) lines.push("}")
  }
  generator.record(leading)
  return generator.compile(
    `return function (row, own) {
${generator.declare()}
try {`,
    `} catch { return interpret(row); }
}`,
    { answers: input.answers, interpret, manyNow, needsEffect, comesLater }
  ) as Direct
}
