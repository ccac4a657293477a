/** What the sinks get. */
import type { Column, Subject, View } from "../../src/internal/catalog/site/model.ts"
import { type Child, code, counted, h, link, name, section, table } from "./dom.ts"
import { badge, head, keyLink, subjectLink } from "./parts.ts"
import type { Key, Plan } from "./plan.ts"

const how: Readonly<Record<string, string>> = {
  "as it is": "plain",
  dropped: "removed",
  hashed: "hashed",
  masked: "masked",
  changed: "changed",
  "not sent": "not sent"
}

const treatment = (given: string, isPersonal: boolean): HTMLElement =>
  badge(given === "as it is" && isPersonal ? "personal" : given === "as it is" ? "plain" : "safe", how[given]!)

const gets = ({ as, gets, reason }: View): Child => {
  if (gets === "none") return [badge("off", "not sent"), h("span", { class: "manner" }, reason ?? "")]
  return [
    badge("good", gets === "some" ? "a share of users" : "sent"),
    as !== undefined && h("span", { class: "manner" }, "as ", code(as))
  ]
}

/** The keys of a subject that a sink does not send as they are, by what it does. */
const hidden = (plan: Plan, view: View): Child =>
  Object.entries(view.keys ?? {}).map(([what, columns]) =>
    h(
      "p",
      {},
      treatment(what, true),
      " ",
      ...columns.slice(0, 30).flatMap((at, n) => [n > 0 ? ", " : "", keyLink(plan, plan.site.columns[at]!)]),
      columns.length > 30 && ` and ${columns.length - 30} more`
    )
  )

/** The personal keys of a subject that a sink sends as they are. */
const plainPersonal = (plan: Plan, subject: Subject, view: View): ReadonlyArray<Column> =>
  view.gets === "none"
    ? []
    : plan
        .placesOf(subject)
        .map(({ column }) => column)
        .filter((column) => column.personal && plan.treatmentOf(view, column) === "as it is")

const rowOf = (plan: Plan, subject: Subject, view: View): ReadonlyArray<Child> => {
  const plain = plainPersonal(plan, subject, view)
  return [
    gets(view),
    plain.length === 0 ? undefined : plain.flatMap((column, n) => [n > 0 ? ", " : "", keyLink(plan, column)]),
    hidden(plan, view)
  ]
}

/** Which sinks get a subject. */
export const ofSubject = (plan: Plan, subject: Subject): Child => {
  const { sinks = [] } = plan.site
  const rows = sinks.flatMap((sink, at) => {
    const view = plan.viewOf(subject, at)
    return view === undefined ? [] : [[sinkLink(sink.name), ...rowOf(plan, subject, view)]]
  })
  return section("Sinks", table("Sinks", ["sink", "gets it", "plain personal data", "keys that differ"], rows))
}

const sinkLink = (sink: string): HTMLElement => link(`#/sink/${encodeURIComponent(sink.toWellFormed())}`, name(sink))

/** What sinks get of one key: by sink, in how many events it is what. */
export const ofKey = (plan: Plan, key: Key): Child => {
  const { sinks = [] } = plan.site
  const rows = sinks.map((sink, at): ReadonlyArray<Child> => {
    const counts = new Map<string, number>()
    for (const { column, subject } of key.places) {
      const view = plan.viewOf(subject, at)
      if (view === undefined) continue
      const given = plan.treatmentOf(view, column)
      counts.set(given, (counts.get(given) ?? 0) + 1)
    }
    const renamed =
      sink.renamed !== undefined && Object.hasOwn(sink.renamed, key.name) ? sink.renamed[key.name] : undefined
    return [
      sinkLink(sink.name),
      [...counts].map(([given, count]) =>
        h("p", {}, treatment(given, key.column.personal === true), ` in ${counted(count, "event")}`)
      ),
      renamed === undefined ? undefined : code(renamed)
    ]
  })
  return section("Sinks", table("Sinks", ["sink", "gets it", "named"], rows))
}

/** The page of a sink. */
export const sinkPage = (plan: Plan, at: number): ReadonlyArray<Child> => {
  const sink = plan.site.sinks![at]!
  const rows = plan.site.subjects.flatMap((subject) => {
    const view = plan.viewOf(subject, at)
    return view === undefined ? [] : [[subjectLink(plan, subject), ...rowOf(plan, subject, view)]]
  })
  return [
    head("Sink", sink.name),
    table("Events", ["event", "gets it", "plain personal data", "keys that differ"], rows)
  ]
}

/** The page of all sinks. */
export const sinksPage = (plan: Plan): ReadonlyArray<Child> => {
  const { sinks = [], subjects } = plan.site
  const rows = sinks.map((sink, at): ReadonlyArray<Child> => {
    const views = subjects.flatMap((subject) => {
      const view = plan.viewOf(subject, at)
      return view === undefined ? [] : [[subject, view] as const]
    })
    const sent = views.filter(([, view]) => view.gets !== "none")
    const plain = new Set(
      sent.flatMap(([subject, view]) => plainPersonal(plan, subject, view)).map((column) => column.key)
    )
    return [
      sinkLink(sink.name),
      `${sent.length} of ${counted(views.length, "event")}`,
      plain.size === 0 ? "none" : counted(plain.size, "key")
    ]
  })
  return [
    head("", "Which sinks get what"),
    h(
      "p",
      { class: "quiet" },
      "An example of each event was passed through the sinks, with their filters, redaction and renaming."
    ),
    table("Sinks", ["sink", "events that it gets", "plain personal data"], rows)
  ]
}
