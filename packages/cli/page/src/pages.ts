/** The pages. */
import type { Changed, Entity, Node, Subject } from "../../src/internal/catalog/site/model.ts"
import { type Child, code, counted, h, link, name, section, table } from "./dom.ts"
import { type Edge, graph, type GraphNode, mostDrawn } from "./graph.ts"
import {
  badge,
  deprecation,
  facts,
  head,
  keyLink,
  manner,
  noteOf,
  personal,
  presence,
  rowOf,
  since,
  subjectLink
} from "./parts.ts"
import type { Key, Place, Plan } from "./plan.ts"
import * as sinks from "./sinks.ts"

const described = ({ description }: { readonly description?: string }): Child =>
  description !== undefined && h("p", { class: "lead" }, name(description))

const commitText = (plan: Plan, at: number): Child => {
  const [hash, date] = plan.site.history!.commits[at]!
  return [h("time", { datetime: date }, date), " ", h("code", { class: "quiet" }, hash)]
}

const changeRow = (plan: Plan, [commit, breaks, key, what]: Changed, of: Child): ReadonlyArray<Child> => {
  const known = key === 0 ? undefined : plan.key(key)
  return [
    commitText(plan, commit),
    of,
    key === 0 ? undefined : known === undefined ? code(key) : link(plan.addressOfKey(known), code(key)),
    badge(breaks === "major" ? "bad" : "plain", breaks),
    name(what)
  ]
}

const changeHead = ["when", "event", "key", "class", "what changed"]

const history = (plan: Plan, subject: Subject): Child => {
  const { added, changes = [], older = 0 } = subject
  const start =
    added === undefined
      ? []
      : [[commitText(plan, added), undefined, undefined, badge("plain", "minor"), "it was added"]]
  return section(
    "History",
    table("History", changeHead, [...changes.map((change) => changeRow(plan, change, undefined)), ...start]),
    older > 0 && h("p", { class: "quiet" }, `and ${counted(older, "older change")}`)
  )
}

// -----------------------------------------------------------------------------
// the plan
// -----------------------------------------------------------------------------

const entitiesOf = (plan: Plan, subject: Subject): Child => {
  const names = [...new Set(plan.nodesOf(subject).flatMap(({ entity }) => entity ?? []))]
  const shown = names.slice(0, 6)
  return [
    shown.flatMap((one, at) => {
      const entity = plan.entity(one)
      return [at > 0 ? ", " : "", entity === undefined ? name(one) : link(plan.addressOfEntity(entity), name(one))]
    }),
    names.length > shown.length && ` and ${names.length - shown.length} more`
  ]
}

const byName = <A extends { readonly name: string }>(all: ReadonlyArray<A>): ReadonlyArray<A> =>
  all.toSorted((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))

export const homePage = (plan: Plan): ReadonlyArray<Child> => {
  const { entities, history, subjects } = plan.site
  const events = subjects.filter(({ kind }) => kind === "event")
  const others = subjects.filter(({ kind }) => kind !== "event")
  const row = (subject: Subject): ReadonlyArray<Child> => [
    subjectLink(plan, subject),
    noteOf(plan, subject),
    entitiesOf(plan, subject),
    String(plan.placesOf(subject).length),
    since(plan.sinceOf(subject)),
    subject.owner === undefined ? undefined : name(subject.owner)
  ]
  const columns = ["event", "what it is", "about", "keys", "since", "owner"]
  return [
    head("", plan.site.title),
    h(
      "p",
      { class: "quiet" },
      `${counted(events.length, "event")}, ${counted(entities.length, "entity", "entities")} and ${counted(plan.allKeys.length, "key")}.`,
      history !== undefined && ` The dates are of the commits of ${history.file}.`
    ),
    section("Events", table("Events", columns, byName(events).map(row))),
    section("Calls and context", table("Calls and context", ["call", ...columns.slice(1)], others.map(row))),
    section(
      "Entities",
      table(
        "Entities",
        ["entity", "what it is", "identified by", "events", "owner"],
        byName(entities).map((entity) => [
          link(plan.addressOfEntity(entity), name(entity.name)),
          noteOf(plan, entity),
          code(entity.key),
          String(plan.carriersOf(entity).length),
          entity.owner === undefined ? undefined : name(entity.owner)
        ])
      )
    )
  ]
}

// -----------------------------------------------------------------------------
// an event
// -----------------------------------------------------------------------------

const originGraph = (plan: Plan, subject: Subject): Child => {
  const nodes = plan.nodesOf(subject).filter(({ entity }) => entity !== undefined)
  const paths = new Map(nodes.map((node) => [node.path, node]))
  if (paths.size < 2 || paths.size > mostDrawn) return undefined
  const drawn: Array<GraphNode> = [{ id: "", title: subject.name, href: undefined }]
  const edges: Array<Edge> = []
  for (const [path, { entity = "", given, loader, many, parent, relation }] of paths) {
    const known = plan.entity(entity)
    const note = loader ?? (given ? "passed to the call" : many ? "rows" : "related row")
    drawn.push({ id: path, title: entity, note, href: known === undefined ? undefined : plan.addressOfEntity(known) })
    const from = parent !== undefined && paths.has(parent) ? parent : ""
    edges.push({ from, to: path, label: from === "" ? "" : (relation ?? "") })
  }
  return section("Where its values come from", graph(`The rows of ${subject.name}`, drawn, edges))
}

