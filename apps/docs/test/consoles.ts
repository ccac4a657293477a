/** A block of commands in a text, with the files that the blocks before it have written. */
export interface Session {
  /** Which text, and which of its blocks of commands, from 1. */
  readonly name: string
  /** The folder that all blocks of the text are run in. */
  readonly folder: string
  /** The files of blocks before it, of which the last of a name counts. */
  readonly files: ReadonlyMap<string, string>
  readonly commands: ReadonlyArray<{ readonly command: string; readonly output: string }>
}

const commandsOf = (text: string): Session["commands"] =>
  text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [, command = "", output = ""] = /^((?:.*\\\n)*.*)\n?([^]*)$/.exec(part) ?? []
      return { command, output }
    })

/** The blocks of commands in a text, in its order. */
export const sessionsOf = (name: string, text: string): ReadonlyArray<Session> => {
  const files = new Map<string, string>()
  const sessions: Array<Session> = []
  for (const [, language, code = ""] of text.matchAll(/^```(ts|json|console)\n(.*?)^```$/gms)) {
    const named = /^\/\/ ([\w./-]+\.\w+)\n/.exec(code)
    if (language === "console") {
      sessions.push({
        name: `${name}, commands ${sessions.length + 1}`,
        folder: name.replace(/\.\w+$/, ""),
        files: new Map(files),
        commands: commandsOf(code)
      })
    } else if (named !== null) {
      files.set(named[1]!, language === "json" ? code.slice(named[0].length) : code)
    }
  }
  return sessions
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)

/** A pattern of what commands print: `…` stands for the rest of a line, or for any lines. */
const patternOf = (promised: string): RegExp =>
  new RegExp(
    `^${promised
      .trim()
      .split("\n")
      .map((line) => {
        if (line.trim() === "…") return "(?:.*\n)*?"
        const parts = line.trimEnd().split("…").map(escaped)
        return `${parts.join(".*")} *\n`
      })
      .join("")}$`
  )

/** Whether a command has printed what the text says. */
export const agrees = (promised: string, printed: string): boolean =>
  promised.trim() === "" ? printed.trim() === "" : patternOf(promised).test(`${printed.trim()}\n`)
