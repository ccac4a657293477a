/** The changes of what people need to know. */
import * as Description from "@trackmap/core/Description"
import type { Change } from "./model.ts"

type Said = Omit<Change, "kind" | "name" | "key">
type Name = keyof Description.Annotations

const both = { warning: false, readers: true, history: true } as const

const deprecated = ({ deprecated: given }: Description.Annotations): string => {
  const { reason, replacedBy } = given!
  const instead = replacedBy === undefined ? "" : `: use ${replacedBy}`
  return `it is deprecated${instead}${reason === undefined ? "" : ` (${reason})`}`
}

const titles = {
  description: "description was",
  owner: "owner was",
  tags: "tags were",
  since: "date or release of its start was",
  allow: "exemptions from rules were",
  examples: "examples were"
} as const

const said = (name: Name, before: Description.Annotations, after: Description.Annotations): Said => {
  if (name === "deprecated" && after.deprecated !== undefined) {
    return { class: "minor", aspect: "text", what: deprecated(after), ...both }
  }
  const did = before[name] === undefined ? "added" : after[name] === undefined ? "removed" : "changed"
  const what = name === "deprecated" ? "it is no longer deprecated" : `the ${titles[name]} ${did}`
  return { class: "patch", aspect: "text", what, ...both }
}

/** The changes of annotations. */
export const ofAnnotations = (before: Description.Annotations, after: Description.Annotations): ReadonlyArray<Said> =>
  (Object.keys(Description.Annotations.fields) as ReadonlyArray<Name>)
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => said(name, before, after))
