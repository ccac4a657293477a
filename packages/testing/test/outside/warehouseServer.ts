import { type Fault, VendorServer } from "@trackmap/testing"

/** The warehouse on this machine: what it takes, and how it answers. */
export const warehouseVendor = (kept: Array<Fault.Message>): VendorServer.Vendor => ({
  limits: { messages: 100, bytes: 1_000_000 },
  read: ({ body, headers, path }) => {
    if (path !== "/rows") return VendorServer.json(404, { error: "there are rows, and nothing else" })
    if (headers["authorization"] !== "Bearer secret") return VendorServer.json(401, { error: "unknown key" })
    if (!Array.isArray(body)) return VendorServer.json(400, { error: "not a list of rows" })
    return {
      messages: body,
      commit: (refuses) => {
        const refused = [...body.keys()].filter((row) => refuses(body[row]))
        kept.push(...body.filter((_, row) => !refused.includes(row)))
        return VendorServer.json(200, {
          taken: body.length - refused.length,
          refused: refused.map((row) => ({ row, why: "no such table" }))
        })
      }
    }
  }
})
