import * as Schema from "effect/Schema"
import { assert, describe, it } from "vitest"
import { refusal } from "../test/refusal.ts"
import { Entity, Plan, TrackedEvent } from "./index.ts"

const Item = Entity.make("Item", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })
type AnyEntity = Entity.Any

/** An entity that counts how often a definition looks at it. */
const watched = (entity: AnyEntity): { readonly entity: AnyEntity; readonly looks: () => number } => {
  let looks = 0
  const get = (target: object, property: string | symbol, receiver: unknown): unknown => {
    looks++
    return Reflect.get(target, property, receiver)
  }
  return { entity: new Proxy<AnyEntity>(entity, { get }), looks: () => looks }
}

const related = (count: number, target: AnyEntity): AnyEntity => {
  let entity: AnyEntity = Entity.make("Line", { key: "id", attributes: { id: Schema.Int } })
  for (let i = 0; i < count; i++) entity = Entity.one(entity, `r${i}`, target, () => null, { prefix: `R${i}` })
  return entity
}

/** The looks of n steps, and of twice as many. */
const growth = (looks: (steps: number) => number): readonly [number, number] => [looks(50), looks(100)]

describe("a definition", () => {
  it("looks at the target of each relation as often, however many there are", () => {
    const [some, twice] = growth((count) => {
      const { entity, looks } = watched(Item)
      related(count, entity)
      return looks()
    })
    assert.isAbove(some, 0)
    assert.strictEqual(twice, 2 * some)
  })

  it("looks at a target only a few times more to omit all relations to it", () => {
    const [some, twice] = growth((count) => {
      const { entity, looks } = watched(Item)
      const line = related(count, entity)
      const before = looks()
      const names = Array.from({ length: count - 1 }, (_, i) => `r${i}`)
      assert.deepStrictEqual(Object.keys(Entity.omit(line, ...(names as Array<never>)).relations), [`r${count - 1}`])
      return looks() - before
    })
    assert.strictEqual(twice, some)
  })

  it("looks at an entity of a plan once, however many events are about it", () => {
    const [some, twice] = growth((count) => {
      const { entity, looks } = watched(Item)
      const events = Array.from({ length: count }, (_, i) => TrackedEvent.make(`e${i}`, { entities: { line: entity } }))
      const before = looks()
      Plan.make(...events)
      return looks() - before
    })
    // A few looks for all, and one for each event, to find out that it is the same entity.
    assert.isAtMost(twice - some, 50)
  })

  it("of thousands of relations, computed attributes and properties has all their keys", () => {
    let entity = related(2_000, Item)
    for (let i = 0; i < 2_000; i++) entity = Entity.computed(entity, `c${i}`, Schema.Int, () => i)
    const properties = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`p${i}`, Schema.Int]))
    const keys = TrackedEvent.keys(TrackedEvent.make("grown", { entities: { entity }, properties }))
    assert.strictEqual(new Set(keys).size, 1_000 + 1 + 2_000 + 2 * 2_000)
    assert.include(keys, "R1999_name")
    assert.include(keys, "Line_c1999")
  })

  it("refuses a key that is written twice at the step that writes it, and goes on from the step before", () => {
    const line = related(3, Item)
    const twice = refusal(() => Entity.one(line, "more", Item, () => null, { prefix: "R1" }))
    assert.include(twice.message, "R1_id (Line.r1.id and Line.more.id)")
    const Both = Item.pipe(Entity.computed("both", Schema.Int, () => 1))
    assert.include(refusal(() => Entity.computed(Both, "both", Schema.Int, () => 1)).message, "Item_both")
    const more = Entity.one(line, "more", Item, () => null, { prefix: "R3" })
    assert.deepStrictEqual(Object.keys(more.relations), ["r0", "r1", "r2", "more"])
    assert.deepStrictEqual(Object.keys(line.relations), ["r0", "r1", "r2"])
  })

  it("leaves the entity that it extends as it is, also where it is extended twice", () => {
    const left = Entity.computed(Item, "left", Schema.Int, () => 1)
    const right = Entity.computed(Item, "right", Schema.Int, () => 2)
    assert.deepStrictEqual(Entity.valuesSync(left, { id: 1, name: "a" }), { Item_id: 1, Item_name: "a", Item_left: 1 })
    assert.deepStrictEqual(Entity.valuesSync(right, { id: 1, name: "a" }), {
      Item_id: 1,
      Item_name: "a",
      Item_right: 2
    })
    assert.deepStrictEqual(Object.keys(Item.attributes), ["id", "name"])
  })
})
