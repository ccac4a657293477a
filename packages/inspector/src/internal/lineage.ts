import type { Lineage, TrackedEvent } from "@trackmap/core"
import type { Knowledge, Violation } from "./knowledge.ts"
import { violationsOf } from "./knowledge.ts"
import { type Masked, valuesOf } from "./masking.ts"
import type { GraphNode, KeyOrigin } from "./protocol.ts"
import type { Entry } from "./store.ts"

type Values = Readonly<Record<string, unknown>>

/** A violation names one row of a list by its index; a node stands for all rows. */
const general = (path: string): string => path.replaceAll(/\[\d+\]/g, "[]")

/** Core's descriptions of a failed resolution. */
const isFailure = ({ actual }: Violation): boolean =>
  actual === "a defect" || actual === "none" || actual.startsWith("a failure of ") || actual.startsWith("a throw of ")

const worse = ["resolved", "missing", "failed"] as const

/** Merges several resolutions of one node, because the rows of a list are resolved level by level. */
const merged = (a: Lineage.Resolution | undefined, b: Lineage.Resolution): Lineage.Resolution =>
  a === undefined
    ? b
    : {
        path: a.path,
        outcome: worse[Math.max(worse.indexOf(a.outcome), worse.indexOf(b.outcome))]!,
        milliseconds: Math.max(a.milliseconds, b.milliseconds),
        batch: (a.batch?.keys ?? 0) > (b.batch?.keys ?? 0) ? a.batch : b.batch,
        cached: a.cached && b.cached
      }

const say = ({ actual, expected }: Violation): string => `expected ${expected}, got ${actual}`

/** The origin of an event's keys. */
export interface Origins {
  readonly nodes: ReadonlyArray<GraphNode>
  readonly keys: ReadonlyArray<KeyOrigin>
}

class Join {
  readonly #values: Values
  readonly #masked: Masked
  readonly #event: TrackedEvent.Any
  readonly #violations = new Map<string, Violation>()
  readonly #resolutions = new Map<string, Lineage.Resolution>()
  readonly #nodes = new Map<string, GraphNode>()

  constructor(entry: Entry, event: TrackedEvent.Any, masked: Masked) {
    this.#values = valuesOf(entry.message)
    this.#masked = masked
    this.#event = event
    const given = new Map(
      Object.entries(event.entities).map(([name, entity]) => [`${event.name}.${name}`, entity.name])
    )
    for (const violation of violationsOf(entry)) {
      const path = general(violation.path)
      const at = given.get(path) ?? path
      if (!this.#violations.has(at)) this.#violations.set(at, violation)
    }
    for (const resolution of entry.resolutions) {
      const { path } = resolution
      this.#resolutions.set(path, merged(this.#resolutions.get(path), resolution))
    }
  }

  #has(key: string): boolean {
    return Object.hasOwn(this.#values, key)
  }

  /** The violations at a path or below it. */
  #wrong(path: string): Violation | undefined {
    const exact = this.#violations.get(path)
    if (exact !== undefined) return exact
    for (const [at, violation] of this.#violations) {
      if (at.startsWith(path) && (at[path.length] === "." || at[path.length] === "[")) return violation
    }
    return undefined
  }

  #outcome(node: Lineage.Node, violation: Violation | undefined): GraphNode["outcome"] {
    if (violation !== undefined) return "failed"
    const resolution = this.#resolutions.get(node.path)
    if (resolution !== undefined) return resolution.outcome
    if (node.parent === undefined) return "resolved"
    const parent = this.#nodes.get(node.parent)?.outcome
    if (parent !== "resolved") return "unasked"
    // An observed event reports each of its relations. A ready-made message shows them by its keys.
    if (this.#resolutions.size > 0) return "unasked"
    return node.keys.length === 0 || node.keys.some(({ key }) => this.#has(key)) ? "resolved" : "missing"
  }

  node(node: Lineage.Node): GraphNode {
    const violation = this.#violations.get(node.path)
    const resolution = this.#resolutions.get(node.path)
    const made: GraphNode = {
      path: node.path,
      entity: node.entity,
      parent: node.parent,
      relation: node.relation,
      to: node.to,
      resolver: node.resolver,
      outcome: this.#outcome(node, violation),
      reason: violation && this.#masked.text(say(violation)),
      milliseconds: resolution?.milliseconds,
      batch: resolution?.batch,
      cached: resolution?.cached ?? false
    }
    this.#nodes.set(node.path, made)
    return made
  }

  #state(key: Lineage.Key, node: GraphNode): KeyOrigin["state"] {
    const violation = key.path === node.path ? undefined : this.#wrong(key.path)
    if (this.#has(key.key)) return violation === undefined ? "present" : "refused"
    if (node.outcome === "failed") return "failed"
    if (node.outcome !== "resolved") return "missing"
    // The keys of a to-many relation have its path, and a violation may be in any of its rows.
    const wrong = violation ?? this.#wrong(key.path)
    if (wrong === undefined) return "absent"
    return isFailure(wrong) ? "failed" : "refused"
  }

  key(key: Lineage.Key, node: GraphNode): KeyOrigin {
    return {
      key: key.key,
      path: key.path,
      node: node.path,
      entity: node.entity,
      attribute: key.attribute,
      kind: key.kind,
      personal: key.personal,
      state: this.#state(key, node),
      value: this.#value(key.key)
    }
  }

  #value(key: string): KeyOrigin["value"] {
    return this.#has(key) ? this.#masked.value(key, this.#values[key]) : undefined
  }

  unknown(key: string, node: GraphNode): KeyOrigin {
    const shown = this.#masked.text(key)
    return {
      key: shown,
      path: `${this.#event.name}.properties.${shown}`,
      node: node.path,
      entity: node.entity,
      attribute: shown,
      kind: "unknown",
      personal: this.#masked.isPersonal(key),
      state: this.#has(key) ? "present" : "refused",
      value: this.#value(key)
    }
  }
}

/** The lineage without a definition: of a call other than `track`, or of an event known only by its message. */
const bare = ({ message }: Entry, masked: Masked): Origins => {
  const name = message.type === "track" ? message.event : message.type
  const path = `${name}.${"traits" in message ? "traits" : "properties"}`
  const values = valuesOf(message)
  return {
    nodes: [
      {
        path,
        entity: name,
        parent: undefined,
        relation: undefined,
        to: "one",
        resolver: { _tag: "Row" },
        outcome: "resolved",
        reason: undefined,
        milliseconds: undefined,
        batch: undefined,
        cached: false
      }
    ],
    keys: Object.keys(values).map((key) => {
      const shown = masked.text(key)
      return {
        key: shown,
        path: `${path}.${shown}`,
        node: path,
        entity: name,
        attribute: shown,
        kind: "property",
        personal: masked.isPersonal(key),
        state: "present",
        value: masked.value(key, values[key])
      }
    })
  }
}

export const of = (knowledge: Knowledge, entry: Entry): Origins => {
  const event = knowledge.eventOf(entry)
  const masked = knowledge.maskedOf(entry)
  if (event === undefined) return bare(entry, masked)
  const join = new Join(entry, event, masked)
  const known = knowledge.of(event).nodes
  const nodes = known.map((node) => join.node(node))
  const keys = known.flatMap((node, index) => node.keys.map((key) => join.key(key, nodes[index]!)))
  return {
    nodes,
    keys: [...keys, ...knowledge.unknownKeysOf(entry).map((key) => join.unknown(key, nodes[0]!))]
  }
}
