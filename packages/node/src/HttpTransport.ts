/**
 * The HTTP client of sinks: core's `HttpTransport`, and a layer on `node:http` that keeps connections, with options for proxies and
 * certificates.
 *
 * @module
 */
import { DefinitionError } from "@trackmap/core/DefinitionError"
import { callback, HttpTransport } from "@trackmap/core/HttpTransport"
import * as Effect from "effect/Effect"
import type * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import type * as https from "node:https"
import { millisOf } from "./internal/millis.ts"
import { agentsOf, sendWith } from "./internal/nodeHttp.ts"

export * from "@trackmap/core/HttpTransport"

/**
 * Node's own options of an agent, such as `maxSockets`, `timeout`, `proxyEnv` (Node 24.5: `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` of an
 * environment), and those of TLS: `ca`, `cert`, `key`, `servername`.
 *
 * - `maxSockets`: the maximum number of connections to one host. Further requests wait for their turn. Default: 64.
 * - `timeout`: how long a connection waits for its next request, in milliseconds, or less if the server says so. Default: 4,000, because many
 *   servers close it after 5 seconds.
 * - `proxyEnv`: by default the proxies that Node uses, with `NODE_USE_ENV_PROXY=1` or `--use-env-proxy`.
 */
export interface NodeHttpOptions extends https.AgentOptions {
  /** The maximum age of a connection, so that sinks notice when a host moves. A number is milliseconds. Default: 1 minute. */
  readonly maxAge?: Duration.Input | undefined
}

const hasProxies = (): boolean => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  return major > 24 || (major === 24 && minor >= 5)
}

/**
 * Posts with `node:http` and `node:https`, on kept connections, with less CPU than `fetch`. The connections close with the layer. The transport
 * follows no redirects, and ignores the configuration of `fetch`.
 *
 * @example
 * ```ts
 * import { HttpTransport } from "@trackmap/node"
 * import { readFileSync } from "node:fs"
 *
 * export const transport = (ca: string) =>
 *   HttpTransport.layerNodeHttp({ proxyEnv: process.env, ca: readFileSync(ca), maxSockets: 4 })
 * ```
 */
export const layerNodeHttp = ({
  maxAge = "1 minute",
  ...options
}: NodeHttpOptions = {}): Layer.Layer<HttpTransport> => {
  if (options.proxyEnv !== undefined && !hasProxies()) {
    throw new DefinitionError({
      entity: "HttpTransport",
      reason: "BadLimit",
      paths: ["proxyEnv"],
      detail: `proxyEnv needs Node.js 24.5: Node.js ${process.versions.node} would ignore it`
    })
  }
  const age = millisOf("maxAge", maxAge, "HttpTransport")
  const agents = Effect.acquireRelease(
    Effect.sync(() => agentsOf(options, age)),
    (made) => Effect.sync(made.destroy)
  )
  return Layer.effect(
    HttpTransport,
    Effect.map(agents, (made) => callback(sendWith(made)))
  )
}
