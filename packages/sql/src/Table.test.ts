import { DefinitionError } from "@trackmap/core"
import { assert, describe, it } from "vitest"
import { Column, Sql, Table } from "./index.ts"
import { sqlite } from "../test/database.ts"

/** The rule that a definition breaks, and its message. */
const refused = (define: () => unknown): readonly [string, string] => {
  try {
    define()
  } catch (error) {
    if (error instanceof DefinitionError.DefinitionError) return [error.reason, error.message]
    throw error
  }
  return ["", "nothing"]
}

const id = { id: Column.int }

describe("a table's description", () => {
  it("refuses a key that is no column", () => {
    // @ts-expect-error: there is no column uuid.
    const [reason, message] = refused(() => Table.make("products", { key: "uuid", columns: id }))
    assert.deepStrictEqual([reason, message], ["BadKey", `products: the key "uuid" is no column (it has id)`])
  })

  it("refuses a key that can be null", () => {
    const columns = { id: Column.nullable(Column.int) }
    // @ts-expect-error: the key is nullable.
    const [reason, message] = refused(() => Table.make("products", { key: "id", columns }))
    assert.deepStrictEqual(
      [reason, message],
      ["BadKey", `products: the key "id" cannot be nullable: a key identifies each row`]
    )
  })

  it("refuses a key of a kind that databases compare in their own ways", () => {
    // @ts-expect-error: a float is no key.
    const [reason, message] = refused(() => Table.make("products", { key: "id", columns: { id: Column.float } }))
    assert.deepStrictEqual(
      [reason, message],
      ["BadKey", `products: the key "id" cannot be float: use int, bigint, text, uuid, literals`]
    )
  })

  it("refuses two fields of one column", () => {
    const [reason, message] = refused(() =>
      Table.make("products", { key: "id", columns: { ...id, other: Column.named("id", Column.int) } })
    )
    assert.deepStrictEqual(
      [reason, message],
      ["DuplicateName", `products: id and other are both the column "id": remove one of them`]
    )
  })

  it("refuses names that no database has", () => {
    for (const define of [
      () => Table.make("", { key: "id", columns: id }),
      () => Table.make("a\0b", { key: "id", columns: id }),
      () => Table.make("products", { key: "id", columns: id, schema: "" }),
      () => Table.make("products", { key: "id", columns: { ...id, "": Column.int } }),
      () => Column.named("", Column.int)
    ]) {
      assert.strictEqual(refused(define)[0], "BadName")
    }
  })

  it("refuses what is no column and no table", () => {
    const { db } = sqlite()
    for (const define of [
      () => Table.make("products", { key: "id", columns: { ...id, name: "text" as never } }),
      () => Table.make("products", { key: "id", columns: null as never }),
      () => Column.nullable("text" as never),
      () => Column.array(Column.json as never),
      () => Column.literals([] as never),
      () => db.one("products" as never, "productId"),
      () => Sql.over({} as never),
      () => Sql.pg("postgres://" as never)
    ]) {
      assert.strictEqual(refused(define)[0], "BadPath")
    }
  })

  it("refuses a misspelt option", () => {
    const [, message] = refused(() => Table.make("products", { key: "id", columns: id, shema: "shop" } as never))
    assert.include(message, "did you mean schema?")
  })

  it("refuses a foreign key and an order that are no columns", () => {
    const { db } = sqlite()
    const lines = Table.make("lines", { key: "id", columns: { ...id, note: Column.json } })
    // @ts-expect-error: JSON is no key.
    assert.strictEqual(refused(() => db.many(lines, "note", "id"))[0], "BadKey")
    // @ts-expect-error: there is no column orderId.
    assert.strictEqual(refused(() => db.many(lines, "orderId", "id"))[0], "BadKey")
    // @ts-expect-error: there is no column at.
    assert.strictEqual(refused(() => db.many(lines, "id", "id", { orderBy: ["at"] }))[0], "BadPath")
    // @ts-expect-error: there is no such direction.
    assert.strictEqual(refused(() => db.many(lines, "id", "id", { orderBy: [["id", "down"]] }))[0], "BadPath")
    // @ts-expect-error: one field is not an array of fields.
    assert.strictEqual(refused(() => db.many(lines, "id", "id", { orderBy: "id" }))[0], "BadPath")
  })
})