const nodeSection = (plan: Plan, subject: Subject, node: Node): Child => {
  const places = plan.placesOf(subject).filter((place) => place.node === node)
  const entity = node.entity === undefined ? undefined : plan.entity(node.entity)
  const title = node.entity ?? (subject.kind === "event" ? "Its own properties" : "Its keys")
  return h(
    "section",
    {},
    h("h2", {}, entity === undefined ? name(title) : link(plan.addressOfEntity(entity), name(title))),
    node.entity !== undefined && h("p", { class: "origin" }, code(node.path), ": ", manner(node)),
    table(
      `Keys of ${title}`,
      ["key", "type", "presence", "from", "since", "what it is"],
      places.map((place) => [
        [keyLink(plan, place.column), personal(place.column.personal)],
        code(place.column.type),
        presence(place.isOptional),
        place.column.kind === "property" ? undefined : code(plan.originOf(place)),
        since(plan.sinceOf(subject, place.column)),
        noteOf(plan, place.column)
      ])
    )
  )
}

const kinds = { event: "Event", call: "Call", context: "Context" } as const

export const subjectPage = (plan: Plan, subject: Subject): ReadonlyArray<Child> => {
  const added = plan.sinceOf(subject)
  return [
    head(kinds[subject.kind], subject.name),
    deprecation(plan, subject),
    described(subject),
    facts(
      subject,
      ["Since", since(added)],
      ["Version", subject.version],
      ["Needs consent for", subject.purposes?.flatMap((one, at) => [at > 0 ? ", " : "", code(one)])]
    ),
    originGraph(plan, subject),
    ...plan.nodesOf(subject).map((node) => nodeSection(plan, subject, node)),
    sinks.ofSubject(plan, subject),
    history(plan, subject)
  ]
}

// -----------------------------------------------------------------------------
// an entity
// -----------------------------------------------------------------------------

const relationGraph = (plan: Plan, entity: Entity): Child => {
  const reached = new Set([entity.name])
  const edges: Array<Edge> = []
  const add = ({ name, relations }: Entity): void => {
    for (const { entity: to, many, name: relation } of relations) {
      if (reached.size >= mostDrawn && !reached.has(to)) continue
      reached.add(to)
      edges.push({ from: name, to, label: many ? `${relation} *` : relation })
    }
  }
  add(entity)
  const direct = [...reached]
  for (const other of direct) if (other !== entity.name) add(plan.entity(other) ?? { ...entity, relations: [] })
  for (const other of plan.site.entities) {
    if (reached.has(other.name) && other.name !== entity.name) continue
    for (const { entity: to, many, name: relation } of other.relations) {
      if (to !== entity.name || other.name === entity.name || reached.size >= mostDrawn) continue
      reached.add(other.name)
      edges.push({ from: other.name, to, label: many ? `${relation} *` : relation })
    }
  }
  if (edges.length === 0) return undefined
  const nodes = [...reached].map((title): GraphNode => {
    const known = title === entity.name ? undefined : plan.entity(title)
    return { id: title, title, href: known === undefined ? undefined : plan.addressOfEntity(known) }
  })
  return section("Relations", graph(`The relations of ${entity.name}`, nodes, edges))
}

/** The flat keys of an attribute of an entity. */
const keysOf = (plan: Plan, entity: Entity): ReadonlyMap<string, ReadonlyArray<Key>> =>
  Map.groupBy(
    plan.allKeys.filter(({ column }) => column.entity === entity.name && column.kind !== "aggregate"),
    ({ column }) => column.attribute
  )

export const entityPage = (plan: Plan, entity: Entity): ReadonlyArray<Child> => {
  const keys = keysOf(plan, entity)
  return [
    head("Entity", entity.name),
    deprecation(plan, entity),
    described(entity),
    facts(
      entity,
      ["Since", entity.since === undefined ? undefined : name(entity.since)],
      ["Identified by", code(entity.key)]
    ),
    relationGraph(plan, entity),
    section(
      "Attributes",
      table(
        "Attributes",
        ["attribute", "type", "keys", "what it is"],
        entity.attributes.map((one) => [
          [code(one.name), personal(one.personal), one.computed && [" ", badge("plain", "computed")]],
          code(one.type),
          keys.get(one.name)?.flatMap((key, at) => [at > 0 ? ", " : "", keyLink(plan, key.column)]),
          noteOf(plan, one)
        ])
      )
    ),
    table(
      "Relations",
      ["relation", "to", "what it is"],
      entity.relations.map((one) => {
        const to = plan.entity(one.entity)
        return [
          code(one.name),
          [
            one.many ? "many " : "one ",
            to === undefined ? name(one.entity) : link(plan.addressOfEntity(to), name(one.entity))
          ],
          noteOf(plan, one)
        ]
      })
    ),
    section(
      "Events",
      table(
        "Events",
        ["event", "row", "since"],
        plan
          .carriersOf(entity)
          .flatMap(([subject, nodes]) =>
            nodes.map((node) => [
              subjectLink(plan, subject),
              [code(node.path), h("span", { class: "manner" }, manner(node))],
              since(plan.sinceOf(subject))
            ])
          )
      )
    )
  ]
}

