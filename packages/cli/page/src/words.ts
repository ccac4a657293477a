/** The words of names and of questions. */

/** The start of a word that its singular and plural share. */
const stem = (word: string): string => {
  if (word.length > 4 && word.endsWith("ies")) return `${word.slice(0, -3)}y`
  if (word.length > 4 && /(ss|sh|ch|x)es$/.test(word)) return word.slice(0, -2)
  return word.length > 3 && /[^sui]s$/.test(word) ? word.slice(0, -1) : word
}

/** The words of a text, in lower case and without accents: `orderLine_qtySum` and "order lines' qty sum" have the same. */
export const wordsOf = (text: string): ReadonlyArray<string> =>
  (
    text
      .normalize("NFKD")
      .replaceAll(/\p{M}/gu, "")
      .replaceAll(/(\p{L})['’]s\b/gu, "$1")
      .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2")
      .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
      .toLowerCase()
      .match(/\p{L}+|\p{N}+/gu) ?? []
  ).map(stem)

/** Whether one letter more, less, other, or two that are exchanged make one word the other. */
export const isNear = (a: string, b: string): boolean => {
  if (a.length < b.length) return isNear(b, a)
  if (a.length - b.length > 1) return false
  let at = 0
  while (at < b.length && a[at] === b[at]) at++
  if (a.length > b.length) return a.slice(at + 1) === b.slice(at)
  if (a.slice(at + 1) === b.slice(at + 1)) return true
  return a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2)
}
