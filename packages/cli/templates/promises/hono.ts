import { Actor } from "@trackmap/node"
import type { MiddlewareHandler } from "hono"
import { tracking } from "./tracking.ts"

/** The actor of everything that a request tracks. Here a header names the user: use your authentication in its place. */
export const actor: MiddlewareHandler = (c, next) =>
  Actor.run({ userId: c.req.header("x-user-id"), context: Actor.contextOf(c.req.raw.headers) }, next)

/** On shutdown, the server first answers its pending requests. Then tracking delivers its buffered messages. */
export const closeWith = (server: { readonly close: (done: () => void) => unknown }): void => {
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => server.close(() => void tracking.close()))
}
