/** The names under which the code of a project can know an event: those of variables, of properties and of imports. */
import type { Node, SourceFile } from "typescript/unstable/ast"
import type { TypeScript } from "./typescript.ts"

type Is = TypeScript["is"]

/** The node itself, without what does not change its value. */
export const bare = (is: Is, node: Node): Node =>
  is.isParenthesizedExpression(node) ||
  is.isAsExpression(node) ||
  is.isSatisfiesExpression(node) ||
  is.isNonNullExpression(node) ||
  is.isAwaitExpression(node)
    ? bare(is, node.expression)
    : node

/** The last name of an expression: `placed` of `events.placed`, of `events["placed"]` and of `placed`. */
export const lastName = (is: Is, given: Node): string | undefined => {
  const node = bare(is, given)
  if (is.isIdentifier(node)) return node.text
  if (is.isPropertyAccessExpression(node)) return node.name.text
  if (is.isElementAccessExpression(node) && is.isStringLiteral(node.argumentExpression)) {
    return node.argumentExpression.text
  }
  return undefined
}

/** The text of a name of a property or a variable, if it is not computed. */
const textOf = (is: Is, name: Node | undefined): string | undefined =>
  name !== undefined && (is.isIdentifier(name) || is.isStringLiteral(name)) ? name.text : undefined

/** The expressions whose value an expression can have. */
const choices = (is: Is, given: Node): ReadonlyArray<Node> => {
  const node = bare(is, given)
  if (is.isConditionalExpression(node)) return [...choices(is, node.whenTrue), ...choices(is, node.whenFalse)]
  if (is.isBinaryExpression(node)) return [...choices(is, node.left), ...choices(is, node.right)]
  return [node]
}

/** What a file calls something that it has from elsewhere: a name, and the names that it can come from. */
export interface Alias {
  readonly name: string
  readonly from: ReadonlyArray<string>
}

/** A function that passes its parameters on. */
interface Passing {
  readonly name: string
  readonly calls: ReadonlyArray<string>
  readonly node?: Node
}

/** What a file says of names. */
export interface Named {
  readonly aliases: ReadonlyArray<Alias>
  /** Objects and lists, with the names in them. */
  readonly containers: ReadonlyArray<Alias>
  /** Functions, with the names of those to which they pass a parameter. `node` is absent where one is only another's name. */
  readonly functions: ReadonlyArray<Passing>
  /** The names of declarations whose type can be that of an event, an entity or a plan. */
  readonly declared: ReadonlyArray<Node>
  /** Imports of a whole module. */
  readonly modules: ReadonlyArray<string>
}

/** Packages that have no events of a service's. */
const foreign = /^(?:node:|@trackmap\/|effect(?:\/|$)|@effect\/)/

/** The names in an object or a list, and in those inside it. */
const namesIn = (is: Is, literal: Node): ReadonlyArray<string> => {
  const names: Array<string> = []
  const add = (value: Node): void => {
    for (const one of choices(is, value)) {
      const name = lastName(is, one)
      if (name !== undefined) names.push(name)
      else names.push(...namesIn(is, one))
    }
  }
  if (is.isObjectLiteralExpression(literal)) {
    for (const property of literal.properties) {
      if (is.isShorthandPropertyAssignment(property)) names.push(textOf(is, property.name) ?? "")
      if (is.isPropertyAssignment(property)) {
        const own = textOf(is, property.name)
        if (own !== undefined) names.push(own)
        add(property.initializer)
      }
      if (is.isSpreadAssignment(property)) add(property.expression)
    }
  }
  if (is.isArrayLiteralExpression(literal)) {
    for (const element of literal.elements) add(is.isSpreadElement(element) ? element.expression : element)
  }
  return names
}

/** The functions that a function calls with one of its parameters. */
const callsOf = (is: Is, given: Node): ReadonlyArray<string> => {
  if (
    !is.isFunctionDeclaration(given) &&
    !is.isArrowFunction(given) &&
    !is.isFunctionExpression(given) &&
    !is.isMethodDeclaration(given)
  )
    return []
  const own = new Set(given.parameters.map(({ name }) => textOf(is, name)))
  const calls: Array<string> = []
  const visit = (node: Node): undefined => {
    if (is.isCallExpression(node)) {
      const callee = lastName(is, node.expression)
      if (callee !== undefined && node.arguments.some((one) => own.has(textOf(is, bare(is, one))))) calls.push(callee)
    }
    node.forEachChild(visit)
  }
  if (given.body !== undefined) visit(given.body)
  return calls
}

