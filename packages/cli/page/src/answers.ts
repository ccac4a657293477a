/** The answers of the search. */
import { type Child, code, counted, h, link, name } from "./dom.ts"
import type { Findable, Target } from "./entries.ts"
import { badge, manner, sinceText, subjectLink } from "./parts.ts"
import type { Key, Place, Plan } from "./plan.ts"

/** More events of a key are on its page. */
const mostEvents = 8

const origin = (plan: Plan, place: Place): Child =>
  place.column.kind === "property" ? "passed to the call" : [code(plan.originOf(place)), ", ", manner(place.node)]

/** The events of some places, each with its start, unless all have the same. */
const eventsOf = (plan: Plan, places: ReadonlyArray<Place>): Child => {
  const starts = places.map(({ column, subject }) => {
    const known = plan.sinceOf(subject, column)
    return known === undefined ? "" : ` since ${sinceText(known)}`
  })
  const isOne = starts.length > 1 && new Set(starts).size === 1 && starts[0] !== ""
  return [
    places
      .slice(0, mostEvents)
      .map(({ subject }, at) => [
        at > 0 && ", ",
        subjectLink(plan, subject),
        !isOne && h("span", { class: "quiet" }, starts[at]!)
      ]),
    places.length > mostEvents && ` and ${counted(places.length - mostEvents, "more event", "more events")}`,
    isOne && h("span", { class: "quiet" }, `, all${starts[0]}`)
  ]
}

/** Where a key comes from, with the events and since when: one line for each way. */
const waysOf = (plan: Plan, { places }: Key): Child => {
  const ways = [...Map.groupBy(places, (place) => `${plan.originOf(place)} ${place.node.loader ?? ""}`).values()]
  return [
    h(
      "ul",
      { class: "ways" },
      ...ways
        .slice(0, 4)
        .map((own) =>
          h(
            "li",
            {},
            h("span", { class: "way" }, "from ", origin(plan, own[0]!)),
            h("span", { class: "events" }, "in ", eventsOf(plan, own))
          )
        )
    ),
    ways.length > 4 && h("p", { class: "quiet" }, `and from ${counted(ways.length - 4, "other row")}`)
  ]
}

interface Shown {
  readonly kind: string
  readonly title: HTMLElement
  readonly badges: Child
  readonly text: string | undefined
  readonly more: Child
}

const shownOf = (plan: Plan, target: Target): Shown => {
  switch (target.what) {
    case "key": {
      const { column, places } = target.key
      const deprecated = column.deprecated !== undefined && badge("warn", "deprecated")
      return {
        kind: "key",
        title: link(plan.addressOfKey(target.key), code(target.key.name)),
        badges: [
          column.personal && badge("personal", "personal"),
          deprecated,
          h("span", { class: "quiet" }, `in ${counted(places.length, "event")}`)
        ],
        text: column.description,
        more: waysOf(plan, target.key)
      }
    }
    case "subject": {
      const { subject } = target
      const known = plan.sinceOf(subject)
      return {
        kind: subject.kind,
        title: subjectLink(plan, subject),
        badges: [
          subject.deprecated !== undefined && badge("warn", "deprecated"),
          h("span", { class: "quiet" }, counted(plan.placesOf(subject).length, "key")),
          known !== undefined && h("span", { class: "quiet" }, `since ${sinceText(known)}`)
        ],
        text: subject.description,
        more: undefined
      }
    }
    case "entity": {
      const { entity } = target
      return {
        kind: "entity",
        title: link(plan.addressOfEntity(entity), name(entity.name)),
        badges: [
          entity.deprecated !== undefined && badge("warn", "deprecated"),
          h("span", { class: "quiet" }, counted(entity.attributes.length, "attribute"))
        ],
        text: entity.description,
        more: undefined
      }
    }
    case "gone": {
      const { commit, of } = target
      const [hash, date] = plan.site.history!.commits[commit]!
      return {
        kind: "removed",
        title: of === undefined ? name(target.name) : link(plan.addressOf(of), code(target.name)),
        badges: [
          of !== undefined && h("span", { class: "quiet" }, "from ", name(of.name)),
          h("span", { class: "quiet" }, `on ${date} in ${hash}`)
        ],
        text: undefined,
        more: undefined
      }
    }
  }
}

const answer = (plan: Plan, { target }: Findable): HTMLElement => {
  const { badges, kind, more, text, title } = shownOf(plan, target)
  title.classList.add("answer")
  return h(
    "li",
    {},
    h("div", { class: "answer-head" }, h("span", { class: "kind" }, kind), title, badges),
    text !== undefined && h("p", {}, name(text)),
    more
  )
}

export const answersPage = (
  plan: Plan,
  question: string,
  found: ReadonlyArray<Findable>,
  isMore: boolean
): ReadonlyArray<Child> => [
  h("h1", { tabindex: "-1", class: "question" }, "Search: ", name(question)),
  found.length === 0
    ? h("p", {}, "Nothing in the plan has these words.")
    : h("ol", { class: "answers" }, ...found.map((one) => answer(plan, one))),
  isMore && h("p", { class: "quiet" }, "There are more: add a word.")
]
