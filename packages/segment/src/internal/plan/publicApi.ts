import type { Format } from "@trackmap/core/PlanSupport"
import * as Arr from "effect/Array"
import { lossesOf, rulesOf } from "./rule.ts"

/** Rules of a request, for each customer ("Public API", "Replace Rules in Tracking Plan"). */
const requestRules = 200

/** Bodies of requests: the first replaces all rules, and the others add to them. */
export const publicApi: Format = {
  name: "segment",
  description: "Segment Protocols: bodies for the Public API, of at most 200 rules each",
  write: (plan) => {
    const rules = rulesOf(plan).map(([, rule]) => rule)
    const bodies = rules.length === 0 ? [rules] : Arr.chunksOf(rules, requestRules)
    return {
      files: new Map(
        bodies.map((rules, index) => {
          const file = index === 0 ? "1-put.json" : `${index + 1}-patch.json`
          return [file, `${JSON.stringify({ rules }, null, 2)}\n`] as const
        })
      ),
      losses: lossesOf(plan)
    }
  }
}
