import { Actor } from "@trackmap/core"
import * as Effect from "effect/Effect"

/** Tracks a buyer's actions as theirs, in the group of their company. */
export const asBuyer = (buyer: { readonly id: number; readonly retailCompanyId: number }) =>
  Actor.as({ userId: String(buyer.id), context: { groupId: String(buyer.retailCompanyId) } })

/** The context of a request. */
export const from = (where: { readonly ip?: string; readonly userAgent?: string }) => Actor.as({ context: where })

/** The actor of automatic actions: the warehouse, the manufacturers' price lists. The person who triggers one is not its actor. */
export const asSystem = (name: string) =>
  Effect.provideService(Actor.Actor, { userId: name, context: { userAgent: "Wholesale/1.0" } })
