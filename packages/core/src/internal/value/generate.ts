import * as Effect from "effect/Effect"
import { comesLater } from "../base/userFunction.ts"
import type { Node, OneNode } from "../definition/model.ts"
import { Generator, generates, rowOf, valueOf } from "./generator.ts"
import { type Direct, type ManyNow, needsEffect, type RowWriter, type Shape, type Values, type Walk } from "./model.ts"

/** Whether a loader's row on the path to a node may belong to many of the rows. */
const isShared = (node: Node): boolean =>
  (node.relation !== undefined && "lookup" in node.relation.via) || (node.parent !== undefined && isShared(node.parent))

/** The array of the encoded values of a shared node's field. */
const column = (node: OneNode, index: number): string => `e${node.id}_${index}`

const rowIndexVariable = (node: Node): string => (node.parent === undefined ? "i" : `s${node.id}`)

/** The function that writes the records of a walk, or undefined if it cannot be generated. */
export const writer = (
  shape: Shape,
  interpret: (walk: Walk, index: number) => Values,
  interpretAll: (walk: Walk) => Array<Values>
): ((walk: Walk) => Array<Values>) | undefined => {
  if (!generates(shape)) return undefined
  const { nodes } = shape.layout
  const generator = new Generator(shape, "return interpretAll(walk);")
  const { lines } = generator
  const readComputed = (node: OneNode, rowIndex: string): void => {
    for (const index of node.computed) lines.push(`${valueOf(node, index)} = c${node.id}[${index}][${rowIndex}];`)
  }
  // Values that many rows share are encoded once, before the rows.
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
    const rowIndex = rowIndexVariable(node)
    if (node.parent !== undefined) {
      const parent = rowIndexVariable(node.parent)
      const looked = "lookup" in node.relation!.via
      lines.push(`const ${rowIndex} = ${looked ? `m${node.id}[${parent}]` : parent};`)
    }
    lines.push(`${rowOf(node)} = r${node.id}[${rowIndex}];`)
    if (node._tag === "Many") continue
    lines.push(`if (${rowOf(node)} !== undefined) {`)
    if (shared.includes(node)) {
      node.keys.forEach((_, index) => lines.push(`${valueOf(node, index)} = ${column(node, index)}[${rowIndex}];`))
    } else {
      readComputed(node, rowIndex)
      generator.encodeAll(node)
    }
    lines.push("}")
  }
  generator.record((expression) => `{ out[i] = ${expression}; continue; }`)
  const arrays = [
    ...nodes.map(
      ({ id }) => `r${id} = walk.related[${id}], c${id} = walk.computed[${id}], m${id} = walk.rowIndexes[${id}]`
    ),
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

/** The writer of one row, or undefined if it cannot be generated. */
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
 * The function from a row to its record, for an entity without loaders, or undefined if it cannot be generated. It returns
 * `needsEffect` as soon as a resolver returns an Effect. With leading keys, the record starts with these keys of a second argument.
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
        const { optional, required } = child.relation!
        lines.push(
          `${name} = ${constants.add(child.relation!.via.resolve)}(${rowOf(node)});`,
          ...(optional ? [] : [`if (${name} === undefined) return interpret(row);`]),
          `if (${name} === null) ${required ? "return interpret(row);" : `${name} = undefined;`}`,
          `if (${name} !== undefined) {`,
          `if (${isLater(name)}) return needsEffect;`,
          `if (Array.isArray(${name})) return interpret(row);`
        )
        expand(child)
        lines.push("}")
      }
    }
  }
  lines.push(`if (typeof row !== "object" || Array.isArray(row)) return interpret(row);`, "n0 = row;")
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
