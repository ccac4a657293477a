/** The durable consumer of a sink: its place in the stream. */
import { AckPolicy, type Consumer, type ConsumerConfig, type ConsumerInfo, DeliverPolicy } from "@nats-io/jetstream"
import { nanos } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import { code, type Failure, isApiError, misconfigured, toSendError } from "./failures.ts"
import type { Connected } from "./link.ts"

/** Where the consumer of a sink that is new to the stream begins. */
export type From = "beginning" | "now" | Date

/** The consumer of one sink. Times are in milliseconds. */
export interface ConsumerTarget {
  readonly stream: string
  readonly subject: string
  /** The name of the sink. */
  readonly name: string
  readonly from: From
  readonly ackWait: number
  readonly maxAckPending: number
}

const startOf = (from: From): Partial<ConsumerConfig> => {
  if (from === "beginning") return { deliver_policy: DeliverPolicy.All }
  return from === "now"
    ? { deliver_policy: DeliverPolicy.New }
    : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: from.toISOString() }
}

const changing = ({ ackWait, maxAckPending }: ConsumerTarget) => ({
  ack_wait: nanos(ackWait),
  max_ack_pending: maxAckPending
})

const configOf = (target: ConsumerTarget): Partial<ConsumerConfig> => ({
  durable_name: target.name,
  filter_subject: target.subject,
  ack_policy: AckPolicy.Explicit,
  max_deliver: -1,
  ...startOf(target.from),
  ...changing(target)
})

/** Why a consumer of this name cannot be a relay's, with the remedy. */
const wrongIn = ({ config }: ConsumerInfo, { name, stream, subject }: ConsumerTarget): string | undefined => {
  const remedy = `delete it (nats consumer rm ${stream} ${name}), or give the sink another name`
  if (config.deliver_subject !== undefined) return `the consumer ${name} of ${stream} is a push consumer: ${remedy}`
  if (config.ack_policy !== AckPolicy.Explicit) {
    return `the consumer ${name} of ${stream} has the ack policy ${config.ack_policy}, and not explicit: ${remedy}`
  }
  if (config.filter_subject !== subject) {
    return `the consumer ${name} of ${stream} reads ${config.filter_subject || "every subject"}, and not ${subject}: ${remedy}`
  }
  return (config.max_deliver ?? -1) > 0
    ? `the consumer ${name} of ${stream} gives up a message after ${config.max_deliver} deliveries: set no limit (nats consumer edit ${stream} ${name} --max-deliver=-1)`
    : undefined
}

const refused = (target: ConsumerTarget) => (error: unknown) =>
  toSendError(error, `the consumer ${target.name} of ${target.stream}`)

const update = ({ manager }: Connected, target: ConsumerTarget, { config }: ConsumerInfo) => {
  const wanted = changing(target)
  if (config.ack_wait === wanted.ack_wait && config.max_ack_pending === wanted.max_ack_pending) return Effect.void
  return Effect.tryPromise({
    try: () => manager.consumers.update(target.stream, target.name, wanted),
    catch: refused(target)
  })
}

/** Finds the consumer, or creates it. */
export const ensure = (connected: Connected, target: ConsumerTarget): Effect.Effect<Consumer, Failure> => {
  const { client, manager } = connected
  const { name, stream } = target
  return Effect.tryPromise({ try: () => manager.consumers.info(stream, name), catch: (error) => error }).pipe(
    Effect.catch((error) =>
      isApiError(error, code.consumerNotFound)
        ? Effect.tryPromise({ try: () => manager.consumers.add(stream, configOf(target)), catch: refused(target) })
        : Effect.fail(refused(target)(error))
    ),
    Effect.tap((info) => {
      const reason = wrongIn(info, target)
      return reason === undefined ? update(connected, target, info) : Effect.fail(misconfigured(reason))
    }),
    Effect.map((info) => client.consumers.getConsumerFromInfo(info) as Consumer)
  )
}
