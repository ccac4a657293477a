import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { GraphNode } from "../../src/internal/protocol.ts"
import { type Layout, layOut } from "./graphLayout.ts"
import { detailOf, nodeOf } from "./samples.ts"

const { nodes } = detailOf()
const at = (layout: Layout, path: string) => layout.nodes.find(({ node }) => node.path === path)!

/** Some nodes, each of which hangs on one before it. */
const graphs = fc
  .array(fc.nat(), { minLength: 1, maxLength: 14 })
  .map((parents): ReadonlyArray<GraphNode> =>
    parents.map((parent, index) =>
      nodeOf(`n${String(index)}`, { parent: index === 0 ? undefined : `n${String(parent % index)}` })
    )
  )

describe("the picture of an event", () => {
  it("goes from left to right where there is room, each entity to the right of what it hangs on", () => {
    const layout = layOut(nodes, 900)!
    expect(layout.shape).toBe("across")
    expect(layout.width).toBeLessThanOrEqual(900)
    expect(at(layout, "OrderLine.product").x).toBeGreaterThan(at(layout, "OrderLine").x)
    expect(at(layout, "OrderLine.product").x).toBe(at(layout, "OrderLine.order").x)
  })

  it("goes from top to bottom where there is less, and is indented where there is least", () => {
    const down = layOut(nodes, 400)!
    expect(down.shape).toBe("down")
    expect(at(down, "OrderLine.product").y).toBeGreaterThan(at(down, "OrderLine").y)
    const indented = layOut(nodes, 290)!
    expect(indented.shape).toBe("indented")
    expect(indented.nodes.map(({ node }) => node.path)).toEqual(nodes.map(({ path }) => path))
  })

  it("is nothing for no nodes", () => {
    expect(layOut([], 400)).toBeUndefined()
  })

  it("hangs what has no parent that is known, or is its own, on the event itself", () => {
    const astray = [
      nodes[0]!,
      nodeOf("a", { parent: "nowhere" }),
      nodeOf("b", { parent: "c" }),
      nodeOf("c", { parent: "b" })
    ]
    const layout = layOut(astray, 900)!
    expect(layout.nodes.map(({ node }) => node.path).sort()).toEqual(["", "a", "b", "c"])
  })

  it("shows each node once, within its bounds, over no other, with a line to all but the first", () => {
    fc.assert(
      fc.property(graphs, fc.integer({ min: 220, max: 1_200 }), (graph, available) => {
        const { box, height, lines, nodes, width } = layOut(graph, available)!
        expect(nodes.map(({ node }) => node.path).sort()).toEqual(graph.map(({ path }) => path).sort())
        expect(lines.length).toBe(graph.length - 1)
        expect(width).toBeLessThanOrEqual(available)
        for (const one of nodes) {
          expect(one.x).toBeGreaterThanOrEqual(0)
          expect(one.y).toBeGreaterThanOrEqual(0)
          expect(one.x + box.width).toBeLessThanOrEqual(width + 0.01)
          expect(one.y + box.height).toBeLessThanOrEqual(height + 0.01)
          for (const other of nodes) {
            if (other === one) continue
            const apart =
              Math.abs(one.x - other.x) >= box.width - 0.01 || Math.abs(one.y - other.y) >= box.height - 0.01
            expect(apart).toBe(true)
          }
        }
      })
    )
  })
})
