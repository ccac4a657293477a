import { Id, Payment } from "../../../../../../../apps/examples/src/wholesale/input.ts"
import { shop, tracked, tracking } from "../../../../tracking.ts"

export const POST = tracked(async (request, { params }) => {
  const properties = Payment.parse(await request.json())
  const order = await shop.place(Id.parse((await params).id))
  if (order === undefined) return new Response(null, { status: 409 })
  await tracking.track(shop.OrderPlaced, { order, properties })
  return Response.json(order.after)
})
