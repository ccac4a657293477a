/** Requests to the service, besides the stream. */
import { token } from "./token.ts"

/** Sends a request, with the token if there is one. */
export const ask = (path: string, { headers, ...init }: RequestInit = {}): Promise<Response> => {
  const sent = new Headers(headers)
  sent.set("Accept", "application/json")
  const used = token()
  if (used !== undefined) sent.set("Authorization", `Bearer ${used}`)
  return fetch(`./api/${path}`, { ...init, headers: sent, cache: "no-store" })
}
