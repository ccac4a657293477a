import { type ESTree, parseSync, Visitor } from "rolldown/utils"

/**
 * Rewrites the arrow functions at a module's top level as ordinary functions, which are equivalent there. V8 parses an arrow function in full when
 * its module is loaded, including nested functions. It only finds the end of an ordinary function, and parses it at the first call.
 */
export const withFunctions = (path: string, source: string): string => {
  const edits: Array<readonly [start: number, end: number, text: string]> = []
  const declared = new Set<number>()
  const hasParentheses = ({ start }: ESTree.ArrowFunctionExpression): boolean =>
    /^(async\s*)?[(<]/.test(source.slice(start))
  // The depth in functions and classes, where `this` may differ.
  let inside = 0
  const enter = (): void => void inside++
  const leave = (): void => void inside--
  new Visitor({
    VariableDeclaration: ({ declarations, kind, start }) => {
      const { id, init } = declarations[0]!
      if (inside > 0 || kind !== "const" || declarations.length > 1) return
      if (id.type !== "Identifier" || init?.type !== "ArrowFunctionExpression" || !hasParentheses(init)) return
      edits.push([start, init.start, `${init.async ? "async " : ""}function ${id.name}`])
      declared.add(init.start)
    },
    ArrowFunctionExpression: (arrow) => {
      if (inside++ > 0 || !hasParentheses(arrow)) return
      const { async, body, end, expression, start } = arrow
      if (!declared.has(start)) edits.push([start, start, async ? "async function" : "function"])
      if (async) edits.push([start, start + "async".length, ""])
      const sign = source.lastIndexOf("=>", body.start)
      edits.push([sign, sign + "=>".length, expression ? "{ return (" : ""])
      if (expression) edits.push([end, end, ") }"])
    },
    "ArrowFunctionExpression:exit": leave,
    ClassBody: enter,
    "ClassBody:exit": leave,
    FunctionDeclaration: enter,
    "FunctionDeclaration:exit": leave,
    FunctionExpression: enter,
    "FunctionExpression:exit": leave
  }).visit(parseSync(path, source).program)
  let text = source
  for (const [start, end, replacement] of edits.sort(([a, aEnd], [b, bEnd]) => b - a || bEnd - aEnd))
    text = text.slice(0, start) + replacement + text.slice(start, end).replaceAll(/[^\n]/g, "") + text.slice(end)
  return text
}
