/**
 * What a terminal or a reader of lines would act on instead of showing: C0, DEL and C1 (U+009B alone starts a sequence), the
 * line and paragraph separators, and what turns the direction of writing. Lone surrogates are no text at all.
 */
const unsafe =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]|\p{Surrogate}/gu

const hex = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Escapes as JSON does. In JSON these stand in strings only, so that it stays the same JSON. */
export const escape = (text: string): string => text.replace(unsafe, hex)

/** How far what is no JSON is followed down. */
const depth = 8

const plainOf = (value: unknown, parents: ReadonlyArray<unknown>): unknown => {
  switch (typeof value) {
    case "bigint":
      return `${value}n`
    case "undefined":
    case "function":
    case "symbol":
      return `[${typeof value}]`
    case "object":
      break
    default:
      return value
  }
  if (value === null) return null
  if (parents.includes(value)) return "[circular]"
  if (parents.length === depth) return "[deep]"
  const within = [...parents, value]
  if (Array.isArray(value)) return value.map((item) => plain(item, within))
  return Object.fromEntries(Object.keys(value).map((key) => [key, plain(read(value, key), within)]))
}

/** A value of any kind as JSON has it. Own `toJSON` methods are not called: they may be why this is needed. */
const plain = (value: unknown, parents: ReadonlyArray<unknown>): unknown => {
  try {
    return plainOf(value, parents)
  } catch {
    return unreadable
  }
}

export const unreadable = "[unreadable]"

/** A property of what may be a throwing getter or a revoked proxy. */
export const read = (object: object, key: string): unknown => {
  try {
    return (object as { readonly [key: string]: unknown })[key]
  } catch {
    return unreadable
  }
}

/** The JSON of any value on one line, with nothing in it that a terminal acts on. */
export const json = (value: unknown, stringify: (value: any) => string | undefined = JSON.stringify): string => {
  let text: string | undefined
  try {
    text = stringify(value)
  } catch {
    text = undefined
  }
  return escape(text ?? JSON.stringify(plain(value, [])))
}

/**
 * A name, a key or an id: as it is, where it can be taken for nothing else, and quoted where it cannot. `spaced` is where
 * single spaces separate nothing.
 */
export const word = (value: unknown, spaced: boolean): string =>
  typeof value === "string" &&
  (spaced ? /^[^\s"\\=]+( [^\s"\\=]+)*$/u : /^[^\s"\\=]+$/u).test(value) &&
  escape(value) === value
    ? value
    : json(value)

/** Cuts to a number of characters (code points), of which the ellipsis and the number of those left out are a part. */
export const cut = (text: string, width: number): string => {
  if (text.length <= width) return text
  const characters = Array.from(text)
  if (characters.length <= width) return text
  let kept = Math.max(0, width - 4)
  // The number of characters left out is part of the width, and may itself have a digit more.
  while (kept > 0 && kept + note(characters.length - kept).length > width) kept--
  return characters.slice(0, kept).join("") + note(characters.length - kept)
}
const note = (left: number): string => `… +${left}`
