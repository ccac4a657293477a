/**
 * Characters that a terminal or a line reader would act on instead of printing: C0, DEL and C1 (U+009B alone starts a sequence), line and
 * paragraph separators, and characters that change the direction of writing. Lone surrogates are not valid text.
 */
const unsafe =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]|\p{Surrogate}/gu

const hex = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Escapes as JSON does. In JSON, these characters occur only in strings, so the result is the same JSON. */
export const escape = (text: string): string => text.replace(unsafe, hex)

/** The maximum depth of values that are not JSON. */
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

/** Any value, as JSON. It calls no `toJSON` methods, because those may be what failed. */
const plain = (value: unknown, parents: ReadonlyArray<unknown>): unknown => {
  try {
    return plainOf(value, parents)
  } catch {
    return unreadable
  }
}

export const unreadable = "[unreadable]"

/** Reads a property, which may be a throwing getter or belong to a revoked proxy. */
export const read = (object: object, key: string): unknown => {
  try {
    return (object as { readonly [key: string]: unknown })[key]
  } catch {
    return unreadable
  }
}

/** The JSON of any value on one line, without characters that a terminal acts on. */
export const json = (value: unknown, stringify: (value: any) => string | undefined = JSON.stringify): string => {
  let text: string | undefined
  try {
    text = stringify(value)
  } catch {
    text = undefined
  }
  return escape(text ?? JSON.stringify(plain(value, [])))
}

/** Prints a name, a key or an id: unchanged if it is unambiguous, quoted otherwise. With `spaced`, single spaces are not separators. */
export const word = (value: unknown, spaced: boolean): string =>
  typeof value === "string" &&
  (spaced ? /^[^\s"\\=]+( [^\s"\\=]+)*$/u : /^[^\s"\\=]+$/u).test(value) &&
  escape(value) === value
    ? value
    : json(value)

/** Cuts a text to a number of characters (code points), including the ellipsis and the count of omitted characters. */
export const cut = (text: string, width: number): string => {
  if (text.length <= width) return text
  const characters = Array.from(text)
  if (characters.length <= width) return text
  let kept = Math.max(0, width - 4)
  // The count of omitted characters is part of the width, and may need one more digit.
  while (kept > 0 && kept + note(characters.length - kept).length > width) kept--
  return characters.slice(0, kept).join("") + note(characters.length - kept)
}
const note = (left: number): string => `… +${left}`
