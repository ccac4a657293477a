/** The words of names, and the letter cases that names can have. */

/** The words of a name in lower case: of `orderLineUpdated`, `order_line_updated` and "Order Line Updated" the same. */
export const wordsOf = (name: string): ReadonlyArray<string> =>
  name
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2")
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "")
    .map((word) => word.toLowerCase())

/** Cases by name. A name of one word can be of several. */
const cases = {
  camelCase: /^\p{Ll}[\p{L}\p{N}]*$/u,
  snake_case: /^[\p{Ll}\p{N}]+(_[\p{Ll}\p{N}]+)*$/u,
  PascalCase: /^\p{Lu}[\p{L}\p{N}]*$/u,
  "Title Case": /^\p{Lu}[\p{L}\p{N}]*( [\p{Lu}\p{N}][\p{L}\p{N}]*)*$/u,
  "Sentence case": /^\p{Lu}[\p{L}\p{N}]*( [\p{Ll}\p{N}][\p{L}\p{N}]*)*$/u,
  "kebab-case": /^[\p{Ll}\p{N}]+(-[\p{Ll}\p{N}]+)*$/u
} as const

/** The case that most of some names have, and the names that do not have it. */
export const caseOf = (
  names: ReadonlyArray<string>
): { readonly name: string; readonly isOther: (name: string) => boolean } => {
  const counted = Object.entries(cases).map(([name, pattern]) => {
    return { name, pattern, count: names.filter((one) => pattern.test(one)).length }
  })
  const { name, pattern } = counted.reduce((most, one) => (one.count > most.count ? one : most))
  return { name, isOther: (one) => !pattern.test(one) }
}

/** Past tenses that do not end with "ed". */
const irregular = new Set(
  `began bought broke brought built caught chose come cut done drawn drove fell felt forgot found gave given gone got grew hidden held hit kept
  knew known laid left lent let lost made met paid put quit ran read ridden rung said sat saw seen sent set shown shut sold spent split spoke
  stood stolen struck sung taken taught told took understood undone was went withdrawn won written wrote`.split(/\s+/)
)

/** Words that end with "ed", and are no past tense. */
const others = new Set(["breed", "embed", "feed", "hundred", "need", "seed", "shed", "speed"])

const isPastTense = (word: string): boolean =>
  irregular.has(word) || (word.length > 3 && word.endsWith("ed") && !others.has(word))

/** Whether a name says that something has happened. */
export const isPast = (name: string): boolean => wordsOf(name).some(isPastTense)
