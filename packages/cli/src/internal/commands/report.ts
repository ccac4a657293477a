/** Changes as text for people, and as Markdown for a pull request. */
import type { Change, Class } from "../diff/model.ts"
import { plain, table, visible } from "../markdown.ts"

/** A number of things. */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`

const titles: Readonly<Record<Class, string>> = { major: "Major", minor: "Minor", patch: "Patch" }

const placeOf = ({ key, kind, name }: Change): string => {
  const subject = kind === "event" ? name : kind === "context" ? "context" : `${kind} ${name}`
  return key === undefined ? subject : `${subject} · ${key}`
}

const noteOf = ({ aspect, warning }: Change): string =>
  warning
    ? "new values: readers that list what they know miss them"
    : {
        text: "",
        readers: "",
        history: "an old event can be invalid",
        privacy: "privacy",
        meaning: "meaning",
        delivery: "delivery"
      }[aspect]

const classes = ["major", "minor", "patch"] as const

/** How many changes of each class there are. */
export const summary = (changes: ReadonlyArray<Change>): string =>
  changes.length === 0
    ? "no changes"
    : classes
        .flatMap((name) => {
          const count = changes.filter((change) => change.class === name).length
          return count === 0 ? [] : [`${count} ${name}`]
        })
        .join(", ")
        .concat(changes.length === 1 ? " change" : " changes")

const lineOf = (change: Change): string => {
  const note = noteOf(change)
  return `  ${visible(placeOf(change))}: ${visible(change.what)}${note === "" ? "" : ` [${note}]`}`
}

const sectionOf = (name: Class, own: ReadonlyArray<Change>): ReadonlyArray<string> =>
  own.length === 0 ? [] : [`${titles[name]}: ${counted(own.length, "change")}`].concat(own.map(lineOf), "")

/** For a terminal. */
export const text = (changes: ReadonlyArray<Change>): string =>
  classes
    .flatMap((name) =>
      sectionOf(
        name,
        changes.filter((change) => change.class === name)
      )
    )
    .concat(summary(changes))
    .join("\n")

const rowOf = (change: Change): ReadonlyArray<string> =>
  [change.class, placeOf(change), change.what, noteOf(change)].map(plain)

/** For a pull request. */
export const markdown = (changes: ReadonlyArray<Change>): string => {
  const said = summary(changes)
  const rows = table(["class", "where", "what", "note"], changes.map(rowOf))
  return ["## Tracking plan", "", `${said[0]!.toUpperCase()}${said.slice(1)}.`, "", ...rows].join("\n").trimEnd()
}
