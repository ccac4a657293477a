/** Expressions of TypeScript, and their text as Prettier and oxfmt write it by default. */

/** An expression. Texts of sources are only ever in `Text`, in `Pattern`, and in the names of an `Entries`. */
export type Code =
  /** A name, a number, a boolean, null, or names with dots. */
  | { readonly _tag: "Name"; readonly name: string }
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Pattern"; readonly pattern: RegExp }
  | { readonly _tag: "List"; readonly items: ReadonlyArray<Code> }
  /** An object. One that is `open` has a line for each entry. */
  | {
      readonly _tag: "Entries"
      readonly entries: ReadonlyArray<readonly [name: string, value: Code]>
      readonly open: boolean
    }
  /** A call, and calls of methods of its result. */
  | { readonly _tag: "Call"; readonly of: string; readonly calls: ReadonlyArray<Calling> }

interface Calling {
  /** The method, with its dot, or nothing for the function itself. */
  readonly method: string
  readonly args: ReadonlyArray<Code>
}

export const name = (name: string): Code => ({ _tag: "Name", name })
export const text = (text: string): Code => ({ _tag: "Text", text })
export const list = (items: ReadonlyArray<Code>): Code => ({ _tag: "List", items })
export const call = (of: string, ...args: ReadonlyArray<Code>): Code => ({
  _tag: "Call",
  of,
  calls: [{ method: "", args }]
})
export const entries = (entries: ReadonlyArray<readonly [string, Code]>, open = false): Code => ({
  _tag: "Entries",
  entries,
  open
})

/** A call of a method. */
export const method = (code: Code, called: string, ...args: ReadonlyArray<Code>): Code =>
  code._tag === "Call"
    ? { ...code, calls: [...code.calls, { method: `.${called}`, args }] }
    : { _tag: "Call", of: flatOf(code)!, calls: [{ method: `.${called}`, args }] }

const width = 100

/** Characters that an editor does not show as they are, or at all. */
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu

const unitOf = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Hidden characters as escapes, each of its UTF-16 code units. */
const shown = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => unitOf(character[at]!)).join("")

const escapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" }

/** A text in the quotes that need fewer escapes. */
const quoted = (given: string): string => {
  const count = (quote: string) => given.split(quote).length
  const quote = count('"') > count("'") ? "'" : '"'
  const inner = given
    .replaceAll(/[\n\r\t\\]/g, (character) => escapes[character]!)
    .replaceAll(quote, `\\${quote}`)
    .replaceAll(hidden, shown)
  return `${quote}${inner}${quote}`
}

/** A regular expression as a literal. Its source has no line breaks and no slashes outside of escapes and classes. */
const literalOf = ({ flags, source }: RegExp): string => `/${source.replaceAll(hidden, shown)}/${flags}`

/** An object with a name `__proto__` would have no such property. */
const nameOf = (name: string): string =>
  name === "__proto__" ? '["__proto__"]' : /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)

/** Terminals show East Asian letters and emoji twice as wide. */
const wide =
  /[\u1100-\u115F\u2630-\u2637\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18DFF}\u{1AFF0}-\u{1B2FF}\u{1D300}-\u{1D376}\u{1F200}-\u{1F2FF}\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u

const widthOf = (line: string): number => {
  if (/^[\u0020-\u007E]*$/.test(line)) return line.length
  let width = 0
  for (const character of line.replaceAll(/\p{M}/gu, "")) width += wide.test(character) ? 2 : 1
  return width
}

/** An expression on one line, or undefined if it has several. */
const flatOf = (code: Code): string | undefined => {
  const all = (codes: ReadonlyArray<Code>): string | undefined => {
    const texts: Array<string> = []
    for (const one of codes) {
      const flat = flatOf(one)
      if (flat === undefined) return undefined
      texts.push(flat)
    }
    return texts.join(", ")
  }
  switch (code._tag) {
    case "Name":
      return code.name
    case "Text":
      return quoted(code.text)
    case "Pattern":
      return literalOf(code.pattern)
    case "List": {
      if (isMatrix(code.items)) return undefined
      const items = all(code.items)
      return items === undefined ? undefined : `[${items}]`
    }
    case "Entries": {
      if (code.open && code.entries.length > 0) return undefined
      const values = code.entries.map(([name, value]) => {
        const flat = flatOf(value)
        return flat === undefined ? undefined : `${nameOf(name)}: ${flat}`
      })
      if (values.includes(undefined)) return undefined
      return values.length === 0 ? "{}" : `{ ${values.join(", ")} }`
    }
    case "Call": {
      let flat = code.of
      for (const { args, method } of code.calls) {
        const given = all(args)
        if (given === undefined) return undefined
        flat += `${method}(${given})`
      }
      return flat
    }
  }
}

/** Lists of lists or of objects, each with more than one element, have a line for each. */
const isMatrix = (items: ReadonlyArray<Code>): boolean => {
  const sizeOf = (code: Code) =>
    code._tag === "List" ? code.items.length : code._tag === "Entries" ? code.entries.length : 0
  return items.length > 1 && items.every((item) => item._tag === items[0]!._tag && sizeOf(item) > 1)
}

const isNumber = (code: Code): boolean => code._tag === "Name" && /^-?\d/.test(code.name)

const isOpenable = (code: Code | undefined): boolean =>
  (code?._tag === "Entries" && code.entries.length > 0) || (code?._tag === "List" && code.items.length > 0)

