import * as Circles from "./Circles.ts"
import * as Imports from "./Imports.ts"
import * as Rooms from "./Rooms.ts"

export interface Report {
  readonly lines: ReadonlyArray<string>
  /** Whether there is no circle and no upward import. */
  readonly clean: boolean
}

/** The circles of imports of a repository, and the imports that run upward between the rooms of core. */
export const of = (root: string): Report => {
  const imports = Imports.read(root)
  const circles = Circles.find(imports)
  const upward = Rooms.upward(imports)
  return {
    lines: [
      ...circles.flatMap(({ arrows, files }) => [
        `A circle of ${files.length} files:`,
        ...arrows.map(([from, to]) => `  ${from} -> ${to}`)
      ]),
      ...upward.map(({ from, to, why }) => `Upward: ${from} -> ${to} (${why})`),
      `Files: ${imports.size}. Circles of imports: ${circles.length}. Upward between the rooms of core: ${upward.length}.`
    ],
    clean: circles.length + upward.length === 0
  }
}
