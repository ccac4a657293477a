/** What the sinks get of an event, as a table of Markdown. */
import type * as Description from "@trackmap/core/Description"
import { idOf } from "../../lock/model.ts"
import { code, plain, table } from "../../markdown.ts"
import type { SinkView, SinkViews } from "./model.ts"

/** The personal keys of some nodes, with those of the records inside them. */
const personalIn = (nodes: ReadonlyArray<Description.Node>, before = ""): ReadonlyArray<string> =>
  nodes.flatMap(({ keys }) =>
    keys.flatMap(({ key, personal, type }) => {
      const name = before + key
      if (type._tag === "Record") return personalIn(type.nodes, `${name}.`)
      if (type._tag === "Array" && type.items._tag === "Record") return personalIn(type.items.nodes, `${name}[].`)
      return personal ? [name] : []
    })
  )

const listed = (names: ReadonlyArray<string>): string => names.map(code).join(", ")

const getsOf = ({ as, gets, reason = "" }: SinkView): string => {
  if (gets === "none") return `no: ${plain(reason)}`
  return `${gets === "some" ? "of a share of users" : "yes"}${as === undefined ? "" : `, as ${code(as)}`}`
}

const differing = ({ keys }: SinkView): string =>
  Array.from(
    Map.groupBy(keys, ([, how]) => how),
    ([how, own]) => `${how}: ${listed(own.map(([key]) => key))}`
  ).join("; ")

/** The rows of a page. None if nothing is known of the sinks. */
export const sinkTable = (event: Description.Event, sinks: SinkViews | undefined): ReadonlyArray<string> => {
  const views = sinks?.views.get(idOf({ kind: "event", name: event.name })) ?? []
  const personal = personalIn(event.nodes)
  const rows = views.map((view, at) => [
    plain(sinks!.names[at]!),
    getsOf(view),
    view.gets === "none" ? "" : listed(personal.filter((key) => !view.keys.has(key))),
    differing(view)
  ])
  return rows.length === 0
    ? []
    : ["## Sinks", "", ...table(["sink", "gets it", "plain personal data", "keys that differ"], rows)]
}
