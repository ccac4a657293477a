import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Entity, EventSink, type Message, Pii, Plan, Receipt, TrackedEvent } from "./index.ts"

interface Tree {
  readonly name: string
  readonly children: ReadonlyArray<Tree>
}
const Tree: Schema.Codec<Tree> = Schema.Struct({
  name: Pii.personal(Schema.String),
  children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
})
interface Chain {
  readonly next: Chain | null
}
const Chain: Schema.Codec<Chain> = Schema.Struct({
  next: Schema.NullOr(Schema.suspend((): Schema.Codec<Chain> => Chain))
})

const email = Pii.personal(Schema.String)
const inside: ReadonlyArray<readonly [what: string, schema: Schema.Top, value: unknown]> = [
  ["a list", Schema.Array(email), ["mark@example.com"]],
  ["a tuple", Schema.Tuple([Schema.Int, email]), [1, "mark@example.com"]],
  ["an object", Schema.Struct({ email }), { email: "mark@example.com" }],
  ["an object of any names", Schema.Record(Schema.String, email), { any: "mark@example.com" }],
  ["a union", Schema.NullOr(email), "mark@example.com"],
  ["an optional attribute", Schema.optional(email), "mark@example.com"],
  ["a type within itself", Tree, { name: "mark@example.com", children: [] }]
]

describe("a mark inside an attribute", () => {
  for (const [what, schema, value] of inside) {
    it.effect(`marks the attribute, and a sink that drops personal data sends nothing of it: ${what}`, () =>
      Effect.gen(function* () {
        const Buyer = Entity.make("Buyer", { key: "id", attributes: { id: Schema.Int, contact: schema } })
        const SignedUp = TrackedEvent.make("signedUp", { entities: { buyer: Buyer } })
        assert.isTrue(Pii.isPersonal(schema))
        assert.deepStrictEqual([...TrackedEvent.personalKeys(SignedUp)], ["Buyer_contact"])
        const sent: Array<Message.Message> = []
        const sink = EventSink.make({
          name: "memory",
          send: (batch) => Effect.sync(() => (sent.push(...batch), batch.all(Receipt.delivered)))
        }).pipe(EventSink.redact("drop"))
        const message: Message.Message = {
          type: "track",
          event: "signedUp",
          properties: { Buyer_id: 1, Buyer_contact: value as Schema.Json },
          messageId: "m1",
          timestamp: "2026-01-01T00:00:00.000Z"
        }
        yield* Effect.scoped(EventSink.deliver(sink, [message], { plan: Plan.make(SignedUp) }))
        assert.deepStrictEqual(
          sent.map((one) => "properties" in one && one.properties),
          [{ Buyer_id: 1 }]
        )
      })
    )
  }

  it("is looked for once in a type within itself", () => assert.isFalse(Pii.isPersonal(Chain)))
})