// -----------------------------------------------------------------------------
// a key
// -----------------------------------------------------------------------------

const earliest = (plan: Plan, places: ReadonlyArray<Place>): Child => {
  const all = places.flatMap(({ column, subject }) => plan.sinceOf(subject, column) ?? [])
  const [first] = all.toSorted((a, b) => (a.text < b.text ? -1 : 1))
  return since(first)
}

const keyHistory = (plan: Plan, { name: key, places }: Key): Child => {
  const rows = places.flatMap(({ subject }) =>
    (subject.changes ?? []).flatMap((change) => (change[2] === key ? [[subject, change] as const] : []))
  )
  const latest = rows.toSorted(([, a], [, b]) => b[0] - a[0]).slice(0, 200)
  return section(
    "History",
    table(
      "History",
      changeHead,
      latest.map(([subject, [commit, breaks, , what]]) =>
        changeRow(plan, [commit, breaks, 0, what], subjectLink(plan, subject))
      )
    )
  )
}

export const keyPage = (plan: Plan, key: Key): ReadonlyArray<Child> => {
  const { column, places } = key
  const entity = column.entity === undefined ? undefined : plan.entity(column.entity)
  const types = [...new Set(places.map((place) => place.column.type))]
  return [
    head("Key", key.name, column.personal && badge("personal", "personal")),
    deprecation(plan, column),
    described(column),
    facts(
      column,
      [
        column.kind === "aggregate" ? "Aggregate of" : "Attribute of",
        entity === undefined
          ? undefined
          : [link(plan.addressOfEntity(entity), name(entity.name)), ": ", code(column.attribute)]
      ],
      ["Reads", column.reads?.flatMap((one, at) => [at > 0 ? ", " : "", code(one)])],
      ["Type", types.flatMap((type, at) => [at > 0 ? " or " : "", code(type)])],
      ["Since", earliest(plan, places)],
      ["Examples", column.examples?.flatMap((one, at) => [at > 0 ? ", " : "", code(one)])]
    ),
    section(
      `In ${counted(places.length, "event")}`,
      table(
        "Events",
        ["event", "since", "presence", "from"],
        places.map((place) => [
          subjectLink(plan, place.subject),
          since(plan.sinceOf(place.subject, place.column)),
          presence(place.isOptional),
          rowOf(plan, place)
        ])
      )
    ),
    sinks.ofKey(plan, key),
    keyHistory(plan, key)
  ]
}

// -----------------------------------------------------------------------------
// what is deprecated, and what is gone
// -----------------------------------------------------------------------------

export const deprecatedPage = (plan: Plan): ReadonlyArray<Child> => {
  const { entities, history, subjects } = plan.site
  const events = subjects.filter(({ deprecated }) => deprecated !== undefined)
  const keys = plan.allKeys.filter(({ column }) => column.deprecated !== undefined)
  const old = entities.filter(({ deprecated }) => deprecated !== undefined)
  const gone = history?.gone ?? []
  const skipped = history?.skipped ?? []
  const isNothing = events.length + keys.length + old.length + gone.length === 0
  return [
    head("", "Deprecated and removed"),
    isNothing && h("p", {}, "Nothing is deprecated."),
    section(
      "Events",
      table(
        "Deprecated events",
        ["event", "why"],
        events.map((one) => [subjectLink(plan, one), deprecation(plan, one)])
      )
    ),
    section(
      "Keys",
      table(
        "Deprecated keys",
        ["key", "why", "events"],
        keys.map((key) => [keyLink(plan, key.column), deprecation(plan, key.column), String(key.places.length)])
      )
    ),
    section(
      "Entities",
      table(
        "Deprecated entities",
        ["entity", "why"],
        old.map((one) => [link(plan.addressOfEntity(one), name(one.name)), deprecation(plan, one)])
      )
    ),
    section(
      "Removed",
      table(
        "Removed events",
        ["event", "when"],
        gone.map(([kind, one, commit]) => [name(kind === "event" ? one : `${one} (${kind})`), commitText(plan, commit)])
      )
    ),
    section(
      "Commits that could not be read",
      table(
        "Skipped commits",
        ["when", "why"],
        skipped.map(([hash, date, reason]) => [[h("time", {}, date), " ", code(hash)], reason])
      )
    )
  ]
}
