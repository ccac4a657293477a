/** Versions of SchemaVer. */
import type { Class } from "../diff/model.ts"

/** The version of what has no lock before. */
export const first = "1-0-0"

/** The next version of SchemaVer. */
export const next = (version: string, change: Class | "none"): string => {
  const [model = 1, revision = 0, addition = 0] = version.split("-").map(Number)
  switch (change) {
    case "major":
      return `${model + 1}-0-0`
    case "minor":
      return `${model}-${revision + 1}-0`
    case "patch":
      return `${model}-${revision}-${addition + 1}`
    default:
      return version
  }
}
