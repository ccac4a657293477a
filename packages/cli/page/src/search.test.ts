import { assert, describe, it } from "vitest"
import { type Entry, Search } from "./search.ts"

const entry = (what: Entry["what"], name: string, given: Partial<Entry> = {}): Entry => ({
  what,
  name,
  near: [],
  labels: [],
  text: "",
  far: [],
  traits: new Set(),
  isDeprecated: false,
  ...given
})

const person = new Set(["person" as const])

const entries = [
  entry("key", "Manufacturer_name", { near: ["Manufacturer", "manufacturers"], far: ["orderLineAdded"] }),
  entry("key", "Manufacturer_id", { near: ["Manufacturer", "manufacturers"], far: ["orderLineAdded"] }),
  entry("key", "Product_name", { near: ["Product", "products"], far: ["orderLineAdded"] }),
  entry("key", "Buyer_email", { near: ["Buyer"], far: ["orderPlaced"], traits: person }),
  entry("key", "Order_id", { near: ["Order"], far: ["orderPlaced"] }),
  entry("key", "Order_placedAt", { near: ["Order"], far: ["orderPlaced"], traits: new Set(["time"]) }),
  entry("key", "Order_lines_count", { near: ["OrderLine"], traits: new Set(["count"]) }),
  entry("event", "orderPlaced", { labels: ["sales", "checkout"], text: "A buyer pays", far: ["Order", "Buyer"] }),
  entry("event", "orderLineAdded", { far: ["Product", "Manufacturer"] }),
  entry("entity", "Buyer", { traits: person, far: ["orderPlaced"] }),
  entry("entity", "Manufacturer", { text: "The firm that makes a product" }),
  entry("key", "Order_sum", { isDeprecated: true }),
  entry("key", "Invoice_sum"),
  entry("gone", "orderDeleted")
]
const search = new Search(entries)
const found = (question: string): ReadonlyArray<string> => search.find(question).map(({ at }) => entries[at]!.name)

describe("the search", () => {
  it("answers what people ask, in their words", () => {
    for (const question of [
      "manufacturer's name",
      "which event has the manufacturer's name?",
      "Name of the manufacturers",
      "Manufacturer_name",
      "manufacturer name",
      "manufcturer name",
      "manufac nam"
    ]) {
      assert.strictEqual(found(question)[0], "Manufacturer_name", question)
    }
    assert.strictEqual(found("what does manufacturers load")[0]?.startsWith("Manufacturer"), true)
    assert.strictEqual(found("sales")[0], "orderPlaced")
    assert.strictEqual(found("events of the owner sales")[0], "orderPlaced")
    assert.strictEqual(found("firm")[0], "Manufacturer")
  })

  it("understands who, when and how many", () => {
    assert.strictEqual(entries[search.find("who orders")[0]!.at]!.traits.has("person"), true)
    assert.strictEqual(found("when was the order placed")[0], "Order_placedAt")
    assert.strictEqual(found("how many lines has an order")[0], "Order_lines_count")
  })

  it("puts a full name first, and what is deprecated or gone last", () => {
    assert.strictEqual(found("manufacturer")[0], "Manufacturer")
    assert.deepStrictEqual(found("sum"), ["Invoice_sum", "Order_sum"])
    assert.isAbove(found("order").indexOf("orderDeleted"), found("order").indexOf("orderLineAdded"))
  })

  it("finds parts of words where no word begins so", () => {
    assert.strictEqual(found("ufactur")[0]?.startsWith("Manufacturer"), true)
  })

  it("finds nothing for nothing, and what is closest for more words than there are", () => {
    assert.deepStrictEqual([found(""), found("?!"), found("zzzzzz")], [[], [], []])
    assert.strictEqual(found("manufacturer name zzzzzz")[0], "Manufacturer_name")
    assert.include(found("the event"), "orderPlaced")
  })

  it("returns no more than it is asked for", () => {
    assert.lengthOf(search.find("order", 3), 3)
  })
})
