import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { type Editor, open } from "../../core/test/editor.ts"

describe("in an editor", () => {
  let editor: Editor
  beforeAll(async () => {
    editor = await open(join(import.meta.dirname, "fixtures/editor.ts"))
  })
  afterAll(() => editor.close())
  const problemAt: Editor["problemAt"] = (fragment) => editor.problemAt(fragment)

  it("hovering awaited values shows plain keys, optional where an async resolver can come back empty", async () => {
    assert.strictEqual(
      (await editor.hover("values ")).replaceAll(/\s+/g, " "),
      "const values: { readonly Manufacturer_id?: number; readonly Manufacturer_name?: string; readonly OrderLine_double: number; readonly OrderLine_id: number; readonly OrderLine_qty: number; readonly Product_id: number; readonly Product_price: number; }"
    )
  })

  it("a row that lacks a field is refused with that field's name", async () => {
    assert.match(await problemAt("lacking ="), /Property 'productId' is missing in type '{ id: number; qty: number; }'/)
  })

  it("a wrong property is refused with those there are", async () => {
    assert.match(await problemAt("wrongProperty ="), /Type '"fax"' is not assignable to type '"phone" \| "shop"'/)
  })

  it("a missing entity is refused by its name", async () => {
    assert.match(await problemAt("missingEntity ="), /Property 'orderLine' is missing/)
  })

  it("a resolver of the wrong kind of row is refused with the fields that do not fit and who needs them", async () => {
    assert.match(
      await problemAt("wrongRows ="),
      /"the rows of this resolver have no fitting \\"name\\", which Manufacturer needs"/
    )
  })

  it("a valuation that does not wait is refused where resolvers give promises", async () => {
    assert.match(await problemAt("synchronous ="), /OrderLine has resolvers that/)
  })

  it("a computed attribute of another type than its schema's is refused with both", async () => {
    assert.match(await problemAt("wrongComputed ="), /Promise<number>.*string/s)
  })

  it("a sink that gives no outcomes is refused", async () => {
    assert.match(await problemAt("wrongSink ="), /Promise<number>/)
  })

  it("the compiler refuses resolvers that need Effect services, naming the event or the entity", async () => {
    assert.match(
      await problemAt("unprovided ="),
      /serves has resolvers that need Effect services: pass them to Tracking\.make/
    )
    assert.match(await problemAt("unprovidedValues ="), /Served has resolvers that need Effect services/)
  })
})
