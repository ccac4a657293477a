import { Actor, Redacted, TrackedEvent, type Tracking } from "@trackmap/node"
import { Segment } from "@trackmap/segment"

export interface Env {
  readonly SEGMENT_WRITE_KEY: string
  readonly SEGMENT_ENDPOINT: string
}

export const sinkOf = (env: Env) =>
  Segment.sink({ writeKey: Redacted.make(env.SEGMENT_WRITE_KEY), endpoint: env.SEGMENT_ENDPOINT })

const OrderSeen = TrackedEvent.make("orderSeen")
const OrderPlaced = TrackedEvent.make("orderPlaced")

/** Tracks two events in one turn, and responds with the tracking's counts so far. */
export const answer = async (tracking: Tracking.Tracking, request: Request): Promise<Response> => {
  const userId = new URL(request.url).searchParams.get("user") ?? undefined
  try {
    await Actor.run({ userId }, async () => {
      await tracking.track(OrderSeen, {})
      await tracking.track(OrderPlaced, {})
    })
    return Response.json(tracking.metrics())
  } catch (error) {
    return new Response(String(error), { status: 500 })
  }
}
