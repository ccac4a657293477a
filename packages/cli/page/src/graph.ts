/** Graphs of entities and their relations, whose nodes are links. */
import { type EdgeLabel, Graph, layout as layOut } from "@dagrejs/dagre"
import { h, svg } from "./dom.ts"

export interface GraphNode {
  readonly id: string
  readonly title: string
  readonly note?: string | undefined
  /** Where it leads. Undefined for what the page is about. */
  readonly href: string | undefined
}

export interface Edge {
  readonly from: string
  readonly to: string
  readonly label: string
}

/** More than these are no picture that anybody reads. */
export const mostDrawn = 40

const longest = 26
const letter = 7.3
const short = (text: string): string => {
  const letters = Array.from(text)
  return letters.length > longest ? `${letters.slice(0, longest - 1).join("")}…` : text
}
const widthOf = (text: string): number => Array.from(short(text)).length * letter

/** The library takes some names for none, and joins them. */
const idOf = (id: string): string => `node ${id}`

/** Draws a graph: from left to right, or from top to bottom where there is little room. */
export const graph = (label: string, nodes: ReadonlyArray<GraphNode>, edges: ReadonlyArray<Edge>): HTMLElement => {
  const layout = new Graph({ multigraph: true })
  const isWide = window.innerWidth >= 720
  layout.setGraph({
    rankdir: isWide ? "LR" : "TB",
    nodesep: isWide ? 16 : 10,
    ranksep: isWide ? 60 : 36,
    edgesep: 12,
    marginx: 2,
    marginy: 2
  })
  for (const { id, note = "", title } of nodes) {
    const width = Math.max(70, widthOf(title), widthOf(note) * 0.9) + 24
    layout.setNode(idOf(id), { width, height: note === "" ? 34 : 50 })
  }
  for (const [at, { from, label, to }] of edges.entries()) {
    layout.setEdge(idOf(from), idOf(to), { width: widthOf(label) * 0.9 + 8, height: 16, labelpos: "c" }, String(at))
  }
  layOut(layout)
  const { height = 0, width = 0 } = layout.graph()
  // A little smaller is better than a part out of sight.
  const room = Math.min(window.innerWidth, 1_200) - 60
  const scale = width > room && width * 0.7 < room ? room / width : 1
  const drawn = svg("svg", {
    width: String(Math.ceil(width * scale)),
    height: String(Math.ceil(height * scale)),
    viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`,
    role: "group",
    "aria-label": label
  })
  drawn.append(
    svg(
      "defs",
      {},
      svg(
        "marker",
        { id: "arrow", viewBox: "0 0 8 8", refX: "7", refY: "4", markerWidth: "7", markerHeight: "7", orient: "auto" },
        svg("path", { d: "M0 0.5 8 4 0 7.5z", class: "arrow" })
      )
    )
  )
  for (const [at, { from, label, to }] of edges.entries()) {
    const edge: EdgeLabel = layout.edge(idOf(from), idOf(to), String(at))
    const d = edge.points!.map(({ x, y }, n) => `${n === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("")
    drawn.append(svg("path", { d, class: "edge", "marker-end": "url(#arrow)", "aria-hidden": "true" }))
    if (label !== "")
      drawn.append(svg("text", { x: String(edge.x), y: String(edge.y! + 4), class: "edge-label" }, short(label)))
  }
  for (const { href, id, note, title } of nodes) {
    const { height, width, x, y } = layout.node(idOf(id))
    const box = svg("rect", {
      x: String(x - width / 2),
      y: String(y - height / 2),
      width: String(width),
      height: String(height),
      rx: "6"
    })
    const top = note === undefined ? y + 4.5 : y - 3
    const texts = [svg("text", { x: String(x), y: String(top), class: "node-title" }, short(title))]
    if (note !== undefined)
      texts.push(svg("text", { x: String(x), y: String(y + 15), class: "node-note" }, short(note)))
    const parts = [svg("title", {}, note === undefined ? title : `${title}, ${note}`), box, ...texts]
    drawn.append(
      href === undefined ? svg("g", { class: "node here" }, ...parts) : svg("a", { href, class: "node" }, ...parts)
    )
  }
  return h("div", { class: "graph", tabindex: "0", role: "region", "aria-label": label }, drawn as unknown as Node)
}
