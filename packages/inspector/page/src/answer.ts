/** The answers of the service to requests besides the stream. */

/** Sends a request to the service. */
export type Ask = (path: string, init?: RequestInit) => Promise<Response>

/** The answer, or why there is none, for people. */
export type Answer<A> = { readonly value: A } | { readonly error: string }

/** Reads the JSON of a response. */
export const answerOf = async <A>(asked: Promise<Response>): Promise<Answer<A>> => {
  let response: Response
  try {
    response = await asked
  } catch {
    return { error: "The service does not respond." }
  }
  try {
    const json = (await response.json()) as A & { readonly error?: string }
    if (response.ok) return { value: json }
    if (json.error !== undefined) return { error: json.error }
  } catch {
    // A proxy can answer in place of the service.
  }
  return { error: `The service responded ${String(response.status)}.` }
}

/** A request that sends JSON. */
export const post = (body: unknown, signal?: AbortSignal): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
  ...(signal !== undefined && { signal })
})
