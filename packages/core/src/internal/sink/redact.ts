import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Message } from "../../Message.ts"
import * as TrackedEvent from "../../TrackedEvent.ts"
import * as hmac from "./hmac.ts"
import type { EventSink, Redaction } from "./model.ts"
import { opened } from "./sink.ts"

export const redact = <E, R>(self: EventSink<E, R>, redaction: Redaction): EventSink<E, R> =>
  opened(self, (open, _, plan) => {
    const personal = new Map(
      Object.values(plan?.events ?? {}).map((event) => [event.name, TrackedEvent.personalKeys(event)] as const)
    )
    const everyPersonal = new Set<string>()
    for (const keys of personal.values()) for (const key of keys) everyPersonal.add(key)
    const keysOf = (message: Message): ReadonlySet<string> =>
      message.type === "track" ? (personal.get(message.event) ?? everyPersonal) : everyPersonal
    const hide = redaction === "drop" ? undefined : hmac.make(redaction.hash)
    const hidden = Effect.fnUntraced(function* (
      values: Readonly<Record<string, Schema.Json>>,
      keys: ReadonlySet<string>
    ) {
      const out: Array<readonly [string, Schema.Json]> = []
      for (const [key, value] of Object.entries(values)) {
        if (!keys.has(key)) out.push([key, value])
        else if (hide !== undefined && value !== null) out.push([key, yield* hide(value)])
      }
      // An assignment to "__proto__" would not add a key.
      return Object.fromEntries(out)
    })
    const redactOwn = (message: Message): Effect.Effect<Message> => {
      const keys = keysOf(message)
      if (message.type === "alias") return Effect.succeed(message)
      return "traits" in message
        ? Effect.map(hidden(message.traits, keys), (traits) => ({ ...message, traits }))
        : Effect.map(hidden(message.properties, keys), (properties) => ({ ...message, properties }))
    }
    const { redact: before } = open
    return { ...open, redact: before === undefined ? redactOwn : (one) => Effect.flatMap(before(one), redactOwn) }
  })
