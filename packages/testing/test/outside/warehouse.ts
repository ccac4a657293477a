import { EventSink, HttpSink, type Message, Receipt, SendError } from "@trackmap/core"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/** What the warehouse answers: how many rows it has taken, and those that it refuses. */
const Taken = Schema.Struct({
  taken: Schema.Int,
  refused: Schema.Array(Schema.Struct({ row: Schema.Int, why: Schema.String }))
})

const row = (message: Message.Message) => ({
  id: message.messageId,
  at: message.timestamp,
  who: message.userId ?? message.anonymousId ?? null,
  what: message.type === "track" ? message.event : message.type,
  data: "properties" in message ? message.properties : "traits" in message ? message.traits : {}
})

/** One outcome for each row, by the response to them. */
const interpret: HttpSink.Interpret = (response, { batch, now }) => {
  const failure = SendError.fromResponse(response, now)
  if (failure !== undefined) return failure
  const taken = Schema.decodeUnknownOption(Schema.fromJsonString(Taken))(response.text)
  if (Option.isNone(taken)) {
    return isJson(response.text)
      ? new SendError.Refused({ reason: "the warehouse did not take the rows" })
      : new SendError.Unavailable({ reason: "the response is not JSON" })
  }
  const { refused, taken: rows } = taken.value
  if (rows + refused.length !== batch.length) {
    return new SendError.Refused({ reason: "the warehouse did not take the rows" })
  }
  const why = new Map(refused.map((one) => [one.row, one.why]))
  return batch.map((_, index) => (why.has(index) ? Receipt.rejected(why.get(index)!) : Receipt.delivered))
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** A sink for a warehouse that nobody here knows. */
export const warehouse = (options: { readonly url: string; readonly key: Redacted.Redacted<string> }) =>
  HttpSink.make({
    name: "warehouse",
    limits: { messages: 100, bytes: 500_000, messageBytes: 20_000 },
    url: options.url,
    path: "/rows",
    headers: { authorization: HttpSink.bearer(options.key) },
    body: (batch) => JSON.stringify(batch.map(row)),
    interpret
  }).pipe(EventSink.retried())
