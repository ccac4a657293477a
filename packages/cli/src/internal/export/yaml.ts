import { stringify } from "yaml"

/** Characters that YAML 1.1 takes as escapes only. */
const unprintable = /[\u007F-\u009F\u2028\u2029\uFEFF\uFFFE\uFFFF]/g

const escaped = (character: string): string => `\\u${character.codePointAt(0)!.toString(16).padStart(4, "0")}`

/**
 * A document of YAML that begins with a comment. All texts have quotes: YAML 1.1, which many readers still are, and YAML 1.2 disagree on which of them
 * could be read as something else without.
 */
export const textOf = (comment: string, value: unknown): string => {
  const text = stringify(value, {
    aliasDuplicateObjects: false,
    defaultStringType: "QUOTE_DOUBLE",
    defaultKeyType: "PLAIN",
    lineWidth: 0
  })
  return `# ${comment}\n${text}`.replaceAll(unprintable, escaped)
}
