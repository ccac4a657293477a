import { parseSync, Visitor } from "rolldown/utils"

const pure = "/* @__PURE__ */ "

interface Place {
  readonly start: number
  readonly end: number
}

/**
 * Marks the calls that run when a module is loaded and whose results are kept in variables, so that bundlers can omit those whose results nobody
 * uses. Bundlers omit a call only if it has a mark. Expressions that they never omit, such as `{ ...others }`, become such a call. If a module
 * needs an effect, a separate statement has it, which gets no mark.
 */
export const withPureCalls = (path: string, source: string): string => {
  const marks = new Map<number, string>()
  const add = (at: number, text: string): void => void marks.set(at, (marks.get(at) ?? "") + text)
  const calls = new Set<number>()
  // The depth in functions, and in statements that keep nothing.
  let inside = 0
  let value: Place | undefined
  let isOpaque = false
  const enter = (): void => void inside++
  const leave = (): void => void inside--
  const called = ({ start }: Place): void => void (inside === 0 && calls.add(start))
  const opaque = (): void => void (isOpaque ||= inside === 0)
  new Visitor({
    CallExpression: called,
    NewExpression: called,
    SpreadElement: opaque,
    Property: ({ computed }) => void (computed && opaque()),
    VariableDeclarator: ({ id, init }) => {
      if (inside > 0 || init === null || id.type !== "Identifier") return
      value = init
      isOpaque = false
    },
    "VariableDeclarator:exit": () => {
      if (inside === 0 && value !== undefined && isOpaque) {
        add(value.start, `${pure}(() => (`)
        add(value.end, "))()")
        for (const at of calls) if (at === value.start) calls.delete(at)
      }
      if (inside === 0) value = undefined
    },
    ExpressionStatement: enter,
    "ExpressionStatement:exit": leave,
    ArrowFunctionExpression: enter,
    "ArrowFunctionExpression:exit": leave,
    FunctionDeclaration: enter,
    "FunctionDeclaration:exit": leave,
    FunctionExpression: enter,
    "FunctionExpression:exit": leave
  }).visit(parseSync(path, source).program)
  for (const at of calls) add(at, pure)
  return [...marks]
    .sort(([a], [b]) => b - a)
    .reduce((text, [at, mark]) => text.slice(0, at) + mark + text.slice(at), source)
}
