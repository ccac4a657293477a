/** The step of the action: compares the plans, and comments on the pull request, or writes to the summary of the job. */
import { appendFileSync, readFileSync } from "node:fs"
import { commented, Refused } from "./comment.ts"
import { type Class, cut, diffOf, fetched, greatest, isUnchanged, limit, Problem, textOf } from "./diff.ts"

const { env } = process
const given = (name: string): string => env[name] ?? ""

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const toFile = (name: string, text: string): void => {
  if (given(name) !== "") appendFileSync(given(name), `${text}\n`)
}

/** A message of a workflow command, which is one line. */
const message = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A")

/** Git otherwise refuses a repository that another user has checked out, as for a job in a container. */
const trust = (folder: string): void => {
  const count = Number(env["GIT_CONFIG_COUNT"] ?? 0)
  env["GIT_CONFIG_COUNT"] = String(count + 1)
  env[`GIT_CONFIG_KEY_${count}`] = "safe.directory"
  env[`GIT_CONFIG_VALUE_${count}`] = folder
}

const numberOf = (): number | undefined => {
  if (given("GITHUB_EVENT_PATH") === "") return undefined
  const event = JSON.parse(readFileSync(given("GITHUB_EVENT_PATH"), "utf8")) as { pull_request?: { number: number } }
  return event.pull_request?.number
}

const failsAt = (found: Class): boolean => {
  const least = given("PLAN_DIFF_FAIL_ON")
  if (!["minor", "major", "never"].includes(least)) {
    throw new Problem(`fail-on is ${JSON.stringify(least)}: it is minor, major or never`)
  }
  return found !== "none" && (least === "minor" || least === found)
}

const main = async (): Promise<number> => {
  const against = given("PLAN_DIFF_AGAINST")
  if (given("GITHUB_WORKSPACE") !== "") trust(given("GITHUB_WORKSPACE"))
  fetched(against)
  const plans = given("PLAN_DIFF_PLANS")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
  const diffs = plans.map((plan) => diffOf(plan, given("PLAN_DIFF_COMMAND"), against))
  const found = greatest(diffs)
  const code = failsAt(found) ? 1 : 0
  toFile("GITHUB_OUTPUT", `class=${found}`)

  const number = numberOf()
  const marker = `<!-- trackmap: ${given("PLAN_DIFF_ID")} -->`
  const text = textOf(diffs)
  const toSummary = (why: string): number => {
    toFile("GITHUB_STEP_SUMMARY", cut(text))
    say(`The diff is in the summary of this job: ${why}`)
    return code
  }
  if (number === undefined) return toSummary("this is no pull request")
  const place = {
    api: given("GITHUB_API_URL"),
    repository: given("GITHUB_REPOSITORY"),
    token: given("PLAN_DIFF_TOKEN"),
    number,
    marker
  }
  try {
    const body = cut(text, limit - marker.length - 1)
    say(`Comment: ${await commented(place, body, { onlyIfThere: isUnchanged(diffs) })}`)
    return code
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause
    // The token of a pull request from a fork can write nothing.
    return [401, 403, 404].includes(cause.status)
      ? toSummary("the token cannot write comments, as in a pull request from a fork")
      : toSummary(cause.status === 0 ? "GitHub was not reached" : cause.message)
  }
}

try {
  process.exitCode = await main()
} catch (cause) {
  if (!(cause instanceof Problem)) throw cause
  say(`::error title=Tracking plan::${message(cause.message)}`)
  process.exitCode = 1
}