const tail = (written: string): number => widthOf(written.slice(written.lastIndexOf("\n") + 1))

/** Writes an expression that begins at a column and has some more characters behind it, in lines that are indented. */
const write = (code: Code, indent: string, column: number, behind: number): string => {
  const flat = flatOf(code)
  if (flat !== undefined && column + widthOf(flat) + behind <= width) return flat
  const inner = `${indent}  `
  switch (code._tag) {
    case "List": {
      if (code.items.length === 0) return "[]"
      if (code.items.length > 1 && code.items.every(isNumber)) return `[\n${filled(code.items, inner)}\n${indent}]`
      const lines = code.items.map((item) => `${inner}${write(item, inner, inner.length, 1)},`)
      return `[\n${lines.join("\n")}\n${indent}]`
    }
    case "Entries":
      return `{\n${code.entries.map((entry) => `${inner}${entryOf(entry, inner)},`).join("\n")}\n${indent}}`
    case "Call": {
      let written = code.of
      for (const [at, { args, method }] of code.calls.entries()) {
        const more = code.calls[at + 1]
        const before = written.includes("\n") ? tail(written) : column + widthOf(written)
        written += `${method}${callOf(args, indent, before + method.length, more === undefined ? behind : more.method.length + 1)}`
      }
      return written
    }
    default:
      return flat!
  }
}

/** Numbers fill the lines. */
const filled = (items: ReadonlyArray<Code>, indent: string): string => {
  const lines: Array<string> = []
  for (const item of items) {
    const number = `${flatOf(item)!},`
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + number.length <= width) lines[lines.length - 1] = `${last} ${number}`
    else lines.push(`${indent}${number}`)
  }
  return lines.join("\n")
}

/** What of an expression must stand on the line on which it begins: what is before the first place where it can be broken. */
const headOf = (code: Code): string => {
  if (code._tag === "List" || code._tag === "Entries") return "{"
  if (code._tag !== "Call") return flatOf(code)!
  const [{ args, method }] = code.calls as [Calling]
  return `${code.of}${method}(${args.length === 0 ? ")" : ""}`
}

/** A value behind its name, or below it where it does not even begin on that line. */
const assigned = (start: string, value: Code, indent: string, behind: number): string => {
  const column = widthOf(start) + 1
  return column + widthOf(headOf(value)) + (isOpenable(value) || value._tag === "Call" ? 0 : behind) > width
    ? `${start}\n${indent}  ${write(value, `${indent}  `, indent.length + 2, behind)}`
    : `${start} ${write(value, indent, column, behind)}`
}

const entryOf = ([name, value]: readonly [string, Code], indent: string): string => {
  const start = `${indent}${nameOf(name)}:`
  // A line of its own would win nothing.
  const isShort = widthOf(nameOf(name)) <= 2
  const text = isShort ? `${start} ${write(value, indent, widthOf(start) + 1, 1)}` : assigned(start, value, indent, 1)
  return text.slice(indent.length)
}

/** The arguments of a call, with their parentheses. */
const callOf = (args: ReadonlyArray<Code>, indent: string, column: number, behind: number): string => {
  if (args.length === 0) return "()"
  const flats = args.map(flatOf)
  const [last] = args.slice(-1)
  if (flats.every((flat) => flat !== undefined)) {
    const flat = `(${flats.join(", ")})`
    if (column + widthOf(flat) + behind <= width) return flat
  }
  const others = flats.slice(0, -1)
  const isAlike = args.length > 1 && args.at(-2)!._tag === last!._tag
  if (isOpenable(last) && !isAlike && others.every((flat) => flat !== undefined)) {
    const start = `(${others.map((flat) => `${flat}, `).join("")}`
    const opened: Code = last!._tag === "Entries" ? { ...last!, open: true } : last!
    if (column + widthOf(start) + 1 <= width) {
      const written =
        last!._tag === "List" ? openList(last!, indent) : write(opened, indent, column + widthOf(start), 1)
      return `${start}${written})`
    }
  }
  const inner = `${indent}  `
  return `(\n${args.map((arg) => `${inner}${write(arg, inner, inner.length, 1)},`).join("\n")}\n${indent})`
}

const openList = (code: Extract<Code, { readonly _tag: "List" }>, indent: string): string =>
  write(code, indent, width, 0)

/** A statement that exports a constant. */
export const constant = (identifier: string, value: Code): string =>
  `${assigned(`export const ${identifier} =`, value, "", 1)};\n`

/** An import of several names. */
export const imported = (names: ReadonlyArray<string>, from: string): string => {
  const flat = `import { ${names.join(", ")} } from ${quoted(from)};\n`
  return flat.length - 1 <= width
    ? flat
    : `import {\n${names.map((one) => `  ${one},\n`).join("")}} from ${quoted(from)};\n`
}

/** The modules that expressions name: what is before the first dot. */
export const modulesOf = (codes: ReadonlyArray<Code>, found = new Set<string>()): ReadonlySet<string> => {
  for (const code of codes) {
    if (code._tag === "Name") found.add(code.name.split(".")[0]!)
    else if (code._tag === "List") modulesOf(code.items, found)
    else if (code._tag === "Entries")
      modulesOf(
        code.entries.map(([, value]) => value),
        found
      )
    else if (code._tag === "Call") {
      found.add(code.of.split(".")[0]!)
      for (const { args } of code.calls) modulesOf(args, found)
    }
  }
  return found
}
