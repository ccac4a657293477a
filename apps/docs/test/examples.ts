/** A block of code in a text. */
export interface Example {
  /** Which text, and which of its blocks, from 1. */
  readonly name: string
  /** The folder that all blocks of the text are written to. */
  readonly folder: string
  /** The file within: the one that its first line names, or one of its own. */
  readonly file: string
  readonly code: string
  /** What the block of text behind it says that it prints. */
  readonly output: string | undefined
  /** Whether it is run by itself: a file that has a name is for other blocks, or for vitest. */
  readonly runs: boolean
}

/** The blocks of TypeScript in a text. A later block of a name is a change of the file: `plan.ts`, then `plan-2.ts`. */
export const examplesOf = (name: string, text: string): ReadonlyArray<Example> => {
  const counts = new Map<string, number>()
  return [...text.matchAll(/^```ts\n(.*?)^```\n*(?:^```text\n(.*?)^```$)?/gms)].map(([, code = "", output], index) => {
    const named = /^\/\/ ([\w-]+(?:\.test)?\.ts)\n/.exec(code)?.[1]
    const count = named === undefined ? 0 : (counts.get(named) ?? 0) + 1
    if (named !== undefined) counts.set(named, count)
    return {
      name: `${name} ${index + 1}`,
      folder: name.replace(/\.\w+$/, ""),
      file: named === undefined ? `block${index + 1}.ts` : count > 1 ? named.replace(".", `-${count}.`) : named,
      code,
      output,
      runs: named === undefined && !code.includes("vitest")
    }
  })
}

/** What an example says it prints, to stdout and stderr: the comments behind and below its console.log, and the text behind it. */
export const promised = ({ code, output = "" }: Example): string => {
  let printing = false
  const said: Array<string> = []
  for (const line of code.split("\n")) {
    const comment = /(?:^|\s)\/\/ (.*)$/.exec(line)?.[1]
    const statement = line.trim() !== "" && !line.trim().startsWith("//")
    if (statement) {
      printing = line.includes("console.log(") || line.includes("Console.sink(") || (printing && comment !== undefined)
    }
    if (printing && comment !== undefined) said.push(comment)
  }
  return `${said.join(" ")}\n${output}`
}

const isLogged = (line: string): boolean => /^(\[a time\]|trackmap:) /.test(line)

/**
 * The same but for line breaks, the kind of quotes, and what differs from run to run: times, the ids of messages and fibers, and when
 * lines of the log come.
 */
export const normal = (text: string): string => {
  const lines = text
    .replaceAll(/(\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d\.\d{3}(Z)?/g, "a time")
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "a message's id")
    .replaceAll(/\(#\d+\)/g, "(a fiber)")
    .split("\n")
  return [...lines.filter(isLogged).toSorted(), ...lines.filter((line) => !isLogged(line))]
    .join("")
    .replaceAll(/[\s]+/g, "")
    .replaceAll(/['`]/g, '"')
    .replaceAll('\\"', '"')
}
