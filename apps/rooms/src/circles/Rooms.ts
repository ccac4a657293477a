/**
 * The rooms of core: folders of `packages/core/src/internal`, each importing only itself and those before it. The public
 * modules are faces of the rooms; a room imports one only where it reaches no room, such as an error's class.
 */
import { dirname } from "node:path/posix"
import type { Imports } from "./Imports.ts"

export const rooms = ["base", "load", "definition", "value", "event", "sink", "delivery"] as const

const faces = "packages/core/src"
const internal = `${faces}/internal/`

/** The place of a file's room in the order, or -1 for a file of `internal` that lies in no room. */
const place = (path: string): number => rooms.findIndex((room) => path.startsWith(`${internal}${room}/`))

export interface Arrow {
  readonly from: string
  readonly to: string
  readonly why: string
}

/** The imports in core's rooms that run upward. */
export const upward = (imports: Imports): ReadonlyArray<Arrow> => {
  const reachesRoom = (file: string, seen: Set<string>): boolean => {
    if (file.startsWith(internal)) return true
    if (seen.has(file)) return false
    seen.add(file)
    return [...(imports.get(file) ?? [])].some((target) => reachesRoom(target, seen))
  }
  const why = (from: string, to: string): string | undefined => {
    if (to.startsWith(internal)) {
      if (place(from) < 0) return "the file lies in no room"
      if (place(to) < 0) return "what it imports lies in no room"
      return place(to) > place(from) ? `${rooms[place(to)]} comes after ${rooms[place(from)]}` : undefined
    }
    return dirname(to) === faces && reachesRoom(to, new Set()) ? "a public module that imports rooms" : undefined
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
