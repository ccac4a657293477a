/** A plan's description as a flat list of keys for each subject. */
import * as Description from "@trackmap/core/Description"
import type { Key, Kind } from "./model.ts"

/** A key without its place. */
export type FlatKey = Omit<Key, "at">

/** A subject without its version, and with its keys in the order of the definition. */
export interface FlatSubject {
  readonly kind: Kind
  readonly name: string
  readonly header: Omit<Description.Event, "name" | "nodes">
  readonly keys: ReadonlyMap<string, FlatKey>
}

const names = Object.keys(Description.Annotations.fields) as ReadonlyArray<keyof Description.Annotations>

/** The annotations of a part. */
export const annotationsOf = (part: Description.Annotations): Description.Annotations =>
  Object.fromEntries(names.flatMap((name) => (part[name] === undefined ? [] : [[name, part[name]]])))

const noNodes: Description.JsonType = { _tag: "Record", nodes: [] }

/** A type whose records have no keys, and the keys that they had, with what comes before their names. */
const apart = (
  type: Description.JsonType
): {
  readonly type: Description.JsonType
  readonly nodes: ReadonlyArray<Description.Node>
  readonly before: string
} => {
  if (type._tag === "Record") return { type: { ...type, nodes: [] }, nodes: type.nodes, before: "." }
  if (type._tag === "Array" && type.items._tag === "Record") {
    return { type: { ...type, items: noNodes }, nodes: type.items.nodes, before: "[]." }
  }
  return { type, nodes: [], before: "" }
}

const add = (
  to: Map<string, FlatKey>,
  before: string,
  key: Description.Key,
  node: Pick<Description.Node, "entity" | "resolver"> | undefined
): void => {
  const { attribute, kind, optional, path, personal, reads } = key
  const { before: inside, nodes, type } = apart(key.type)
  const name = before + key.key
  to.set(name, {
    type,
    ...(optional && { optional }),
    ...(personal && { personal }),
    from: path,
    ...(kind === "aggregate" && { aggregate: attribute }),
    ...(reads !== undefined && { reads }),
    ...(node !== undefined && kind !== "property" && { entity: node.entity }),
    ...(node?.resolver._tag === "Loader" && { loader: node.resolver.loader }),
    ...annotationsOf(key)
  })
  for (const inner of nodes) for (const own of inner.keys) add(to, name + inside, own, inner)
}

const eventOf = ({ name, nodes, ...header }: Description.Event): FlatSubject => {
  const keys = new Map<string, FlatKey>()
  for (const node of nodes) for (const key of node.keys) add(keys, "", key, node)
  return { kind: "event", name, header, keys }
}

const declared = (kind: Kind, name: string, given: ReadonlyArray<Description.Key>): FlatSubject => {
  const keys = new Map<string, FlatKey>()
  for (const key of given) add(keys, "", key, undefined)
  return { kind, name, header: { purposes: [] }, keys }
}

/** The subjects of a plan. */
export const of = ({ calls = [], context, events }: Description.Plan): ReadonlyArray<FlatSubject> => [
  ...events.map(eventOf),
  ...calls.map(({ call, keys }) => declared("call", call, keys)),
  ...(context === undefined ? [] : [declared("context", "context", context)])
]
