import { Actor, Redacted, Tracking } from "@trackmap/node"
import { Segment } from "@trackmap/segment"
import { after } from "next/server"
import { ZodError } from "zod"
import { open } from "../../../apps/examples/src/wholesale/shop.ts"

export const shop = open()

export const tracking = Tracking.make({
  plan: shop.plan,
  sinks: Segment.sink({
    writeKey: Redacted.make(process.env["SEGMENT_WRITE_KEY"] ?? "not known while this is built"),
    endpoint: process.env["SEGMENT_ENDPOINT"]
  }),
  // Next does not end, and a platform does not freeze it, before all tracked messages are delivered.
  waitUntil: (promise) => after(() => promise)
})

type Handler = (request: Request, route: { readonly params: Promise<{ readonly id: string }> }) => Promise<Response>

/** A route handler whose requester is the actor. */
export const tracked =
  (handler: Handler): Handler =>
  (request, route) => {
    const context = { ...Actor.contextOf(request.headers), ip: request.headers.get("x-forwarded-for") ?? undefined }
    return Actor.run({ userId: request.headers.get("x-user-id") ?? undefined, context }, async () => {
      try {
        return await handler(request, route)
      } catch (error) {
        if (error instanceof ZodError || error instanceof SyntaxError)
          return Response.json({ problem: error.message }, { status: 400 })
        throw error
      }
    })
  }
