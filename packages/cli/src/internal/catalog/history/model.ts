import type { Changed, History, Kind } from "../site/model.ts"

/** The history of an event, a call or the context. Commits are places in the list of all, the oldest first. */
export interface SubjectHistory {
  /** The commit that added it. */
  readonly added: number | undefined
  /** The commits that added its keys. */
  readonly keysAdded: ReadonlyMap<string, number>
  /** The oldest first. */
  readonly changes: ReadonlyArray<Changed>
}

/** The history of a plan, from the commits of its lock file. */
export interface LockHistory {
  /** The name of the lock file. */
  readonly file: string
  readonly commits: History["commits"]
  /** Whether there are older commits, of which nothing is known. */
  readonly isCut: boolean
  /** By `idOf` of a lock's subject. */
  readonly subjects: ReadonlyMap<string, SubjectHistory>
  readonly gone: ReadonlyArray<readonly [kind: Kind, name: string, commit: number]>
  readonly skipped: History["skipped"]
}
