/** The history of each key, from the commits of the lock file. */
import type { Change } from "../../diff/model.ts"
import { between } from "../../diff/between.ts"
import { idOf, type Key, type Kind, type Lock, type Subject } from "../../lock/model.ts"
import { first, type Line, lineOf, wrongIn } from "../../lock/text.ts"
import type { Changed } from "../site/model.ts"
import type { LockHistory, SubjectHistory } from "./model.ts"
import type { Patch } from "./patches.ts"

/** The parts of a lock that some lines have. A subject whose own line is not among them has a header like any other. */
const partOf = (lines: ReadonlyArray<Line>): Lock => {
  const subjects = new Map<string, Subject & { readonly keys: Map<string, Key> }>()
  const of = (kind: Kind, name: string, header: Subject["header"] = { version: "1-0-0" }) => {
    const id = idOf({ kind, name })
    const known = subjects.get(id)
    const subject = { kind, name, header: known?.header ?? header, keys: known?.keys ?? new Map<string, Key>() }
    subjects.set(id, subject)
    return subject
  }
  for (const [kind, name, value, key] of lines) {
    if (kind === "entity" || kind === "relation") continue
    if (typeof value === "string") of(kind, name).keys.set(value, key as Key)
    else of(kind, name, value)
  }
  return { subjects, entities: new Map(), relations: new Map() }
}

/** Subjects of which only keys have changed are on both sides. */
const completed = (part: Lock, other: Lock, isThere: (id: string) => boolean): Lock => {
  const subjects = new Map(part.subjects)
  for (const [id, { header, kind, name }] of other.subjects) {
    if (!subjects.has(id) && isThere(id)) subjects.set(id, { kind, name, header, keys: new Map() })
  }
  return { ...part, subjects }
}

interface Known {
  added: number | undefined
  readonly keysAdded: Map<string, number>
  readonly changes: Array<Changed>
}

const nothing = (added: number | undefined): Known => ({ added, keysAdded: new Map(), changes: [] })

class Histories {
  readonly commits: Array<readonly [hash: string, date: string]> = []
  readonly subjects = new Map<string, Known>()
  readonly gone = new Map<string, readonly [kind: Kind, name: string, commit: number]>()
  readonly skipped: Array<readonly [hash: string, date: string, reason: string]> = []
  /** How often each line that no lock has is in the file now. */
  readonly #wrong = new Map<string, number>()
  /** How often lines are in the file more, or less, than in the last lock that could be read. */
  readonly #pending = new Map<string, { readonly line: Line; count: number }>()
  /** The subjects of the last lock that could be read. */
  readonly #there = new Set<string>()

  /** Takes the next commit. */
  add({ added, date, hash, removed }: Patch): void {
    for (const text of removed) this.#count(text, -1)
    for (const text of added) this.#count(text, 1)
    const [wrong] = this.#wrong.keys()
    if (wrong !== undefined) return void this.skipped.push([hash, date, wrongIn(wrong)])
    const before: Array<Line> = []
    const after: Array<Line> = []
    for (const { count, line } of this.#pending.values()) (count < 0 ? before : after).push(line)
    this.#pending.clear()
    if (before.length + after.length > 0) this.#changed(before, after, this.commits.push([hash, date]) - 1)
  }

  #count(text: string, by: number): void {
    if (text === "" || text === first) return
    const known = this.#pending.get(text)
    const line = known?.line ?? (this.#wrong.has(text) ? undefined : lineOf(text))
    if (line === undefined) {
      // Of what went before the oldest known commit, lines can go that never came.
      const count = (this.#wrong.get(text) ?? 0) + by
      if (count > 0) this.#wrong.set(text, count)
      else this.#wrong.delete(text)
    } else if (known === undefined) {
      this.#pending.set(text, { line, count: by })
    } else if (known.count + by === 0) {
      this.#pending.delete(text)
    } else {
      known.count += by
    }
  }

  #changed(gone: ReadonlyArray<Line>, come: ReadonlyArray<Line>, commit: number): void {
    const [old, now] = [partOf(gone), partOf(come)]
    for (const id of old.subjects.keys()) this.#there.add(id)
    const [without, withOwn] = [headed(gone), headed(come)]
    const removed = new Set([...without].filter((id) => !withOwn.has(id)))
    const before = completed(old, now, (id) => this.#there.has(id))
    const after = completed(now, old, (id) => !removed.has(id))
    for (const [id, { keys }] of after.subjects) {
      const known = this.#there.has(id) ? this.#of(id) : nothing(commit)
      this.subjects.set(id, known)
      this.#there.add(id)
      this.gone.delete(id)
      const had = before.subjects.get(id)?.keys
      for (const key of keys.keys()) if (had?.has(key) !== true) known.keysAdded.set(key, commit)
    }
    for (const change of between(before, after)) this.#tell(change, commit)
    for (const id of removed) {
      const { kind, name } = before.subjects.get(id)!
      this.#there.delete(id)
      this.gone.set(id, [kind, name, commit])
    }
  }

  #of(id: string): Known {
    const known = this.subjects.get(id) ?? nothing(undefined)
    this.subjects.set(id, known)
    return known
  }

  #tell({ class: given, key, kind, name, what }: Change, commit: number): void {
    if (given === "patch" || kind === "entity" || kind === "relation") return
    const known = this.#of(idOf({ kind, name }))
    // Its start says it.
    if (key === undefined && known.added === commit) return
    known.changes.push([commit, given, key ?? 0, what])
    const [, to] = renamed.exec(what) ?? []
    if (to === undefined) return
    if (key !== undefined) return void known.changes.push([commit, given, to, `it was renamed from ${key}`])
    const other = this.#of(idOf({ kind, name: JSON.parse(to) as string }))
    other.changes.push([commit, given, 0, `it was renamed from ${JSON.stringify(name)}`])
  }
}

/** What a diff says of a name that has become another: a key's as it is, an event's in quotes. */
const renamed = /^it was renamed to (.*)$/s

const isHeader = (kind: Line[0], value: unknown): kind is Kind =>
  kind !== "entity" && kind !== "relation" && typeof value !== "string"

/** The subjects whose own lines are among some lines. */
const headed = (lines: ReadonlyArray<Line>): ReadonlySet<string> =>
  new Set(lines.flatMap(([kind, name, value]) => (isHeader(kind, value) ? [idOf({ kind, name })] : [])))

/** The history of the commits of a lock file, the latest first. `isCut` says that there are older ones. */
export const of = (file: string, patches: ReadonlyArray<Patch>, isCut: boolean): LockHistory => {
  const histories = new Histories()
  for (const patch of patches.toReversed()) histories.add(patch)
  const { commits, gone, skipped, subjects } = histories
  return {
    file,
    commits,
    isCut,
    subjects: subjects as ReadonlyMap<string, SubjectHistory>,
    gone: [...gone.values()],
    skipped
  }
}
