import * as Effect from "effect/Effect"
import type { Actor, Message, Tracker } from "../../src/index.ts"
import * as events from "./events.ts"
import type { Consents, Relation, TrackStep } from "./program.ts"

type Hangs = (who: string) => Effect.Effect<never>

/** Makes the call of a step. Its number is in the message. */
export const call = (
  tracker: Tracker.Service,
  { named, text, user, what }: TrackStep,
  number: number,
  hangs: Hangs
): Effect.Effect<Tracker.Tracked, unknown> => {
  const options = named ? { messageId: `id-${number}` } : undefined
  const row = { id: number, text: "x".repeat(text), email: events.secret }
  const properties = { number }
  switch (what._tag) {
    case "plain":
      return tracker.track(events.Plain, { line: row, properties }, options)
    case "ad":
      return tracker.track(events.Ad, { line: row, properties }, options)
    case "invalid":
      return tracker.track(events.Plain, { line: { ...row, text: 7 as never }, properties }, options)
    case "related":
    case "strict": {
      const { after = 0, relation } = what
      const product = (): Effect.Effect<events.ProductRow, string> =>
        Effect.andThen(Effect.sleep(after), resolve(relation, hangs))
      const event = what._tag === "related" ? events.Relating : events.Strict
      return tracker.track(event, { line: { ...row, product }, properties }, options)
    }
    case "identify":
      return tracker.call("identify", { traits: { number, Line_email: events.secret } }, options)
    case "alias":
      return tracker.call("alias", { previousId: String(number) }, options)
    case "page":
      return tracker.call("page", { name: "page", properties: { number } }, options)
    case "send": {
      const made: Message.Message = {
        type: "track",
        event: "plain",
        properties: { number, text: row.text },
        messageId: `id-${number}`,
        timestamp: "2030-01-01T00:00:00.000Z",
        ...(user > 0 && { userId: `user-${user}` })
      }
      return tracker.send(made)
    }
  }
}

const resolve = (relation: Relation, hangs: Hangs): Effect.Effect<events.ProductRow, string> => {
  switch (relation) {
    case "loads":
      return Effect.succeed({ id: 1 })
    case "fails":
      return Effect.fail("not there")
    case "dies":
      return Effect.die("died")
    case "hangs":
      return hangs("a relation")
  }
}

export const actor = (user: number, consents: Consents): Actor.Actor => ({
  ...(user > 0 && { userId: `user-${user}` }),
  consent: consents === "all" ? "all" : new Set(consents)
})
