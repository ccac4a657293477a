import { Actor } from "@trackmap/node"

type Handler<Rest extends ReadonlyArray<unknown>> = (request: Request, ...rest: Rest) => Promise<Response>

/** A route handler with the actor of everything that it tracks. Here a header names the user: use your authentication in its place. */
export const tracked =
  <Rest extends ReadonlyArray<unknown>>(handler: Handler<Rest>): Handler<Rest> =>
  (request, ...rest) => {
    const userId = request.headers.get("x-user-id") ?? undefined
    return Actor.run({ userId, context: Actor.contextOf(request.headers) }, () => handler(request, ...rest))
  }
