/** The positions of an event's entities in the graph, and the lines between them. */
import { type HierarchyNode, hierarchy, tree } from "d3-hierarchy"
import type { GraphNode } from "../../src/internal/protocol.ts"

/** A node with its position. `x` and `y` are its upper left corner. */
export interface Placed {
  readonly node: GraphNode
  readonly x: number
  readonly y: number
  readonly depth: number
}

/** The graph's layout. */
export interface Layout {
  /** Across: from left to right. Down: from top to bottom. Indented: one below the other, if space is short. */
  readonly shape: "across" | "down" | "indented"
  readonly width: number
  readonly height: number
  readonly box: { readonly width: number; readonly height: number }
  readonly nodes: ReadonlyArray<Placed>
  /** The lines, as SVG paths, by the path of the node that each leads to. */
  readonly lines: ReadonlyArray<{ readonly to: string; readonly path: string }>
}

interface Tree {
  readonly node: GraphNode
  readonly children: Array<Tree>
}

/** The nodes as a tree below the first. A node without a known parent becomes a child of the first. */
const treeOf = (nodes: ReadonlyArray<GraphNode>): Tree | undefined => {
  const byPath = new Map<string, Tree>()
  for (const node of nodes) if (!byPath.has(node.path)) byPath.set(node.path, { node, children: [] })
  const trees = [...byPath.values()]
  const [root, ...others] = trees
  if (root === undefined) return undefined
  const reachesRoot = (tree: Tree, seen: Set<Tree> = new Set()): boolean => {
    if (tree === root) return true
    if (seen.has(tree)) return false
    const parent = tree.node.parent === undefined ? root : byPath.get(tree.node.parent)
    return parent === undefined || reachesRoot(parent, seen.add(tree))
  }
  for (const tree of others) {
    const parent = tree.node.parent === undefined ? undefined : byPath.get(tree.node.parent)
    const hangs = parent !== undefined && reachesRoot(tree)
    ;(hangs ? parent : root).children.push(tree)
  }
  return root
}

const boxHeight = 84
/** The space above a box for the name of its relation. */
const label = 22
const gap = { across: 30, down: 16, indented: 20 }

/** A line that leaves at one point and arrives at another, bent at right angles with round corners. */
const elbow = (fromX: number, fromY: number, toX: number, toY: number, first: "right" | "down"): string => {
  const radius = Math.min(8, Math.abs(toX - fromX) / 2, Math.abs(toY - fromY) / 2)
  const right = Math.sign(toX - fromX)
  const down = Math.sign(toY - fromY)
  if (radius === 0) return `M${n(fromX)} ${n(fromY)}L${n(toX)} ${n(toY)}`
  if (first === "right") {
    const middle = (fromX + toX) / 2
    return (
      `M${n(fromX)} ${n(fromY)}H${n(middle - radius)}Q${n(middle)} ${n(fromY)} ${n(middle)} ${n(fromY + down * radius)}` +
      `V${n(toY - down * radius)}Q${n(middle)} ${n(toY)} ${n(middle + radius)} ${n(toY)}H${n(toX)}`
    )
  }
  const middle = fromY + 8
  return (
    `M${n(fromX)} ${n(fromY)}V${n(middle - radius)}Q${n(fromX)} ${n(middle)} ${n(fromX + right * radius)} ${n(middle)}` +
    `H${n(toX - right * radius)}Q${n(toX)} ${n(middle)} ${n(toX)} ${n(middle + radius)}V${n(toY)}`
  )
}

const n = (value: number): string => String(Math.round(value * 10) / 10)

/** Lays the graph out for a width: from left to right if there is room, else from top to bottom, else one below the other. */
export const layOut = (nodes: ReadonlyArray<GraphNode>, available: number): Layout | undefined => {
  const data = treeOf(nodes)
  if (data === undefined) return undefined
  const root = hierarchy(data, ({ children }) => children)
  const columns = root.height + 1
  const across = Math.min(200, (available - gap.across * (columns - 1)) / columns)
  if (across >= 140) return acrossOrDown(root, "across", Math.floor(across))
  const probe = tree<Tree>()
    .nodeSize([1, 1])
    .separation(() => 1)(root.copy())
  const breadth = probe
    .descendants()
    .reduce(([low, high], { x }) => [Math.min(low, x), Math.max(high, x)] as const, [0, 0] as readonly [number, number])
  const side = breadth[1] - breadth[0] + 1
  const down = Math.min(220, (available - gap.down * (side - 1)) / side)
  if (down >= 148) return acrossOrDown(root, "down", Math.floor(down))
  return indented(root, available)
}

const acrossOrDown = (root: HierarchyNode<Tree>, shape: "across" | "down", boxWidth: number): Layout => {
  const box = { width: boxWidth, height: boxHeight }
  const right = shape === "across"
  const between: [number, number] = right
    ? [boxHeight + label, boxWidth + gap.across]
    : [boxWidth + gap.down, boxHeight + label + 14]
  const placed = tree<Tree>()
    .nodeSize(between)
    .separation(() => 1)(root)
  const all = placed.descendants()
  const least = Math.min(...all.map(({ x }) => x))
  const at = ({ x, y }: { readonly x: number; readonly y: number }) =>
    right ? { x: y, y: x - least + label } : { x: x - least, y }
  return {
    shape,
    box,
    width: Math.max(...all.map((node) => at(node).x)) + box.width,
    height: Math.max(...all.map((node) => at(node).y)) + box.height,
    nodes: all.map((node) => {
      const { x, y } = at(node)
      return { node: node.data.node, depth: node.depth, x, y }
    }),
    lines: placed.links().map(({ source, target }) => {
      const [from, to] = [at(source), at(target)]
      return {
        to: target.data.node.path,
        path: right
          ? elbow(from.x + box.width, from.y + box.height / 2, to.x, to.y + box.height / 2, "right")
          : elbow(from.x + box.width / 2, from.y + box.height, to.x + box.width / 2, to.y, "down")
      }
    })
  }
}

const indented = (root: HierarchyNode<Tree>, available: number): Layout => {
  const nodes: Array<HierarchyNode<Tree>> = []
  root.eachBefore((node) => void nodes.push(node))
  // Indent a very deep tree less, so that its boxes stay readable.
  const step = Math.max(4, Math.min(gap.indented, (available - 180) / Math.max(1, root.height)))
  const box = { width: Math.floor(Math.max(140, available - step * root.height)), height: boxHeight }
  const row = new Map(nodes.map((node, index) => [node, index]))
  const x = (node: HierarchyNode<Tree>) => node.depth * step
  const y = (node: HierarchyNode<Tree>) => row.get(node)! * (boxHeight + label + 2)
  return {
    shape: "indented",
    box,
    width: box.width + step * root.height,
    height: nodes.length * (boxHeight + label + 2) - label - 2,
    nodes: nodes.map((node) => ({ node: node.data.node, depth: node.depth, x: x(node), y: y(node) })),
    lines: root.links().map(({ source, target }) => {
      const fromX = x(source) + step / 2
      const toY = y(target) + boxHeight / 2
      const path = `M${n(fromX)} ${n(y(source) + boxHeight)}V${n(toY - 6)}Q${n(fromX)} ${n(toY)} ${n(fromX + step / 4)} ${n(toY)}H${n(x(target))}`
      return { to: target.data.node.path, path }
    })
  }
}
