import * as DefinitionError from "@trackmap/core/DefinitionError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpEffect from "effect/http/HttpEffect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as access from "./access.ts"
import * as assets from "./assets.ts"
import { type InspectorImpl, seats } from "./inspector.ts"
import { logDefect } from "./logDefect.ts"
import * as outbox from "./outbox/routes.ts"
import type { Refused } from "./asking/Refused.ts"
import * as stream from "./stream.ts"
import * as warehouse from "./warehouse/routes.ts"

export interface Settings {
  readonly path: HttpRouter.PathInput
  readonly access: access.Access
  readonly readOnly: boolean
}

type Response = HttpServerResponse.HttpServerResponse
type Request = HttpServerRequest.HttpServerRequest

/** Checks the options of the page. */
export const settingsOf = (options: {
  readonly path?: string | undefined
  readonly token?: Redacted.Redacted<string> | undefined
  readonly hosts?: ReadonlyArray<string> | undefined
  readonly readOnly?: boolean | undefined
}): Settings => {
  const { hosts, path = "/inspector", readOnly = false, token } = options
  if (!/^(?:\/|(?:\/[A-Za-z0-9._~-]*[A-Za-z0-9_~-])+)$/.test(path)) {
    const detail = `the inspector's path must look like "/inspector" or "/internal/inspector", not "${path}"`
    throw new DefinitionError.DefinitionError({ entity: "Inspector", reason: "BadPath", paths: [path], detail })
  }
  return { path: path as HttpRouter.PathInput, access: access.make(token, hosts), readOnly }
}

const protection = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'none'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin"
}

const refused = (status: number, error: string, headers?: Readonly<Record<string, string>>): Response =>
  HttpServerResponse.jsonUnsafe({ error }, { status, headers: headers ?? {} })

const notFound = (what: string): Response => refused(404, `There is no ${what} here.`)

/** A closing Node server waits for open connections, and a stream would never end. */
const isClosing = ({ source }: Request): boolean =>
  (source as { readonly socket?: { readonly server?: { readonly listening?: boolean } } }).socket?.server?.listening ===
  false

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const streamed = Effect.fnUntraced(function* (inspector: InspectorImpl, readOnly: boolean, request: Request) {
  const contentType = "text/event-stream; charset=utf-8"
  if (request.method === "HEAD")
    return HttpServerResponse.empty({ status: 200, headers: { "content-type": contentType } })
  if (!(yield* inspector.seat)) {
    return inspector.closed
      ? refused(503, "The inspector is closing.")
      : refused(503, `${seats} pages are already connected: close one of them.`)
  }
  const revision = stream.revisionOf(request.headers["last-event-id"], inspector)
  return HttpServerResponse.stream(
    stream.of(inspector, revision, readOnly, () => isClosing(request)),
    // Compression and buffering would delay events.
    { contentType, headers: { "cache-control": "no-store, no-transform", "x-accel-buffering": "no" } }
  )
})

const opened = (inspector: InspectorImpl, written: string): Effect.Effect<Response> => {
  const id = decoded(written)
  if (id === undefined) return Effect.succeed(notFound("event"))
  return Effect.map(inspector.event(id), (event) =>
    event === undefined
      ? refused(404, "The inspector does not have this event, or has already discarded it.")
      : HttpServerResponse.jsonUnsafe(event)
  )
}

const eventPath = /^\/api\/events\/([^/]{1,400})$/

/** The answer of what is mounted beside the tracker, or undefined if the path is another. */
const ofMounted = (
  { explorer, knowledge, watch }: InspectorImpl,
  readOnly: boolean,
  request: Request,
  path: string
): Effect.Effect<Response> | undefined => {
  const asked: Effect.Effect<unknown, Refused> | undefined =
    (watch && outbox.answer(watch.outbox, knowledge, readOnly, request, path)) ??
    (explorer && warehouse.answer(explorer, request, path))
  return (
    asked &&
    Effect.match(asked, {
      onSuccess: (answer) => HttpServerResponse.jsonUnsafe(answer),
      onFailure: ({ error, status }) => refused(status, error)
    })
  )
}

const posts: ReadonlySet<string> = new Set([outbox.replayPath, ...warehouse.posts])

