/**
 * The rooms of core: folders of `packages/core/src/internal`, each importing only itself and those before it. The public
 * modules are faces of the rooms; a room imports one only where it reaches no later room, as an error's class does.
 */
import type { Imports } from "./Imports.ts"

export const rooms = ["base", "load", "definition", "value", "event", "sink", "delivery"] as const

const faces = "packages/core/src"
const internal = `${faces}/internal/`

/** The place of a file's room in the order: -1 for a file of `internal` that is in no room. */
const place = (path: string): number => rooms.findIndex((room) => path.startsWith(`${internal}${room}/`))

export interface Arrow {
  readonly from: string
  readonly to: string
  readonly why: string
}

/** The imports of core's rooms that run upward. Tests may import anything. */
export const upward = (imports: Imports): ReadonlyArray<Arrow> => {
  /** The place of the last room that a public module reaches, or -1 where it reaches none. */
  const reach = (file: string, seen = new Set<string>()): number => {
    if (file.startsWith(internal)) return place(file)
    if (seen.has(file)) return -1
    seen.add(file)
    return Math.max(-1, ...Array.from(imports.get(file) ?? [], (target) => reach(target, seen)))
  }
  const why = (from: string, to: string): string | undefined => {
    if (place(from) < 0) return "the file is in no room"
    if (to.startsWith(internal) && place(to) < 0) return "it imports a file that is in no room"
    const last = reach(to)
    if (last <= place(from)) return undefined
    return to.startsWith(internal)
      ? `${rooms[last]} comes after ${rooms[place(from)]}`
      : `it reaches ${rooms[last]}, which comes after ${rooms[place(from)]}`
  }
  return [...imports].flatMap(([from, targets]) =>
    from.startsWith(internal) && !from.endsWith(".test.ts")
      ? [...targets].flatMap((to) => {
          const reason = why(from, to)
          return reason === undefined ? [] : [{ from, to, why: reason }]
        })
      : []
  )
}
