import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { type Editor, open } from "./editor.ts"

describe("in an editor", () => {
  let editor: Editor
  beforeAll(async () => {
    editor = await open(join(import.meta.dirname, "fixtures/editor.ts"))
  })
  afterAll(() => editor.close())
  const hover: Editor["hover"] = (fragment) => editor.hover(fragment)
  const problemAt: Editor["problemAt"] = (fragment) => editor.problemAt(fragment)

  it("hovering a tracked value shows plain keys", async () => {
    assert.strictEqual(
      (await hover("tracked ")).replaceAll(/\s+/g, " "),
      "const tracked: { readonly Manufacturer_id?: number; readonly Manufacturer_name?: string; readonly OrderLine_id: number; readonly OrderLine_qty: number; readonly Product_id: number; readonly Product_price: number; }"
    )
  })

  it("a row that lacks a field is refused with that field's name", async () => {
    assert.match(await problemAt("lacking ="), /Property 'product' is missing in type '{ id: number; qty: number; }'/)
  })

  it("a resolver of the wrong kind of row is refused with the fields that do not fit and who needs them", async () => {
    assert.match(
      await problemAt("wrongRows ="),
      /"the rows of this resolver have no fitting \\"name\\", which Manufacturer needs"/
    )
  })

  it("an omission of a relation that is not there is refused by its name", async () => {
    assert.match(await problemAt("omitted ="), /OrderLine has no relation \\"produkt\\"/)
  })

  it("a valuation without Effect is refused where the resolvers need one", async () => {
    assert.match(
      await problemAt("effectful ="),
      /OrderLine has resolvers that do not answer at once: use Entity\.values/
    )
  })

  it("an aggregate of an attribute that is no number is refused by its name", async () => {
    assert.match(await problemAt("aggregated ="), /Refused<"name of Manufacturer is not a number">/)
  })

  it("attributes of a Standard Schema are plain keys too, typed as what it puts out", async () => {
    assert.strictEqual(
      (await hover("parcel ")).replaceAll(/\s+/g, " "),
      "const parcel: { readonly Parcel_id: number; readonly Parcel_note?: string; readonly Parcel_sentAt: string; }"
    )
  })

  it("a row that lacks the field of a Standard Schema is refused with that field's name", async () => {
    assert.match(await problemAt("unsent ="), /Property 'sentAt' is missing in type '{ id: number; }'/)
  })

  it("a Standard Schema that puts out no JSON is refused where it is given, with what to do", async () => {
    assert.match(
      await problemAt("dated ="),
      /'ZodDate'.*"the output of this schema is not JSON: transform it to a string, a number or other JSON"/s
    )
  })

  it("a key that is no attribute is refused with those there are", async () => {
    assert.match(await problemAt("unkeyed ="), /Type '"uuid"' is not assignable to type '"id"'/)
  })
})
