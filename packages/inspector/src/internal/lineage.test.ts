import { assert, describe, it } from "@effect/vitest"
import type { Lineage, Message } from "@trackmap/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { BasketPlaced, OrderLineUpdated, plan } from "../../test/wholesale.ts"
import { Knowledge } from "./knowledge.ts"
import * as lineage from "./lineage.ts"
import { Store } from "./store.ts"

const clock = Effect.runSync(Clock.Clock)
const message = (properties: Message.Track["properties"], context?: unknown): Message.Message =>
  ({ type: "track", event: "x", properties, messageId: "m", timestamp: "", context }) as Message.Message

const of = (
  event: typeof BasketPlaced | typeof OrderLineUpdated,
  given: Message.Message,
  ...resolutions: ReadonlyArray<Partial<Lineage.Resolution>>
) => {
  const knowledge = new Knowledge(plan, [])
  const entry = new Store({ capacity: 1, bytes: 1_000_000, rate: 1 }, clock).observe({ type: "track", event })!
  for (const resolution of resolutions) {
    entry.resolved({ path: "", outcome: "resolved", milliseconds: 1, batch: undefined, cached: false, ...resolution })
  }
  entry.tracked(given)
  return lineage.of(knowledge, entry)
}
const at = (origins: lineage.Origins, path: string) => origins.nodes.find((node) => node.path === path)!

describe("the origins of an event", () => {
  it("take of a node that was resolved several times the worst outcome, the longest time and the largest batch", () => {
    const path = "Basket.lines[].product"
    const lines = { path: "Basket.lines" }
    const [small, large] = [
      { keys: 1, callers: 1 },
      { keys: 3, callers: 2 }
    ]
    for (const order of [
      [
        { path, milliseconds: 5, batch: small, cached: true },
        { path, milliseconds: 2, batch: large, outcome: "missing" as const }
      ],
      [
        { path, milliseconds: 2, batch: large, outcome: "missing" as const, cached: true },
        { path, milliseconds: 5, batch: small }
      ]
    ]) {
      assert.deepInclude(at(of(BasketPlaced, message({}), lines, ...order), path), {
        outcome: "missing",
        milliseconds: 5,
        batch: large,
        cached: false
      })
    }
    assert.deepInclude(at(of(BasketPlaced, message({}), { path }, { path, outcome: "failed" }), path), {
      outcome: "failed",
      batch: undefined
    })
  })

  it("are told whatever the service itself calls violations", () => {
    const odd = [null, 3, "x", {}, { path: 1, expected: "a", actual: "b" }]
    for (const violations of [odd, "violations", 7, null]) {
      const { nodes } = of(OrderLineUpdated, message({ OrderLine_id: 1 }, { violations }), { path: "OrderLine.order" })
      assert.isTrue(nodes.every(({ reason }) => reason === undefined))
    }
  })

  it("find what is wrong below a path, and not what only begins like it", () => {
    const wrong = (path: string) => ({ path, expected: "an integer", actual: "a string of length 1" })
    const violations = [wrong("OrderLine.quantity"), wrong("OrderLine.qty[0].deep"), wrong("OrderLine.id.x")]
    const { keys } = of(OrderLineUpdated, message({}, { violations }))
    const states = Object.fromEntries(keys.map(({ key, state }) => [key, state]))
    assert.deepInclude(states, { OrderLine_qty: "refused", OrderLine_id: "refused", action: "absent" })
  })
})
