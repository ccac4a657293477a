/** Writes YAML. A plan has tens of thousands of columns, for which a library with comments, tags and aliases takes seconds. */

/** Characters that YAML 1.1 takes as escapes only. */
const unprintable = /[\u007F-\u009F\u2028\u2029\uFEFF\uFFFE\uFFFF]/g

const escaped = (character: string): string => `\\u${character.codePointAt(0)!.toString(16).padStart(4, "0")}`

/** A text in quotes, in which JSON is YAML: both versions would read some as something else without. */
const text = (value: string): string => JSON.stringify(value).replaceAll(unprintable, escaped)

/** A name without quotes, if it is no word that YAML 1.1 has for a boolean. */
const nameOf = (name: string): string =>
  /^(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z_]\w*$/i.test(name) ? name : text(name)

const scalarOf = (value: unknown): string =>
  // YAML 1.1 reads a number with an exponent as a number only if it has a point, too.
  typeof value === "string" ? text(value) : String(value).replace(/^(-?\d+)e/, "$1.0e")

const isEmpty = (value: object): boolean => Object.keys(value).length === 0

/** The lines of a value: those of a list or an object are indented. */
const write = (value: unknown, indent: string, lines: Array<string>, start: string): void => {
  if (typeof value !== "object" || value === null) lines.push(`${start} ${scalarOf(value)}`)
  else if (isEmpty(value)) lines.push(`${start} ${Array.isArray(value) ? "[]" : "{}"}`)
  else if (Array.isArray(value)) {
    lines.push(start)
    for (const item of value) writeItem(item, indent, lines)
  } else {
    lines.push(start)
    for (const [name, one] of Object.entries(value)) write(one, `${indent}  `, lines, `${indent}${nameOf(name)}:`)
  }
}

/** An element of a list: an object or a list begins behind the dash. */
const writeItem = (item: unknown, indent: string, lines: Array<string>): void => {
  const at = lines.length
  write(item, `${indent}  `, lines, `${indent}-`)
  if (lines.length > at + 1) lines.splice(at, 2, `${indent}- ${lines[at + 1]!.slice(indent.length + 2)}`)
}

/** A document of YAML that begins with a comment. */
export const textOf = (comment: string, value: Readonly<Record<string, unknown>>): string => {
  const lines = [`# ${comment}`]
  for (const [name, one] of Object.entries(value)) write(one, "  ", lines, `${nameOf(name)}:`)
  return `${lines.join("\n")}\n`
}
