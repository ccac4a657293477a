/** What Git's log says of one file, line by line. */

/** What begins the line of a commit. No line of a patch begins with it. */
export const commitMark = "\u0000"

/** A commit, with the lines that it took from the file and gave to it. */
export interface Patch {
  readonly hash: string
  readonly date: string
  readonly removed: Array<string>
  readonly added: Array<string>
}

const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/

const countOf = (given: string | undefined): number => (given === undefined ? 1 : Number(given))

/** Reads the lines of the log, whose commits are lines of the mark, the short hash and the date. */
export class PatchReader {
  readonly patches: Array<Patch> = []
  /** How many lines of each side are left of a hunk: a line in it can begin with anything. */
  #gone = 0
  #come = 0

  read(line: string): void {
    const patch = this.patches.at(-1)
    if (this.#gone > 0 && line.startsWith("-")) {
      this.#gone--
      patch!.removed.push(textOf(line))
    } else if (this.#come > 0 && line.startsWith("+")) {
      this.#come--
      patch!.added.push(textOf(line))
    } else if (line.startsWith(commitMark)) {
      const [hash = "", date = ""] = line.slice(commitMark.length).split(" ")
      this.patches.push({ hash, date, removed: [], added: [] })
    } else {
      const found = hunk.exec(line)
      if (found === null) return
      this.#gone = countOf(found[1])
      this.#come = countOf(found[2])
    }
  }
}

/** A line of a file, without what ends it on Windows. */
const textOf = (line: string): string => line.slice(1).replace(/\r$/, "")
