import { Actor } from "@trackmap/core"
import * as Effect from "effect/Effect"

/** Has what a buyer does tracked as theirs, for the company that they buy for. */
export const asBuyer = (buyer: { readonly id: number; readonly retailCompanyId: number }) =>
  Actor.as({ userId: String(buyer.id), context: { groupId: String(buyer.retailCompanyId) } })

/** Where somebody acts from, and with what. */
export const from = (where: { readonly ip?: string; readonly userAgent?: string }) => Actor.as({ context: where })

/** What nobody does by hand: the warehouse, the manufacturers' price lists. Whoever asked for it is not the one who acts. */
export const asSystem = (name: string) =>
  Effect.provideService(Actor.Actor, { userId: name, context: { userAgent: "Wholesale/1.0" } })
