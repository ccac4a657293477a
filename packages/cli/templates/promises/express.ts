import type { Server } from "node:http"
import { Actor } from "@trackmap/node"
import type { RequestHandler } from "express"
import { tracking } from "./tracking.ts"

/** The actor of everything that a request tracks. Here a header names the user: use your authentication in its place. */
export const actor: RequestHandler = (req, _res, next) =>
  Actor.run({ userId: req.get("x-user-id"), context: { ...Actor.contextOf(req.headers), ip: req.ip } }, next)

/** On shutdown, the server first answers its pending requests. Then tracking delivers its buffered messages. */
export const closeWith = (server: Server): void => {
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => server.close(() => tracking.close()))
}
