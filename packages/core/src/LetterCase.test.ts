import { assert, describe, it } from "vitest"
import { LetterCase } from "./index.ts"

describe("snake_case", () => {
  it("separates words at underscores, spaces, dashes and capitals, as recase does", () => {
    assert.deepStrictEqual(
      ["orderLineUpdated", "Order Placed", "HTTPRequest", "page-view", "OrderLine_qty", "größeÄndern", "_"].map(
        LetterCase.snake
      ),
      ["order_line_updated", "order_placed", "http_request", "page_view", "order_line_qty", "größe_ändern", "_"]
    )
  })
})
