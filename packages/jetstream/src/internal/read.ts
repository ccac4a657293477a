/** What a message of the stream is to a relay. */
import * as Envelope from "@trackmap/core/Envelope"
import * as Result from "effect/Result"

/** An envelope; or one of a later format, which a newer relay reads; or something that nobody will ever read. */
export type Read =
  | { readonly _tag: "Envelope"; readonly envelope: Envelope.Envelope }
  | { readonly _tag: "Newer"; readonly reason: string }
  | { readonly _tag: "Unreadable"; readonly reason: string }

const decoder = new TextDecoder()

const parse = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(decoder.decode(body))
  } catch {
    return undefined
  }
}

const isNewer = (json: unknown): boolean => {
  const format = Envelope.isEnvelope(json) ? (json.format as unknown) : undefined
  return typeof format === "number" && Number.isInteger(format) && format > Envelope.format
}

const incomplete = "its relations have not been looked up: publish it by a relay of the outbox, which does that"

export const read = (body: Uint8Array): Read => {
  const json = parse(body)
  const decoded = Envelope.decodeUnknownResult(json)
  if (Result.isSuccess(decoded)) {
    const envelope = decoded.success
    return envelope.later === undefined ? { _tag: "Envelope", envelope } : { _tag: "Unreadable", reason: incomplete }
  }
  const { reason } = decoded.failure
  return isNewer(json) ? { _tag: "Newer", reason } : { _tag: "Unreadable", reason }
}
