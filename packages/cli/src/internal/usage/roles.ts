/** What becomes of a value where an expression stands. */
import type { Node } from "typescript/unstable/ast"
import { lastName } from "./names.ts"
import type { TypeScript } from "./typescript.ts"

type Is = TypeScript["is"]

/**
 * `Kept`: under a name, which is looked for as well, or nowhere. `Plan`: in a plan. `Argument`: an argument of a function, with its name. `Used`: anywhere else.
 */
export type Role =
  | { readonly _tag: "Kept" | "Plan" | "Used" }
  | { readonly _tag: "Argument"; readonly callee: string | undefined; readonly call: Node }

const kept: Role = { _tag: "Kept" }
const used: Role = { _tag: "Used" }

/** Modules whose functions return what they are given. */
const returning: ReadonlySet<string> = new Set(["Object", "TrackedEvent", "Entity"])
/** Methods that return their object, or what is in it. */
const chaining: ReadonlySet<string> = new Set(
  "pipe map filter flatMap flat concat slice toSorted toReversed toSpliced with at values entries".split(" ")
)
const comparing: ReadonlySet<string> = new Set(["===", "!==", "==", "!=", "in", "instanceof"])

/** The role of an expression. */
export const roleOf = (is: Is, node: Node): Role => {
  const { parent } = node
  if (is.isCallExpression(parent)) return parent.expression === node ? kept : ofArgument(is, parent)
  if (is.isPropertyAccessExpression(parent)) return ofObject(is, parent)
  if (is.isElementAccessExpression(parent)) {
    return parent.expression === node && !is.isStringLiteral(parent.argumentExpression) ? used : kept
  }
  if (is.isConditionalExpression(parent)) return parent.condition === node ? kept : roleOf(is, parent)
  if (is.isBinaryExpression(parent)) {
    const operator = parent.operatorToken.getText()
    if (comparing.has(operator)) return kept
    return operator === "=" ? used : roleOf(is, parent)
  }
  if (is.isVariableDeclaration(parent) || is.isPropertyDeclaration(parent)) {
    // A type of its own no longer says which event it is.
    if (parent.type !== undefined) return used
    // What is left of an object has no name.
    return !is.isIdentifier(parent.name) && /\.\.\./.test(parent.name.getText()) ? used : kept
  }
  if (is.isExportAssignment(parent) || is.isExpressionStatement(parent) || is.isExportSpecifier(parent)) return kept
  return isTransparent(is, parent) ? roleOf(is, parent) : used
}

const isTransparent = (is: Is, node: Node): boolean =>
  is.isParenthesizedExpression(node) ||
  is.isAsExpression(node) ||
  is.isSatisfiesExpression(node) ||
  is.isNonNullExpression(node) ||
  is.isAwaitExpression(node) ||
  is.isSpreadElement(node) ||
  is.isSpreadAssignment(node) ||
  is.isArrayLiteralExpression(node) ||
  is.isObjectLiteralExpression(node) ||
  is.isPropertyAssignment(node) ||
  is.isShorthandPropertyAssignment(node)

const ofArgument = (is: Is, call: Node & { readonly expression: Node }): Role => {
  const { expression } = call
  const callee = lastName(is, expression)
  const on = is.isPropertyAccessExpression(expression) ? lastName(is, expression.expression) : undefined
  if (on === "Plan") return { _tag: "Plan" }
  if (callee === "pipe" || (on !== undefined && returning.has(on))) return roleOf(is, call)
  return { _tag: "Argument", callee, call }
}

/** The role of the object of a property: of a method that is called on it, or of nothing. */
const ofObject = (is: Is, access: Node): Role => {
  const { parent } = access
  if (!is.isCallExpression(parent) || !Object.is(parent.expression, access)) return kept
  return chaining.has(lastName(is, access) ?? "") ? roleOf(is, parent) : used
}
