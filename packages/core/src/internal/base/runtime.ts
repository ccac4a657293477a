/**
 * Names the required version if the runtime is too old. Otherwise some function would be missing later, with an error that does not explain why.
 * It runs with each definition, because bundlers leave out what only runs on import.
 */
export const checkRuntime = (): void => {
  if (typeof Map.groupBy === "function") return
  const { process: node } = globalThis as { readonly process?: { readonly version?: string } }
  const found = node?.version === undefined ? "" : `, and this is Node.js ${node.version}`
  throw new Error(`Trackmap needs Node.js 22.19 or later, or another runtime with Map.groupBy (ES2024)${found}`)
}
