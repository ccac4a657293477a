/** A plan, its history and its sinks as the data of the site's page. */
import type * as Description from "@trackmap/core/Description"
import { shown } from "../../diff/shown.ts"
import { idOf, type Lock } from "../../lock/model.ts"
import type { SubjectHistory, LockHistory } from "../history/model.ts"
import type { SinkView, SinkViews } from "../sinks/model.ts"
import { Interned } from "./interned.ts"
import type { Changed, Column, Entity, Kind, Node, Notes, Sink, Site, Subject, Treatment, View } from "./model.ts"

/** What is known of a plan beside its description. */
export interface Known {
  readonly title?: string | undefined
  readonly lock?: Lock | undefined
  readonly history?: LockHistory | undefined
  readonly sinks?: SinkViews | undefined
}

const notesOf = (part: Description.Annotations): Notes => {
  const { deprecated, description, examples, owner, since, tags } = part
  return {
    ...(description !== undefined && { description }),
    ...(owner !== undefined && { owner }),
    ...(tags !== undefined && tags.length > 0 && { tags }),
    ...(since !== undefined && { since }),
    ...(deprecated !== undefined && { deprecated }),
    ...(examples !== undefined && { examples: examples.map((one) => JSON.stringify(one)) })
  }
}

/** More changes of one event than this are history for Git. */
const mostChanges = 100

class Data {
  readonly columns = new Interned<Column>()
  readonly nodes = new Interned<Node>()
  readonly views = new Interned<View>()
  /** The names of keys in each sink. */
  readonly renamed = new Map<string, Map<string, string>>()
  readonly #known: Known

  constructor(known: Known) {
    this.#known = known
  }

