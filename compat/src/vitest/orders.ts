import { Actor, type Tracking } from "@trackmap/node"
import { open } from "../worker/memory.ts"

/** The shop's rows and their events. */
export const shop = open()

/** A part of a service that receives the tracking as an argument. */
export const ordersOf = (tracking: Tracking.Tracking) => ({
  signIn: (userId: string, company: string) =>
    Actor.run({ userId }, async () => {
      await tracking.identify({ plan: "pro" })
      await tracking.group(company, { industry: "plumbing" })
    }),
  changeQty: async (id: number, qty: number) => {
    const orderLine = await shop.changeQty(id, qty)
    if (orderLine !== undefined) await tracking.track(shop.OrderLineUpdated, { orderLine })
  }
})
