/** Finds circles of imports: the strongly connected components of the graph, by Tarjan's algorithm. */
import type { Imports } from "./Imports.ts"

export interface Circle {
  readonly files: ReadonlyArray<string>
  readonly arrows: ReadonlyArray<readonly [from: string, to: string]>
}

export const find = (imports: Imports): ReadonlyArray<Circle> => {
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: Array<string> = []
  const stacked = new Set<string>()
  const circles: Array<Circle> = []

  const visit = (file: string): void => {
    index.set(file, index.size)
    low.set(file, index.get(file)!)
    stack.push(file)
    stacked.add(file)
    for (const target of imports.get(file) ?? []) {
      if (!index.has(target)) {
        visit(target)
        low.set(file, Math.min(low.get(file)!, low.get(target)!))
      } else if (stacked.has(target)) {
        low.set(file, Math.min(low.get(file)!, index.get(target)!))
      }
    }
    if (low.get(file) !== index.get(file)) return
    const members = new Set(stack.splice(stack.indexOf(file)))
    for (const member of members) stacked.delete(member)
    const files = [...members].toSorted()
    const arrows = files.flatMap((from) =>
      [...(imports.get(from) ?? [])].filter((to) => members.has(to)).map((to) => [from, to] as const)
    )
    if (arrows.length > 0) circles.push({ files, arrows })
  }

  for (const file of imports.keys()) if (!index.has(file)) visit(file)
  return circles
}