  #columnOf(key: Description.Key, name: string, entity: string | undefined): number {
    const { attribute, kind, personal, reads, type } = key
    return this.columns.placeOf({
      key: name,
      ...(entity !== undefined && kind !== "property" && { entity }),
      attribute,
      kind,
      type: shown(type),
      ...(personal && { personal }),
      ...(reads !== undefined && reads.length > 0 && { reads }),
      ...notesOf(key)
    })
  }

  /** Adds a node, and those of the records inside it, to a list of places. */
  #addNode(to: Array<number>, node: Description.Node, before: string, columns: Map<string, number>): void {
    const { entity, keys, many, parent, path, prefix, relation, resolver } = { many: node.to === "many", ...node }
    const isOwn = prefix === undefined
    if (keys.length === 0 && isOwn) return
    const inside: Array<readonly [Description.Node, string]> = []
    const places = keys.map((key) => {
      const name = before + key.key
      const place = this.#columnOf(key, name, isOwn ? undefined : entity)
      columns.set(name, place)
      const { items, mark } = recordsIn(key.type)
      for (const one of items) inside.push([one, name + mark])
      return place * 2 + (key.optional ? 1 : 0)
    })
    to.push(
      this.nodes.placeOf({
        path,
        ...(!isOwn && { entity }),
        ...(parent !== undefined && { parent }),
        ...(relation !== undefined && { relation }),
        ...(resolver._tag === "Loader" && { loader: resolver.loader }),
        ...(many && { many }),
        ...(resolver._tag === "Row" && { given: true }),
        keys: places
      })
    )
    for (const [one, name] of inside) this.#addNode(to, one, name, columns)
  }

  subject(kind: Kind, name: string, nodes: ReadonlyArray<Description.Node>, rest: Partial<Subject>): Subject {
    const columns = new Map<string, number>()
    const places: Array<number> = []
    for (const node of nodes) this.#addNode(places, node, "", columns)
    const id = idOf({ kind, name })
    const version = this.#known.lock?.subjects.get(id)?.header.version
    return {
      kind,
      name,
      nodes: places,
      ...rest,
      ...(version !== undefined && { version }),
      ...historyOf(this.#known.history?.subjects.get(id)),
      ...this.#viewsOf(id, columns)
    }
  }

  #viewsOf(id: string, columns: ReadonlyMap<string, number>): Pick<Subject, "views"> {
    const { sinks } = this.#known
    const views = sinks?.views.get(id)
    if (sinks === undefined || views === undefined) return {}
    return { views: views.map((view, at) => this.views.placeOf(this.#viewOf(sinks.names[at]!, view, columns))) }
  }

  #viewOf(sink: string, view: SinkView, columns: ReadonlyMap<string, number>): View {
    const names = this.renamed.get(sink) ?? new Map<string, string>()
    this.renamed.set(sink, names)
    for (const [from, to] of view.renamed) names.set(from, to)
    const keys: Partial<Record<Treatment, Array<number>>> = {}
    for (const [key, how] of view.keys) {
      const place = columns.get(key)
      if (place !== undefined) (keys[how] ??= []).push(place)
    }
    const { as, gets, reason } = view
    return {
      gets,
      ...(reason !== undefined && { reason }),
      ...(as !== undefined && { as }),
      ...(view.keys.size > 0 && { keys })
    }
  }
}

const recordsIn = (type: Description.JsonType): { items: ReadonlyArray<Description.Node>; mark: string } =>
  type._tag === "Record"
    ? { items: type.nodes, mark: "." }
    : type._tag === "Array" && type.items._tag === "Record"
      ? { items: type.items.nodes, mark: "[]." }
      : { items: [], mark: "" }

const historyOf = (history: SubjectHistory | undefined): Partial<Subject> => {
  if (history === undefined) return {}
  const { added, changes, keysAdded } = history
  const late = [...keysAdded].filter(([, commit]) => commit !== added)
  const listed: ReadonlyArray<Changed> = changes.slice(-mostChanges).toReversed()
  return {
    ...(added !== undefined && { added }),
    ...(late.length > 0 && { keysAdded: Object.fromEntries(late) }),
    ...(listed.length > 0 && { changes: listed }),
    ...(changes.length > listed.length && { older: changes.length - listed.length })
  }
}

const entityOf = (entity: Description.Entity): Entity => ({
  name: entity.name,
  key: entity.key,
  ...notesOf(entity),
  attributes: entity.attributes.map((one) => ({
    name: one.name,
    type: shown(one.type),
    ...(one.optional && { optional: true }),
    ...(one.personal && { personal: true }),
    ...(one.kind === "computed" && { computed: true }),
    ...notesOf(one)
  })),
  relations: entity.relations.map((one) => ({
    name: one.name,
    entity: one.entity,
    ...(one.to === "many" && { many: true }),
    ...notesOf(one)
  }))
})

/** Keys that a plan declares for a call or the context: of an entity, or with nothing around them. */
const declared = (name: string, keys: ReadonlyArray<Description.Key>): ReadonlyArray<Description.Node> => {
  const byPath = Map.groupBy(keys, ({ attribute, path }) =>
    path.endsWith(`.${attribute}`) ? path.slice(0, -attribute.length - 1) : name
  )
  return Array.from(byPath, ([path, own]) => ({
    path,
    entity: path,
    ...(own.some(({ kind }) => kind !== "property") && { prefix: path }),
    to: "one",
    resolver: { _tag: "Row" },
    keys: own
  }))
}

const sinkOf = (name: string, renamed: ReadonlyMap<string, string> = new Map()): Sink => ({
  name,
  ...(renamed.size > 0 && { renamed: Object.fromEntries(renamed) })
})

export const of = (plan: Description.Plan, known: Known = {}): Site => {
  const data = new Data(known)
  const { calls = [], context, entities, events } = plan
  const subjects = [
    ...events.map((event) =>
      data.subject("event", event.name, event.nodes, {
        ...notesOf(event),
        ...(event.purposes.length > 0 && { purposes: event.purposes })
      })
    ),
    ...calls.map(({ call, keys }) => data.subject("call", call, declared(call, keys), {})),
    ...(context === undefined ? [] : [data.subject("context", "context", declared("context", context), {})])
  ]
  const { history, sinks, title = "Tracking plan" } = known
  return {
    title,
    columns: data.columns.values,
    nodes: data.nodes.values,
    subjects,
    entities: entities.map(entityOf),
    ...(history !== undefined && {
      history: {
        file: history.file,
        commits: history.commits,
        ...(history.isCut && { isCut: true }),
        gone: history.gone,
        skipped: history.skipped
      }
    }),
    ...(sinks !== undefined && {
      sinks: sinks.names.map((name) => sinkOf(name, data.renamed.get(name))),
      views: data.views.values
    })
  }
}
