import { join } from "node:path"
import { planChange } from "./tracking/planChange.ts"

/**
 * Compares the plan of the demo with that of main, and fails if a major change has no changeset that says so.
 *
 *     npm run plan-change [a branch or a commit, in place of main]
 */
const [, , given] = process.argv
const { GITHUB_BASE_REF: branch = "" } = process.env
const { ok, text } = planChange({
  root: join(import.meta.dirname, "../../.."),
  folder: "apps/demo",
  bases: given === undefined ? (branch === "" ? ["origin/main", "main"] : [`origin/${branch}`]) : [given],
  must: branch !== ""
})
process.stdout.write(`${text}\n`)
process.exitCode = ok ? 0 : 1
