import { Actor } from "@trackmap/node"
import type { FastifyInstance } from "fastify"
import { tracking } from "./tracking.ts"

/** Adds the actor of everything that a request tracks. Here a header names the user: use your authentication in its place. */
export const addTracking = (app: FastifyInstance): void => {
  app.addHook("preHandler", ({ headers, ip }, _reply, done) =>
    Actor.run({ userId: headers["x-user-id"]?.toString(), context: { ...Actor.contextOf(headers), ip } }, done)
  )
  // By then, pending requests are finished and tracked.
  app.addHook("onClose", () => tracking.close())
}
