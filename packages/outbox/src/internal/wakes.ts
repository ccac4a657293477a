import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import type { Service } from "../OutboxStore.ts"

/** Wakes the relays of this process. Wakes that nobody has taken yet become one. */
export const make: Effect.Effect<Pick<Service, "wake" | "wakes">> = Effect.map(
  PubSub.sliding<void>(1),
  (woken): Pick<Service, "wake" | "wakes"> => ({
    wake: Effect.asVoid(PubSub.publish(woken, undefined)),
    wakes: PubSub.subscribe(woken)
  })
)
