import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Inspector } from "@trackmap/inspector"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import { isHttpServerError } from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { headers, problem } from "./answer.ts"
import { guard } from "./guard.ts"
import { routes } from "./routes.ts"
import { session } from "./session.ts"

const stylesheet = HttpRouter.route(
  "GET",
  "/shop.css",
  HttpServerResponse.text(readFileSync(join(import.meta.dirname, "shop.css"), "utf8"), {
    headers,
    contentType: "text/css; charset=utf-8"
  })
)

/** The methods of each of the shop's paths: `/orders/:order` matches any path of two parts that starts like it. */
const shapes = [...routes, stylesheet].map(({ method, path }) => ({
  method,
  shape: new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}/?$`)
}))

/** The error for an unknown path, or for the wrong method. */
const nowhere = Effect.map(HttpServerRequest.HttpServerRequest, ({ method, url }) => {
  const path = url.replace(/[?#].*$/s, "")
  const allowed = shapes.filter(({ shape }) => shape.test(path)).map((known) => known.method)
  // If a known path was not found, one of its parameters is invalid.
  if (allowed.length === 0 || allowed.includes(method as never)) return problem(404, "There is no such page.")
  return HttpServerResponse.setHeader(
    problem(405, `This page does not support ${method.slice(0, 20)}.`),
    "allow",
    [...new Set(allowed)].join(", ")
  )
})

const isNowhere = (error: unknown): boolean => isHttpServerError(error) && error.reason._tag === "RouteNotFound"

/** Applies to all routes, including the inspector's. */
const front = HttpRouter.middleware(
  (answer) =>
    Effect.matchEffect(guard, {
      onFailure: ({ reason, status }) => Effect.succeed(problem(status, reason)),
      onSuccess: () => answer.pipe(Effect.catch((error) => (isNowhere(error) ? nowhere : Effect.fail(error))))
    }),
  { global: true }
)

/** The shop, and the inspector beside it. */
export const app = Layer.mergeAll(
  front,
  Inspector.routes(),
  HttpRouter.addAll([stylesheet]),
  HttpRouter.addAll(routes).pipe(Layer.provide(session.layer))
)

/** The requested port cannot be used. */
export class PortTaken extends Schema.TaggedError<PortTaken>()("PortTaken", {
  port: Schema.Int,
  code: Schema.String
}) {
  override get message(): string {
    return this.code === "EADDRINUSE"
      ? `Port ${this.port} is taken. Try another one with --port, or omit --port.`
      : `Port ${this.port} cannot be used (${this.code}). Try another one with --port, or omit --port.`
  }
}

const usual = 4_000

const listeningAt = (port: number) =>
  NodeHttpServer.layerServer(createServer, { port, host: "127.0.0.1", gracefulShutdownTimeout: "1 second" }).pipe(
    Layer.catch(({ cause }) => {
      const code = String((cause as NodeJS.ErrnoException).code)
      return Layer.effect(HttpServer.HttpServer, new PortTaken({ port, code }))
    })
  )

/** Listens on the requested port; by default on the usual one, or on any free port if that is taken. Only this machine can reach it. */
export const listening = (asked: Option.Option<number>) =>
  Option.match(asked, {
    onSome: listeningAt,
    onNone: () => listeningAt(usual).pipe(Layer.catch(() => listeningAt(0)))
  })

/** Serves the shop. */
export const layer = HttpRouter.serve(app, { disableLogger: true, disableListenLog: true })
