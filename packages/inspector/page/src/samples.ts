/** Invented events, for the tests. */
import type { EventDetail, EventSummary, GraphNode, KeyOrigin, SinkTick, Tick } from "../../src/internal/protocol.ts"

/** The summary of one event. */
export const summaryOf = (some: Partial<EventSummary> = {}): EventSummary => {
  const seq = some.seq ?? 1
  return {
    messageId: `m${String(seq)}`,
    revision: seq,
    seq,
    at: 1_000 + seq,
    type: "track",
    name: "orderLineUpdated",
    actor: "user-42",
    entities: ["OrderLine", "Product"],
    keys: 14,
    violations: 0,
    text: '{"Product_name":"Gold Plated Duck Tape"}',
    sinks: [
      { sink: "console", state: "delivered", attempts: 1 },
      { sink: "segment", state: "retrying", attempts: 2 }
    ],
    ...some
  }
}

/** One node of a graph. */
export const nodeOf = (path: string, some: Partial<GraphNode> = {}): GraphNode => ({
  path,
  entity: path.split(".").at(-1)!,
  parent: path.includes(".") ? path.slice(0, path.lastIndexOf(".")) : "",
  relation: path.includes(".") ? path.split(".").at(-1)! : undefined,
  to: "one",
  resolver: { _tag: "Row" },
  outcome: "resolved",
  reason: undefined,
  milliseconds: undefined,
  batch: undefined,
  cached: false,
  ...some
})

/** A node that a loader resolved. */
export const loadedOf = (
  path: string,
  loader: string,
  milliseconds: number,
  some: Partial<GraphNode> = {}
): GraphNode =>
  nodeOf(path, {
    resolver: { _tag: "Loader", loader },
    milliseconds,
    batch: { keys: 5, callers: 3 },
    ...some
  })

/** One key. */
export const keyOf = (node: string, attribute: string, some: Partial<KeyOrigin> = {}): KeyOrigin => ({
  key: `${node}_${attribute}`,
  path: `${node}.${attribute}`,
  node,
  entity: node,
  attribute,
  kind: "attribute",
  personal: false,
  state: "present",
  value: 1,
  ...some
})

/** One event, opened: an order line, with its product, its manufacturer and its order. */
export const detailOf = (some: Partial<EventDetail> = {}): EventDetail => ({
  summary: summaryOf(),
  message: {},
  violations: [],
  nodes: [
    nodeOf("", { entity: "orderLineUpdated", parent: undefined }),
    nodeOf("OrderLine"),
    loadedOf("OrderLine.product", "products", 0.8),
    loadedOf("OrderLine.product.manufacturer", "manufacturers", 1),
    loadedOf("OrderLine.order", "orders", 0.7)
  ],
  keys: [
    keyOf("OrderLine", "id"),
    keyOf("OrderLine.product", "id"),
    keyOf("OrderLine.product", "name"),
    keyOf("OrderLine.product.manufacturer", "id"),
    keyOf("OrderLine.order", "id")
  ],
  sinks: [],
  ...some
})

/** One sink in a tick. */
export const sinkTickOf = (sink: string, some: Partial<SinkTick> = {}): SinkTick => ({
  sink,
  delivered: 0,
  rejected: 0,
  expired: 0,
  dropped: 0,
  skipped: 0,
  attempts: 0,
  buffered: 0,
  oldest: 0,
  settling: 0,
  latency: undefined,
  ...some
})

/** A tick. */
export const tickOf = (at: number, tracked: number, sinks: ReadonlyArray<SinkTick> = []): Tick => ({
  at,
  tracked,
  notShown: 0,
  sinks
})
