import { Id, Qty } from "../../../../../../apps/examples/src/wholesale/input.ts"
import { shop, tracked, tracking } from "../../../tracking.ts"

export const GET = tracked(async (request, { params }) => {
  const orderLine = await shop.orderLine(Id.parse((await params).id))
  if (orderLine === undefined) return new Response(null, { status: 404 })
  // Do not track a page as seen if the client has disconnected.
  await tracking.track(shop.OrderLineViewed, { orderLine }, { signal: request.signal })
  return Response.json(orderLine)
})

export const PATCH = tracked(async (request, { params }) => {
  const orderLine = await shop.changeQty(Id.parse((await params).id), Qty.parse(await request.json()).qty)
  if (orderLine === undefined) return new Response(null, { status: 404 })
  await tracking.track(shop.OrderLineUpdated, { orderLine })
  return Response.json(orderLine.after)
})
