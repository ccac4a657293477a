/** Text in Markdown, in which nothing is markup. */

/** Control characters would move the cursor of a terminal, and line breaks end a row of a table. */
export const visible = (text: string): string => text.replaceAll(/\p{Cc}/gu, (one) => JSON.stringify(one).slice(1, -1))

/** Plain text. */
export const plain = (text: string): string => visible(text).replaceAll(/[\\`*_{}[\]<>()#+!|~&-]/g, String.raw`\$&`)

/** Text as code. The fence is longer than any run of backticks inside it, and a table ends a cell at a bar even there. */
export const code = (text: string): string => {
  // Behind a backslash of its own, a bar cannot be escaped in code.
  if (/\\\|/.test(text)) return `<code>${plain(text)}</code>`
  const shown = visible(text).replaceAll("|", String.raw`\|`)
  const longest = Math.max(0, ...Array.from(shown.matchAll(/`+/g), ([run]) => run.length))
  const fence = "`".repeat(longest + 1)
  const space = shown.startsWith("`") || shown.endsWith("`") ? " " : ""
  return shown.trim() === "" ? plain(JSON.stringify(shown)) : `${fence}${space}${shown}${space}${fence}`
}

/** A link to a file of the same export. */
export const link = (text: string, file: string): string =>
  `[${plain(text)}](${file.split("/").map(encodeURIComponent).join("/")})`

/** A table with its columns as wide as they are, so that a change of one row changes one line. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> =>
  rows.length === 0 ? [] : [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).concat("")
