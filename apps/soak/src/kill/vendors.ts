import { MixpanelServer, SegmentServer } from "@trackmap/testing"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Arrivals } from "./laws.ts"

/** The vendors of a run. */
export interface Vendors {
  readonly segment: SegmentServer.SegmentServer
  readonly mixpanel: MixpanelServer.MixpanelServer
  /** What arrived at each, in the order of arrival, with what arrived again. */
  readonly arrived: () => Promise<Arrivals>
  readonly close: () => Promise<void>
}

export const open = async (): Promise<Vendors> => {
  const scope = Effect.runSync(Scope.make())
  const { mixpanel, segment } = await Effect.runPromise(
    Scope.provide(Effect.all({ segment: SegmentServer.make(), mixpanel: MixpanelServer.make() }), scope)
  )
  return {
    segment,
    mixpanel,
    arrived: async () => {
      const [kept, again, events] = await Effect.runPromise(
        Effect.all([segment.received, segment.duplicates, mixpanel.raw])
      )
      return {
        Segment: [...kept, ...again].map(({ event, messageId, properties, userId }) => ({
          id: String(messageId),
          text: JSON.stringify([event, userId, properties])
        })),
        Mixpanel: events.map((event) => {
          const {
            $insert_id: id,
            change,
            distinct_id: user,
            round,
            writer
          } = event["properties"] as Record<string, unknown>
          return { id: String(id), text: JSON.stringify([event["event"], user, change, round, writer]) }
        })
      }
    },
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
