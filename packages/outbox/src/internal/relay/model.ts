import type * as Observer from "@trackmap/core/Observer"
import type * as Plan from "@trackmap/core/Plan"
import type { Receipt } from "@trackmap/core/Receipt"
import type * as Tracker from "@trackmap/core/Tracker"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { OutboxError } from "../../OutboxError.ts"
import type { From, SinkStats } from "../../OutboxStore.ts"

/** The options of a relay. */
export interface Options<out P extends Plan.Plan = Plan.Plan> {
  /**
   * Where a sink starts that the outbox does not know yet: with the messages from now on, with all that the outbox still has, or with those since
   * a time; for all sinks, or for each by its name. A sink that the outbox knows goes on where it was.
   */
  readonly from: From | { readonly [sink: string]: From }
  /**
   * The plan of the messages' events. Sinks that redact need it, and events with `relations: "later"`, whose relations the relay looks up by the plan's
   * loaders. Without it, their messages wait for a relay that has it.
   */
  readonly plan?: P | undefined
  /**
   * `"user"`: a sink receives the messages of each user in their order. The price: all relays together have one claim of a sink open at a time, so
   * more relays deliver no faster. Default: `"any"`.
   */
  readonly order?: "any" | "user" | undefined
  /** The most messages of one claim. After a crash, the messages of a claim are sent again. Default: 1,000. */
  readonly limit?: number | undefined
  /** About how many bytes of messages one claim has at most. Default: 8,000,000. */
  readonly bytes?: number | undefined
  /**
   * How long after its death another relay takes over the messages that a relay was sending. A relay extends its lease for as long as it works. A
   * number is milliseconds. Default: 30 seconds.
   */
  readonly lease?: Duration.Input | undefined
  /**
   * How long an idle relay waits before it looks again, unless the store wakes it. It looks sooner after it had something to do. A number is
   * milliseconds. Default: 1 second.
   */
  readonly poll?: Duration.Input | undefined
  /**
   * How long closing waits for what is being sent. After that, or if the destination is unavailable, the relay gives its claims back, and another
   * sends their messages. A number is milliseconds. Default: 20 seconds.
   */
  readonly closeWithin?: Duration.Input | undefined
  /** How often the relay updates the metrics of the outbox (`trackmap.outbox.`). A number is milliseconds. Default: 15 seconds. */
  readonly statsEvery?: Duration.Input | undefined
  /** Called with every error that a sink throws or rejects with, as in a tracker. */
  readonly onError?: Tracker.Options["onError"]
}

/** The state of a sink: its progress in the outbox, and what this relay does. */
export interface SinkStatus extends SinkStats {
  /** Why its messages wait: its destination accepts none now, or a relation cannot be looked up. Undefined if neither is so. */
  readonly outage: string | undefined
  /** The messages that this relay is sending. */
  readonly sending: number
}

/** A relay that runs. */
export interface Service {
  /** The names of its sinks. */
  readonly sinks: ReadonlyArray<string>
  /** The state of each of its sinks. */
  readonly status: Effect.Effect<ReadonlyArray<SinkStatus>, OutboxError>
  /** The counts of every sink since this relay started. */
  readonly metrics: Effect.Effect<ReadonlyArray<Tracker.SinkMetrics>>
  /** The receipts from now on. A slow subscriber with 10,000 waiting receipts misses the oldest; the metrics count all. */
  readonly receipts: Stream.Stream<Receipt>
  /** Adds an observer until the scope closes. It observes a message once for each sink. */
  readonly observe: (observer: Observer.Observer) => Effect.Effect<void, never, Scope.Scope>
}
