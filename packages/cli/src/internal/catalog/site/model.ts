/**
 * What the site's page reads: a plan, with each part once. The same keys of an entity are in many events, so an event refers to nodes, and a node to
 * columns, by their places in lists.
 */

/** What people need to know of a part. */
export interface Notes {
  readonly description?: string
  readonly owner?: string
  readonly tags?: ReadonlyArray<string>
  readonly since?: string
  readonly deprecated?: { readonly reason?: string; readonly replacedBy?: string }
  /** As JSON. */
  readonly examples?: ReadonlyArray<string>
}

/** A key, wherever it is. */
export interface Column extends Notes {
  /** With the keys around it: `Order_lines[].OrderLine_qty`. */
  readonly key: string
  readonly entity?: string
  /** The attribute, or the aggregate: `sum(qty)`. */
  readonly attribute: string
  readonly kind: "attribute" | "computed" | "aggregate" | "property"
  readonly type: string
  readonly personal?: true
  readonly reads?: ReadonlyArray<string>
}

/** The row from which some keys come. */
export interface Node {
  /** Such as `OrderLine.product.manufacturer`. */
  readonly path: string
  readonly entity?: string
  readonly parent?: string
  readonly relation?: string
  readonly loader?: string
  readonly many?: true
  /** Whether the row comes with the call. */
  readonly given?: true
  /** Places of columns, times two; and one more if the key can be absent. */
  readonly keys: ReadonlyArray<number>
}

/** `event`, `call` or `context`. */
export type Kind = "event" | "call" | "context"

/** A change of a subject: the place of its commit, its class, the key, if it is one's, and what has changed. */
export type Changed = readonly [commit: number, breaks: "minor" | "major", key: string | 0, what: string]

/** An event, a call, or the context. */
export interface Subject extends Notes {
  readonly kind: Kind
  readonly name: string
  /** Places of nodes. */
  readonly nodes: ReadonlyArray<number>
  readonly purposes?: ReadonlyArray<string>
  /** Its version in the lock. */
  readonly version?: string
  /** The place of the commit that added it. */
  readonly added?: number
  /** The places of the commits that added keys later, by key. */
  readonly keysAdded?: Readonly<Record<string, number>>
  /** The latest first. */
  readonly changes?: ReadonlyArray<Changed>
  /** How many older changes are not listed. */
  readonly older?: number
  /** Places of views, one for each sink. */
  readonly views?: ReadonlyArray<number>
}

export interface Entity extends Notes {
  readonly name: string
  readonly key: string
  readonly attributes: ReadonlyArray<
    Notes & {
      readonly name: string
      readonly type: string
      readonly optional?: true
      readonly personal?: true
      readonly computed?: true
    }
  >
  readonly relations: ReadonlyArray<Notes & { readonly name: string; readonly entity: string; readonly many?: true }>
}

/** What a sink does with a key instead of sending it as it is. */
export type Treatment = "dropped" | "hashed" | "masked" | "changed"

/** What one sink gets of one subject. */
export interface View {
  /** `some` if the sink takes only a share of the users. */
  readonly gets: "all" | "some" | "none"
  /** Why it gets none. */
  readonly reason?: string
  /** The name of the event there, if it is another. */
  readonly as?: string
  /** Places of columns by what the sink does with them. Others are as they are. */
  readonly keys?: Readonly<Partial<Record<Treatment, ReadonlyArray<number>>>>
}

export interface History {
  readonly file: string
  /** The oldest first. */
  readonly commits: ReadonlyArray<readonly [hash: string, date: string]>
  /** Whether older commits are not known: a shallow clone, or too many. */
  readonly isCut?: true
  /** Events and calls that are gone, with the place of the commit. */
  readonly gone: ReadonlyArray<readonly [kind: Kind, name: string, commit: number]>
  /** Commits whose lock could not be read, and why. */
  readonly skipped: ReadonlyArray<readonly [hash: string, date: string, reason: string]>
}

export interface Sink {
  readonly name: string
  /** The names of keys there, where they are others. */
  readonly renamed?: Readonly<Record<string, string>>
}

/** What the page reads. */
export interface Site {
  readonly title: string
  readonly columns: ReadonlyArray<Column>
  readonly nodes: ReadonlyArray<Node>
  readonly subjects: ReadonlyArray<Subject>
  readonly entities: ReadonlyArray<Entity>
  readonly history?: History
  readonly sinks?: ReadonlyArray<Sink>
  readonly views?: ReadonlyArray<View>
}
