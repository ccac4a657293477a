/** What a plan is checked for. */
import type { Finding, Part, Parts, Rule, Said } from "./model.ts"
import { caseOf, isPast, wordsOf } from "./words.ts"

const nameOf = ({ attribute, name }: Part): string => attribute ?? name

const each = (
  parts: ReadonlyArray<Part>,
  wrong: (part: Part) => Said | undefined
): ReadonlyArray<readonly [Part, Said]> =>
  parts.flatMap((part) => {
    const said = wrong(part)
    return said === undefined ? [] : [[part, said] as const]
  })

const inOneCase = (parts: ReadonlyArray<Part>, what: string): ReadonlyArray<readonly [Part, Said]> => {
  if (parts.length < 3) return []
  const { isOther, name } = caseOf(parts.map(nameOf))
  return each(parts, (part) =>
    isOther(nameOf(part))
      ? {
          what: `${what} ${JSON.stringify(nameOf(part))} is not in ${name}, as most are`,
          remedy: `write it in ${name}`
        }
      : undefined
  )
}

/** Names that are one for a person who types them: other case, other order, plurals. */
const alike = (name: string): string =>
  wordsOf(name)
    .map((word) => word.replace(/(?<=..)s$/, ""))
    .toSorted()
    .join(" ")

const nearDuplicates = ({ events }: Parts): ReadonlyArray<readonly [Part, Said]> => {
  const groups = Map.groupBy(events, ({ name }) => alike(name))
  return [...groups.values()].flatMap(([first, ...others]) =>
    others.map((other) => {
      const what = `${JSON.stringify(other.name)} is almost ${JSON.stringify(first!.name)}`
      return [other, { what, remedy: "make them one event, or give one another name" }] as const
    })
  )
}

const values = /\d{3,}|[0-9a-f]{8}-[0-9a-f]{4}|@\w+\.|https?:/i

const valueInName = ({ attributes, events }: Parts): ReadonlyArray<readonly [Part, Said]> =>
  each([...events, ...attributes], (part) =>
    values.test(nameOf(part))
      ? {
          what: `the name ${JSON.stringify(nameOf(part))} has a value in it`,
          remedy: "make the value a property, so that it can be counted"
        }
      : undefined
  )

/** Words of names of personal data. Each of a line must be there, next to each other. */
const personal: ReadonlyArray<ReadonlyArray<string>> = `
  email / e mail / phone / mobile / telephone / first name / last name / full name / surname / nickname / birthday / birth date / date of birth / dob
  / gender / ssn / social security / passport / iban / card number / credit card / ip / ip address / street / postal address / home address
  / address line / latitude / longitude / password / user agent
`
  .trim()
  .split(/\s*\/\s*/)
  .map((line) => line.split(" "))

const isWithin = (words: ReadonlyArray<string>, whole: ReadonlyArray<string>): boolean =>
  whole.some((_, at) => words.every((word, index) => whole[at + index] === word))

const personalUnmarked = ({ attributes }: Parts): ReadonlyArray<readonly [Part, Said]> =>
  each(attributes, (part) => {
    // A yes or no is about the data, and not the data itself.
    if (part.personal === true || part.type?._tag === "Boolean") return undefined
    const isEmail = part.type?._tag === "String" && part.type.format === "email"
    const words = personal.find((one) => isWithin(one, wordsOf(nameOf(part))))
    if (!isEmail && words === undefined) return undefined
    const what = `${JSON.stringify(nameOf(part))} seems to be personal data (${isEmail ? "an email address" : words!.join(" ")}), and is not marked`
    return { what, remedy: "mark it with Pii.personal" }
  })

const replacement = ({ attributes, entities, events }: Parts): ReadonlyArray<readonly [Part, Said]> => {
  const known = new Set([...events, ...entities, ...attributes].map(nameOf))
  const keys = new Set(attributes.map(({ attribute, name }) => `${name}_${attribute}`))
  return each([...events, ...entities, ...attributes], ({ annotations: { deprecated } }) => {
    const name = deprecated?.replacedBy
    if (name === undefined || known.has(name) || keys.has(name)) return undefined
    return {
      what: `the plan does not have ${JSON.stringify(name)}, which replaces it`,
      remedy: "correct deprecated.replacedBy"
    }
  })
}

/** The rules, by their names. */
export const rules: ReadonlyArray<Rule> = [
  { name: "event-case", run: ({ events }) => inOneCase(events, "the event") },
  { name: "key-case", run: ({ attributes }) => inOneCase(attributes, "the attribute") },
  {
    name: "tense",
    run: ({ events }) =>
      each(events, ({ name }) =>
        isPast(name)
          ? undefined
          : {
              what: `${JSON.stringify(name)} does not say that something has happened`,
              remedy: `name the thing and what happened to it, such as "orderPlaced"`
            }
      )
  },
  { name: "near-duplicate", run: nearDuplicates },
  { name: "value-in-name", run: valueInName },
  { name: "personal-unmarked", run: personalUnmarked },
  { name: "replacement", run: replacement }
]

/** Exceptions from rules that there are not. */
const unknownExceptions = (
  { attributes, entities, events }: Parts,
  known: ReadonlySet<string>
): ReadonlyArray<readonly [Part, Said]> =>
  [...events, ...entities, ...attributes].flatMap((part) =>
    Object.keys(part.annotations.allow ?? {})
      .filter((rule) => !known.has(rule))
      .map((rule) => {
        const what = `it is exempt from the rule ${JSON.stringify(rule)}, which does not exist`
        return [part, { what, remedy: `use one of ${[...known].join(", ")}` }] as const
      })
  )

/** What breaks the rules, except for what says why it may. `others` are the names of rules that run elsewhere. */
export const run = (parts: Parts, others: ReadonlyArray<string> = []): ReadonlyArray<Finding> => {
  const known = new Set([...rules.map(({ name }) => name), ...others])
  return [...rules, { name: "allow", run: (parts: Parts) => unknownExceptions(parts, known) }].flatMap(
    ({ name: rule, run }) =>
      run(parts)
        .filter(([{ annotations }]) => !Object.hasOwn(annotations.allow ?? {}, rule))
        .map(([{ attribute, name }, { remedy, what }]) =>
          attribute === undefined ? { rule, name, what, remedy } : { rule, name, attribute, what, remedy }
        )
  )
}