/** Reads what a file says of names. */
export const read = (is: Is, file: SourceFile): Named => {
  const aliases: Array<Alias> = []
  const containers: Array<Alias> = []
  const functions: Array<Passing> = []
  const declared: Array<Node> = []
  const modules: Array<string> = []

  const bind = (name: string, given: Node): void => {
    const values = choices(is, given)
    const from = values.flatMap((one) => lastName(is, one) ?? [])
    if (from.length > 0) aliases.push({ name, from })
    for (const value of values) {
      const inside = namesIn(is, value)
      if (inside.length > 0) containers.push({ name, from: inside })
      const calls = callsOf(is, value)
      if (calls.length > 0) functions.push({ name, calls, node: value })
      // tracking.track.bind(tracking)
      if (is.isCallExpression(value)) {
        const { expression } = value
        const called = is.isPropertyAccessExpression(expression) ? lastName(is, expression.expression) : undefined
        if (called !== undefined) functions.push({ name, calls: [called] })
        if (called !== undefined)
          containers.push({ name, from: [called, ...value.arguments.flatMap((one) => lastName(is, one) ?? [])] })
      }
    }
  }

  const visit = (node: Node): undefined => {
    if (is.isTypeNode(node)) return
    if (is.isImportSpecifier(node) || is.isExportSpecifier(node)) {
      const from = textOf(is, node.propertyName)
      const name = textOf(is, node.name)
      if (from !== undefined && name !== undefined) aliases.push({ name, from: [from] })
      if (is.isImportSpecifier(node)) {
        const { moduleSpecifier } = node.parent.parent.parent as { readonly moduleSpecifier?: Node }
        const module = moduleSpecifier && textOf(is, moduleSpecifier)
        if (module !== undefined && !module.startsWith(".") && !foreign.test(module)) declared.push(node.name)
      }
      return
    }
    if (is.isNamespaceImport(node)) modules.push(node.name.text)
    if (is.isImportClause(node) && node.name !== undefined) {
      modules.push(node.name.text)
      declared.push(node.name)
    }
    if (is.isVariableDeclaration(node) || is.isPropertyDeclaration(node)) {
      const name = textOf(is, node.name)
      if (name !== undefined && node.initializer !== undefined) {
        const value = bare(is, node.initializer)
        if (is.isCallExpression(value)) declared.push(node.name)
        bind(name, node.initializer)
      }
    }
    if (is.isPropertyAssignment(node)) {
      const name = textOf(is, node.name)
      if (name !== undefined) {
        if (is.isCallExpression(bare(is, node.initializer))) declared.push(node.name)
        bind(name, node.initializer)
      }
    }
    if (is.isBindingElement(node)) {
      const name = textOf(is, node.name)
      const from = textOf(is, node.propertyName)
      if (name !== undefined && from !== undefined) aliases.push({ name, from: [from] })
    }
    if ((is.isFunctionDeclaration(node) || is.isMethodDeclaration(node)) && node.name !== undefined) {
      const name = textOf(is, node.name)
      const calls = callsOf(is, node)
      if (name !== undefined && calls.length > 0) functions.push({ name, calls, node })
    }
    node.forEachChild(visit)
  }
  file.forEachChild(visit)
  return { aliases, containers, functions, declared, modules }
}

/** The names that lead to one of some names, through any number of others. */
export const closure = (known: ReadonlySet<string>, aliases: ReadonlyArray<Alias>): ReadonlySet<string> => {
  const all = new Set(known)
  const byFrom = new Map<string, Array<string>>()
  for (const { from, name } of aliases) {
    for (const one of from) byFrom.set(one, [...(byFrom.get(one) ?? []), name])
  }
  const waiting = [...all]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    for (const next of byFrom.get(name) ?? []) {
      if (all.has(next)) continue
      all.add(next)
      waiting.push(next)
    }
  }
  return all
}
