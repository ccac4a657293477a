import { spawnSync } from "node:child_process"
import { join } from "node:path"

/** A plan in a repository of Git. */
export interface Place {
  readonly root: string
  /** The folder of the package that has the plan. */
  readonly folder: string
  /** Branches to compare with, of which the first that exists is taken. */
  readonly bases: ReadonlyArray<string>
  /** Whether it is a failure that none of them can be compared with, as for a pull request. Default: false. */
  readonly must?: boolean
}

/** Git otherwise refuses a repository that another user has cloned, as for a job in a container. */
const trusting = (root: string) => ({
  ...process.env,
  GIT_CONFIG_COUNT: "1",
  GIT_CONFIG_KEY_0: "safe.directory",
  GIT_CONFIG_VALUE_0: root
})

/** The commit to compare with, or why there is none. */
export const baseOf = ({
  bases,
  root
}: Pick<Place, "bases" | "root">): { readonly commit: string } | { readonly why: string } => {
  const git = (...args: ReadonlyArray<string>): string | undefined => {
    const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8", env: trusting(root) })
    return status === 0 ? stdout.trim() : undefined
  }
  const head = git("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
  if (head === undefined) return { why: "this folder is no repository of Git" }
  const base = bases.find((one) => git("rev-parse", "--verify", "--quiet", `${one}^{commit}`) !== undefined)
  if (base === undefined)
    return { why: `this clone has no ${bases.join(" and no ")}: a shallow clone fetches one branch` }
  const commit = git("merge-base", base, "HEAD")
  if (commit === undefined) return { why: `this clone has no commit that is also of ${base}, as it is shallow` }
  return commit === head ? { why: `this commit is one of ${base} itself` } : { commit }
}

/** Runs the comparison, and returns what to print. */
export const planChange = (place: Place): { readonly ok: boolean; readonly text: string } => {
  const base = baseOf(place)
  if ("why" in base) return { ok: place.must !== true, text: `The plan is not compared: ${base.why}` }
  const trackmap = join(import.meta.dirname, "../../../../packages/cli/bin/trackmap.js")
  const args = [trackmap, "diff", "--against", base.commit, "--changeset", join(place.root, ".changeset")]
  const { status, stderr, stdout } = spawnSync(process.execPath, args, {
    cwd: join(place.root, place.folder),
    encoding: "utf8",
    env: trusting(place.root)
  })
  return { ok: status === 0, text: `${stdout}${stderr}`.trim() }
}