const answered = (
  inspector: InspectorImpl,
  readOnly: boolean,
  request: Request,
  path: string
): Effect.Effect<Response, never, Scope.Scope> => {
  if (path === "/api/stream") return streamed(inspector, readOnly, request)
  const mounted = ofMounted(inspector, readOnly, request, path)
  if (mounted !== undefined) return mounted
  const id = eventPath.exec(path)?.[1]
  if (id !== undefined) return opened(inspector, id)
  const name = path === "/" ? "index.html" : path.slice(1)
  return assets.get(name, request.headers["accept-encoding"]) ?? Effect.succeed(notFound("such page"))
}

const pathOf = (url: string): string => /^[^?;#]*/.exec(url)![0]

/** Responds to a request below the inspector's path. */
const answer = (
  inspector: InspectorImpl,
  settings: Settings,
  request: Request,
  path: string
): Effect.Effect<Response, never, Scope.Scope> => {
  const { method } = request
  const isPage = !path.startsWith("/api/")
  return Effect.flatMap(access.refusalOf(settings.access, request, isPage), (refusal) => {
    if (refusal !== undefined) {
      const { error, status } = refusal
      return Effect.succeed(refused(status, error, status === 401 ? { "www-authenticate": "Bearer" } : {}))
    }
    const allowed = posts.has(path) ? ["POST"] : ["GET", "HEAD"]
    if (!allowed.includes(method)) {
      return Effect.succeed(refused(405, `Use ${allowed.join(" or ")}.`, { allow: allowed.join(", ") }))
    }
    // This is relative to the requested address, so it cannot lead elsewhere.
    if (path === "") {
      const location = `./${settings.path.slice(settings.path.lastIndexOf("/") + 1)}/`
      return Effect.succeed(HttpServerResponse.empty({ status: 307, headers: { location } }))
    }
    return answered(inspector, settings.readOnly, request, path)
  }).pipe(
    Effect.catchDefect((defect) =>
      Effect.as(
        logDefect("the inspector could not respond", defect),
        refused(500, "The inspector could not respond: see the service's log.")
      )
    ),
    Effect.map((response) =>
      HttpServerResponse.setHeaders(response, {
        "cache-control": "no-store",
        ...response.headers,
        ...protection
      })
    )
  )
}

/** Adds the routes to the context's router. */
export const routes = (
  inspector: InspectorImpl,
  settings: Settings
): Effect.Effect<void, never, HttpRouter.HttpRouter> =>
  Effect.flatMap(HttpRouter.HttpRouter, (router) => {
    const isRoot = settings.path === "/"
    const mounted = isRoot ? router : router.prefixed(settings.path)
    return mounted.add("*", isRoot ? "*" : "/*", (request) => {
      const path = pathOf(request.url)
      // The path with and without a trailing slash is one route.
      const isBare = path === "/" && !pathOf(request.originalUrl).endsWith("/")
      return answer(inspector, settings, request, isBare ? "" : path)
    })
  })

/** The origin of a request, as far as the server reports it. */
class Remote extends Context.Service<Remote, Option.Option<string>>()("@trackmap/inspector/Remote") {}

/** The rest of the path, or undefined if the address is outside it. */
const below = (path: string, url: string): string | undefined => {
  const asked = pathOf(url)
  if (path === "/") return asked
  if (asked === path) return ""
  return asked.startsWith(`${path}/`) ? asked.slice(path.length) : undefined
}

/** Some servers have the host only in the address. */
const withHost = (request: Request): Request["headers"] => {
  const { headers } = request
  if (headers["host"] !== undefined || !URL.canParse(request.originalUrl)) return headers
  return Object.assign(Object.create(Object.getPrototypeOf(headers) as object | null), headers, {
    host: new URL(request.originalUrl).host
  }) as Request["headers"]
}

export type Handler = (
  request: globalThis.Request,
  info?: { readonly remoteAddress?: string | undefined }
) => Promise<globalThis.Response>

/** The fetch handler. */
export const handler = (inspector: InspectorImpl, settings: Settings): Effect.Effect<Handler> =>
  Effect.map(Effect.context<never>(), (context) => {
    const handle = HttpEffect.toWebHandlerWith<never, HttpServerRequest.HttpServerRequest | Scope.Scope | Remote>(
      context
    )(
      Effect.gen(function* () {
        const given = yield* HttpServerRequest.HttpServerRequest
        const request = given.modify({ remoteAddress: yield* Remote, headers: withHost(given) })
        const path = below(settings.path, request.url)
        return yield* answer(inspector, settings, request, path ?? "/api/")
      })
    ) as (request: globalThis.Request, context: Context.Context<Remote>) => Promise<globalThis.Response>
    return (request, info) => handle(request, Context.make(Remote, Option.fromUndefinedOr(info?.remoteAddress)))
  })
