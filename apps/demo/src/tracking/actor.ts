import { Actor } from "@trackmap/core"

/** Has what a buyer does tracked as theirs, for the company that they buy for. */
export const asBuyer = (buyer: { readonly id: number; readonly retailCompanyId: number }) =>
  Actor.as({
    userId: String(buyer.id),
    context: { groupId: String(buyer.retailCompanyId), ip: "203.0.113.7", userAgent: "Wholesale/1.0" }
  })

/** What nobody does by hand: the warehouse, the manufacturers' price lists. */
export const asSystem = (name: string) => Actor.as({ userId: name, context: { userAgent: "Wholesale/1.0" } })
