/**
 * How a batch goes out over HTTP: core's `HttpTransport`, and a layer on `node:http` that keeps connections, with proxies and certificates.
 *
 * @module
 */
import { DefinitionError } from "@trackmap/core/DefinitionError"
import { HttpTransport, make } from "@trackmap/core/HttpTransport"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as https from "node:https"
import { agentsOf, sendWith } from "./internal/nodeHttp.ts"

export * from "@trackmap/core/HttpTransport"

/**
 * Node's own options of an agent: `maxSockets`, `proxyEnv` (Node 24.5: `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` of an environment), and of TLS,
 * such as `ca`, `cert`, `key` and `servername`.
 */
export interface NodeHttpOptions extends https.AgentOptions {}

const hasProxies = (): boolean => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  return major > 24 || (major === 24 && minor >= 5)
}

/**
 * Over `node:http` and `node:https`. Connections are kept for the next batch, and are closed with the layer.
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
export const layerNodeHttp = (options: NodeHttpOptions = {}): Layer.Layer<HttpTransport> => {
  if (options.proxyEnv !== undefined && !hasProxies()) {
    throw new DefinitionError({
      entity: "HttpTransport",
      reason: "BadLimit",
      paths: ["proxyEnv"],
      detail: `this is Node ${process.versions.node}, and proxyEnv needs 24.5: it would be ignored`
    })
  }
  const agents = Effect.acquireRelease(
    Effect.sync(() => agentsOf({ keepAlive: true, ...options })),
    (made) => Effect.sync(() => Object.values(made).forEach((agent) => agent.destroy()))
  )
  return Layer.effect(
    HttpTransport,
    Effect.map(agents, (made) => make(sendWith(made)))
  )
}
