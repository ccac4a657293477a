import * as Fault from "../../Fault.ts"
import type { Head } from "./request.ts"

/** The fault of each request in turn. */
export const follow = (plan: Fault.Plan): ((head: Head) => Fault.Fault) => {
  let index = 0
  if (typeof plan === "function") return (head) => plan({ ...head, index: index++ }) ?? Fault.none
  const left = plan.map(([fault, times]) => ({ fault, times }))
  return () => {
    const current = left.find(({ times }) => times > 0)
    if (current === undefined) return Fault.none
    current.times--
    return current.fault
  }
}
