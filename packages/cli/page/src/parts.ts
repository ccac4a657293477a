/** Parts that several pages have. */
import type { Column, Node, Notes, Subject } from "../../src/internal/catalog/site/model.ts"
import { type Child, code, h, link, name } from "./dom.ts"
import type { Plan, Place, Since } from "./plan.ts"

export const badge = (kind: string, text: string): HTMLElement => h("span", { class: `badge ${kind}` }, text)

const searchFor = (text: string): string => `#/search/${encodeURIComponent(text.toWellFormed())}`

/** The name of what replaces something, as a link if the plan has it. */
const replacement = (plan: Plan, given: string): HTMLElement => {
  const [event, key, entity] = [plan.event(given), plan.key(given), plan.entity(given)]
  if (event !== undefined) return link(plan.addressOf(event), name(given))
  if (key !== undefined) return link(plan.addressOfKey(key), code(given))
  return entity === undefined ? code(given) : link(plan.addressOfEntity(entity), name(given))
}

export const deprecation = (plan: Plan, { deprecated }: Notes): HTMLElement | undefined => {
  if (deprecated === undefined) return undefined
  const { reason, replacedBy } = deprecated
  return h(
    "p",
    { class: "deprecation" },
    badge("warn", "Deprecated"),
    replacedBy !== undefined && [" Use ", replacement(plan, replacedBy), " instead."],
    reason !== undefined && [" ", name(reason)]
  )
}

export const examples = ({ examples }: Notes): Child =>
  examples === undefined
    ? undefined
    : h(
        "span",
        { class: "examples" },
        "For example ",
        ...examples.flatMap((one, at) => [at === 0 ? "" : ", ", code(one)])
      )

export const sinceText = ({ isLatest, text }: Since): string => (isLatest ? `${text} or before` : text)

export const since = (given: Since | undefined): Child =>
  given === undefined
    ? undefined
    : h(
        "span",
        { class: "since", title: given.commit === undefined ? undefined : `commit ${given.commit}` },
        name(sinceText(given))
      )

/** The facts of a part, as a list of terms. */
export const facts = (notes: Notes, ...others: ReadonlyArray<readonly [string, Child]>): HTMLElement | undefined => {
  const { owner, tags } = notes
  const all: ReadonlyArray<readonly [string, Child]> = [
    ...others,
    ["Owner", owner === undefined ? undefined : link(searchFor(owner), name(owner))],
    ["Tags", tags?.map((tag, at) => [at > 0 && ", ", link(searchFor(tag), name(tag))])]
  ]
  const known = all.filter(([, value]) => value !== undefined && value !== "")
  return known.length === 0
    ? undefined
    : h("dl", { class: "facts" }, ...known.map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value))))
}

/** What a key is, in a cell: badges, its description and its examples. */
export const noteOf = (plan: Plan, notes: Notes): Child => [
  deprecation(plan, notes),
  notes.description !== undefined && h("p", {}, name(notes.description)),
  notes.examples !== undefined && h("p", { class: "quiet" }, examples(notes))
]

export const personal = (is: true | undefined): Child => is && [" ", badge("personal", "personal")]

export const presence = (isOptional: boolean): string => (isOptional ? "optional" : "always")

/** How the row of a node is found. */
export const manner = ({ given, loader, many, parent, relation }: Node): Child => {
  if (loader !== undefined) return [many ? "rows" : "row", " looked up by the loader ", code(loader)]
  if (given) return "row passed to the call"
  return relation === undefined || parent === undefined
    ? "row in the list"
    : [many ? "rows" : "row", " that ", code(parent), " has"]
}

/** The table's row from which a key comes. */
export const rowOf = (plan: Plan, place: Place): Child => {
  const { column, node } = place
  if (column.kind === "property") return plan.originOf(place)
  return [code(plan.originOf(place)), h("span", { class: "manner" }, manner(node))]
}

export const subjectLink = (plan: Plan, subject: Subject): HTMLElement =>
  link(plan.addressOf(subject), subject.kind === "event" ? name(subject.name) : `${subject.name} (${subject.kind})`)

export const keyLink = (plan: Plan, column: Column, text = column.key): HTMLElement =>
  link(plan.addressOfKey(plan.key(column.key)!), code(text))

/** The head of a page, which gets the focus when the page is opened. */
export const head = (kind: string, title: string, ...badges: ReadonlyArray<Child>): HTMLElement =>
  h("header", { class: "head" }, h("p", { class: "kind" }, kind), h("h1", { tabindex: "-1" }, name(title)), ...badges)
