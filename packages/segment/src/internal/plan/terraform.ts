import { fileNames, type Format } from "@trackmap/core/PlanSupport"
import { lossesOf, rulesOf } from "./rule.ts"

/** A module whose output is the rules of its files. */
const module = String.raw`# Written by "trackmap export segment-terraform": change the plan, not this file.
locals {
  rules = [
    for file in sort(fileset("${"$"}{path.module}/rules", "*.json")) :
    jsondecode(file("${"$"}{path.module}/rules/${"$"}{file}"))
  ]
}

output "rules" {
  description = "The rules of a segment_tracking_plan."
  value = [
    for rule in local.rules : {
      type        = rule.type
      key         = try(rule.key, null)
      version     = rule.version
      json_schema = jsonencode(rule.jsonSchema)
    }
  ]
}
`

/** A Terraform module with a file for each rule, so that a review shows the events that change. */
export const terraform: Format = {
  name: "segment-terraform",
  description: "Segment Protocols: a Terraform module with a file for each event",
  write: (plan) => {
    const rules = rulesOf(plan)
    const names = fileNames(rules.map(([name]) => name))
    return {
      files: new Map([
        ["main.tf", module],
        ...rules.map(
          ([name, rule]) => [`rules/${names.get(name)!}.json`, `${JSON.stringify(rule, null, 2)}\n`] as const
        )
      ]),
      losses: lossesOf(plan)
    }
  }
}
