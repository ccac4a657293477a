/** The plan of the page, by name. */
import type { Column, Entity, Kind, Node, Site, Subject, View } from "../../src/internal/catalog/site/model.ts"

/** A key of a subject. */
export interface Place {
  readonly subject: Subject
  readonly node: Node
  readonly column: Column
  readonly isOptional: boolean
}

/** When something was added: by its annotation, or by the commits of the lock file. */
export interface Since {
  readonly text: string
  /** It may have been there before. */
  readonly isLatest: boolean
  readonly commit?: string
}

/** A key, with all its places. */
export interface Key {
  readonly name: string
  readonly column: Column
  readonly places: ReadonlyArray<Place>
}

/** A subject that carries an entity, and its nodes that do. */
export type Carrier = readonly [subject: Subject, nodes: ReadonlyArray<Node>]

/** A route for each name: the part of an address that is its own. */
class Routes<A> {
  readonly #items = new Map<string, A>()
  readonly #routes = new Map<A, string>()

  constructor(items: ReadonlyArray<A>, nameOf: (item: A) => string) {
    for (const item of items) {
      // Halves of pairs cannot be part of an address, and two names may differ by them alone.
      let route = nameOf(item).toWellFormed()
      while (this.#items.has(route)) route += "~"
      this.#items.set(route, item)
      this.#routes.set(item, route)
    }
  }

  get(route: string): A | undefined {
    return this.#items.get(route)
  }

  of(item: A): string {
    return encodeURIComponent(this.#routes.get(item)!)
  }
}

export class Plan {
  readonly site: Site
  readonly subjects: { readonly [K in Kind]: Routes<Subject> }
  readonly entities: Routes<Entity>
  readonly keys: Routes<Key>
  readonly allKeys: ReadonlyArray<Key>
  readonly #entities: ReadonlyMap<string, Entity>
  readonly #keys: ReadonlyMap<string, Key>
  readonly #places = new Map<Subject, ReadonlyArray<Place>>()
  readonly #events: ReadonlyMap<string, Subject>
  #carriers: ReadonlyMap<string, ReadonlyArray<Carrier>> | undefined

  constructor(site: Site) {
    this.site = site
    const of = (kind: Kind) =>
      new Routes(
        site.subjects.filter((subject) => subject.kind === kind),
        ({ name }) => name
      )
    this.subjects = { event: of("event"), call: of("call"), context: of("context") }
    this.entities = new Routes(site.entities, ({ name }) => name)
    this.#entities = new Map(site.entities.map((entity) => [entity.name, entity]))
    this.#events = new Map(site.subjects.flatMap((one) => (one.kind === "event" ? [[one.name, one]] : [])))
    const keys = new Map<string, Key & { readonly places: Array<Place> }>()
    for (const subject of site.subjects) {
      for (const place of this.placesOf(subject)) {
        const { column } = place
        const known = keys.get(column.key)
        if (known === undefined) keys.set(column.key, { name: column.key, column, places: [place] })
        else known.places.push(place)
      }
    }
    this.#keys = keys
    this.allKeys = [...keys.values()]
    this.keys = new Routes(this.allKeys, (key) => key.name)
  }

  /** The keys of a subject, in the order of its definition. */
  placesOf(subject: Subject): ReadonlyArray<Place> {
    const known = this.#places.get(subject)
    if (known !== undefined) return known
    const { columns, nodes } = this.site
    const places = subject.nodes.flatMap((at) => {
      const node = nodes[at]!
      return node.keys.map((key) => ({ subject, node, column: columns[key >> 1]!, isOptional: (key & 1) === 1 }))
    })
    this.#places.set(subject, places)
    return places
  }

  /** The subjects that carry an entity, with the nodes that do. */
  carriersOf({ name }: Entity): ReadonlyArray<Carrier> {
    this.#carriers ??= this.#findCarriers()
    return this.#carriers.get(name) ?? []
  }

  #findCarriers(): ReadonlyMap<string, ReadonlyArray<Carrier>> {
    const all = new Map<string, Array<Carrier>>()
    for (const subject of this.site.subjects) {
      const own = this.nodesOf(subject).filter(({ entity, many }) => entity !== undefined && !many)
      for (const [entity = "", nodes] of Map.groupBy(own, ({ entity }) => entity)) {
        const known = all.get(entity)
        if (known === undefined) all.set(entity, [[subject, nodes]])
        else known.push([subject, nodes])
      }
    }
    return all
  }

  nodesOf({ nodes }: Subject): ReadonlyArray<Node> {
    return nodes.map((at) => this.site.nodes[at]!)
  }

  entity(name: string): Entity | undefined {
    return this.#entities.get(name)
  }

  event(name: string): Subject | undefined {
    return this.#events.get(name)
  }

  key(name: string): Key | undefined {
    return this.#keys.get(name)
  }

  addressOf(subject: Subject): string {
    return `#/${subject.kind}/${this.subjects[subject.kind].of(subject)}`
  }

  addressOfEntity(entity: Entity): string {
    return `#/entity/${this.entities.of(entity)}`
  }

  addressOfKey(key: Key): string {
    return `#/key/${this.keys.of(key)}`
  }

  /** The path of the attribute, or of the relation whose rows an aggregate reads. */
  originOf({ column, node }: Place): string {
    const { attribute, kind } = column
    if (kind === "property") return "passed to the call"
    return kind === "aggregate" ? `${attribute} of ${node.path}` : `${node.path}.${attribute}`
  }

  /** Since when a subject is there, or one of its keys. Undefined if nothing is known of it. */
  sinceOf(subject: Subject, key?: Column): Since | undefined {
    const annotated = key === undefined ? subject.since : key.since
    if (annotated !== undefined) return { text: annotated, isLatest: false }
    const { history } = this.site
    if (history === undefined) return undefined
    const late =
      key !== undefined && subject.keysAdded !== undefined && Object.hasOwn(subject.keysAdded, key.key)
        ? subject.keysAdded[key.key]
        : undefined
    const at = late ?? subject.added
    if (at === undefined) {
      return history.isCut
        ? { text: history.commits[0]?.[1] ?? "", isLatest: true }
        : { text: "not committed yet", isLatest: false }
    }
    const [commit, date] = history.commits[at]!
    return { text: date, isLatest: at === 0, commit }
  }

  /** What a sink gets of a subject. */
  viewOf(subject: Subject, sink: number): View | undefined {
    const at = subject.views?.[sink]
    return at === undefined ? undefined : this.site.views?.[at]
  }

  /** What a sink does with a key of a subject: `as it is` unless its view says otherwise. */
  treatmentOf(view: View, column: Column): string {
    if (view.gets === "none") return "not sent"
    for (const [how, columns] of Object.entries(view.keys ?? {})) {
      if (columns.some((at) => this.site.columns[at] === column)) return how
    }
    return "as it is"
  }
}
