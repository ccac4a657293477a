import type { Case } from "./model.ts"

/** Splits a name into words at underscores, spaces and dashes, and between a lower-case letter or a digit and a capital. */
const wordsOf = (name: string): ReadonlyArray<string> =>
  name
    .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2")
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .split(/[\s_-]+/)
    .filter((word) => word !== "")

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()

const write = (name: string, to: Case): string => {
  const words = wordsOf(name)
  switch (to) {
    case "snake_case":
      return words.map((word) => word.toLowerCase()).join("_")
    case "camelCase":
      return words.map((word, index) => (index === 0 ? word.toLowerCase() : capital(word))).join("")
    case "Title Case":
      return words.map(capital).join(" ")
  }
}

/** Converts names to a case. It caches 10,000 names: a plan has few, but other names can be any number. */
export const writer = (to: Case): ((name: string) => string) => {
  const known = new Map<string, string>()
  return (name) => {
    let written = known.get(name)
    if (written === undefined) {
      written = write(name, to) || name
      if (known.size < 10_000) known.set(name, written)
    }
    return written
  }
}
