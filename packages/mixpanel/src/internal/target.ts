import * as HttpSink from "@trackmap/core/HttpSink"
import type * as SendError from "@trackmap/core/SendError"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Settings } from "./event.ts"
import { endpoints, type Resolved } from "./options.ts"
import type { Path } from "./requests.ts"

/** Where an opened sink sends. */
export interface Target extends Settings {
  readonly name: string
  readonly endpoints: { readonly [P in Path]: HttpSink.Endpoint }
  /** Secrets that no reason repeats, even if Mixpanel's response does. */
  readonly secrets: ReadonlyArray<string>
}

/** Checks the addresses. */
export const make = Effect.fnUntraced(function* (options: Resolved): Effect.fn.Return<Target, SendError.Misconfigured> {
  const { endpoint, gzip, name, serviceAccount, timeout } = options
  const token = Redacted.value(options.token)
  const secret = serviceAccount ? Redacted.value(serviceAccount.secret) : ""
  const authorization = HttpSink.basicAuth(serviceAccount?.username ?? token, secret)
  const project = serviceAccount && { project_id: serviceAccount.projectId }
  const query = { strict: "1", ...project }
  const url = HttpSink.regional(endpoints, endpoint)
  // Updates contain the token, and Mixpanel cannot decompress them ("Set Property"). Without `strict` and `verbose` it always responds
  // with 200 and one digit.
  const update = { url, timeout, query: { strict: "1", verbose: "1" } }
  return {
    ...options,
    token,
    endpoints: yield* Effect.all({
      "/import": HttpSink.endpoint(name, { url, path: "/import", query, headers: { authorization }, gzip, timeout }),
      "/groups": HttpSink.endpoint(name, { ...update, path: "/groups" }),
      "/engage": HttpSink.endpoint(name, { ...update, path: "/engage" })
    }),
    secrets: [token, Redacted.value(authorization).slice("Basic ".length), secret].filter((text) => text !== "")
  }
})
