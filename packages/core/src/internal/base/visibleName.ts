import { describe } from "./fault.ts"
import { hasHidden, oneLine } from "./oneLine.ts"
import { refuse } from "./refuse.ts"

const longest = 255

/** A name as an error quotes it: on one line, and not at any length. */
export const quoted = (name: unknown): string =>
  typeof name === "string" ? JSON.stringify(oneLine(name.slice(0, longest))) : describe(name)

/**
 * Checks a name that appears in logs, receipts and messages. `owner` is the function that receives it, `what` is the
 * thing that it names.
 */
export const visibleName = (owner: string, what: string, given: unknown): string => {
  const fault =
    typeof given !== "string"
      ? `, not ${describe(given)}`
      : given.trim() === ""
        ? ", and is empty"
        : given.length > longest
          ? `, and has ${given.length}`
          : hasHidden(given)
            ? `, but ${quoted(given)} contains a control character or a line break`
            : undefined
  if (fault === undefined) return given as string
  return refuse(owner, "BadName", `${what} must be a string of 1 to ${longest} visible characters${fault}`)
}
