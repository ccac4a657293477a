/** What a pull request changes in its plans, by the command trackmap. */
import { spawnSync } from "node:child_process"
import { statSync } from "node:fs"

const classes = { 0: "none", 10: "minor", 20: "major" } as const
export type Class = (typeof classes)[keyof typeof classes]

export interface Diff {
  /** The folder of the plan's package, or its module. */
  readonly plan: string
  readonly class: Class
  /** As `trackmap diff --markdown` prints it. */
  readonly markdown: string
}

/** What stands in the way of a comment. */
export class Problem extends Error {}

const git = (...args: ReadonlyArray<string>): boolean => spawnSync("git", args, { stdio: "ignore" }).status === 0

/** Fetches the commit of a branch of `origin`, if the checkout does not have it, as it has one commit by default. */
export const fetched = (against: string): void => {
  if (git("rev-parse", "--verify", "--quiet", "--end-of-options", `${against}^{commit}`)) return
  const branch = /^origin\/(.+)$/.exec(against)?.[1]
  if (branch !== undefined)
    git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", `+refs/heads/${branch}:refs/remotes/origin/${branch}`)
}

/** Compares a plan. The command is split at its spaces, and no shell runs it. */
export const diffOf = (plan: string, command: string, against: string): Diff => {
  const isFolder = statSync(plan, { throwIfNoEntry: false })?.isDirectory()
  if (isFolder === undefined) throw new Problem(`there is no file or folder ${plan}: correct the input plans`)
  const [program, ...words] = command.trim().split(/\s+/)
  const args = [...words, "diff", ...(isFolder ? [] : [plan]), "--markdown", "--against", against]
  // The token is for this program only.
  const { PLAN_DIFF_TOKEN: _, ...env } = process.env
  const { error, status, stderr, stdout } = spawnSync(program!, args, {
    cwd: isFolder ? plan : ".",
    encoding: "utf8",
    env,
    maxBuffer: 100_000_000
  })
  const found = classes[status as keyof typeof classes]
  if (error !== undefined) throw new Problem(`\`${command}\` does not run: ${error.message}`)
  if (found === undefined) throw new Problem(`${plan}: ${stderr.trim()}`)
  return { plan, class: found, markdown: stdout.trim() }
}

/** The greatest class of several diffs. */
export const greatest = (diffs: ReadonlyArray<Diff>): Class =>
  (["major", "minor"] as const).find((one) => diffs.some((diff) => diff.class === one)) ?? "none"

const title = "## Tracking plan"
const none = "No changes."

/** Whether no plan has a change, not even of a text. */
export const isUnchanged = (diffs: ReadonlyArray<Diff>): boolean =>
  diffs.every(({ markdown }) => markdown === `${title}\n\n${none}`)

/** The text of a comment: the diff of one plan as it is, or a section for each that has changes. */
export const textOf = (diffs: ReadonlyArray<Diff>): string => {
  const [first, ...others] = diffs.filter((diff) => !isUnchanged([diff]))
  if (first === undefined) return `${title}\n\n${none}`
  if (others.length === 0 && diffs.length === 1) return first.markdown
  const sections = [first, ...others].map(({ markdown, plan }) => `### ${plan}${markdown.slice(title.length)}`)
  return [title, ...sections].join("\n\n")
}

/** The most characters that GitHub takes in a comment. */
export const limit = 65_536

/** A text of no more than the limit, cut at the end of a line. */
export const cut = (text: string, most = limit): string => {
  if (text.length <= most) return text
  const note = "\n\nThe rest is too long for GitHub: run `npx trackmap diff` to see it."
  const room = text.slice(0, most - note.length)
  return room.slice(0, room.lastIndexOf("\n")) + note
}
