/** Publishes dead letters again. */
import type { StoredMsg } from "@nats-io/jetstream"
import * as CheckedOptions from "@trackmap/core/Options"
import * as Effect from "effect/Effect"
import { type DeadLetterTarget, targetOf } from "./deadLetters.ts"
import { code, type Failure, isApiError, misconfigured, toSendError, unavailable } from "./failures.ts"
import * as links from "./link.ts"
import type { Connected } from "./link.ts"
import { check, checkCreate, type Connection, connectionNames, type StreamTarget, wrongName } from "./options.ts"
import { read } from "./read.ts"
import type { DeadLetterOptions } from "./relay.ts"
import * as streams from "./stream.ts"

/** Which dead letters to send again, and where they are. */
export interface ReplayOptions extends Connection {
  /** The letters of this sink. Default: those of every sink. */
  readonly sink?: string | undefined
  /** Where the relays store dead letters, if they do not use the default. */
  readonly deadLetters?: Omit<DeadLetterOptions, "create"> | undefined
}

const names: CheckedOptions.Names<ReplayOptions> = { ...connectionNames, sink: true, deadLetters: true }
const letterNames: CheckedOptions.Names<NonNullable<ReplayOptions["deadLetters"]>> = { stream: true, subject: true }

/** Checks the options' names. */
export const checkNames = (options: ReplayOptions): ReplayOptions => {
  CheckedOptions.check<ReplayOptions>("JetStream.replay", options, names)
  checkCreate("JetStream.replay", options)
  if (options.deadLetters !== undefined)
    CheckedOptions.check("JetStream.replay: deadLetters", options.deadLetters, letterNames)
  return options
}

const asked = <A>(request: () => Promise<A>): Effect.Effect<A, Failure> =>
  Effect.tryPromise({ try: request, catch: (error) => toSendError(error, "dead letters cannot be sent again") })

/** The sequence number of the last letter now. Those that come while this runs are for another time. */
const lastOf = ({ manager }: Connected, { stream }: DeadLetterTarget): Effect.Effect<number, Failure> =>
  Effect.tryPromise({
    try: async () => (await manager.streams.info(stream)).state.last_seq,
    catch: (error) =>
      isApiError(error, code.streamNotFound)
        ? misconfigured(`there is no stream ${stream} of dead letters: set deadLetters.stream to its name`)
        : toSendError(error, `the stream ${stream} cannot be read`)
  })

/** Publishes a letter, and then deletes it. */
const again = async (
  { client, manager }: Connected,
  { stream, subject }: StreamTarget,
  letters: DeadLetterTarget,
  { data, seq, time }: StoredMsg
): Promise<void> => {
  // The stream may know its message's id, and would not store it within the duplicate window. In a stream that is made anew, numbers come again.
  const msgID = `${letters.stream}.${seq}.${time.getTime()}`
  await client.publish(subject, data, { msgID, expect: { streamName: stream } })
  await manager.streams.deleteMessage(letters.stream, seq)
}

export const replay = Effect.fnUntraced(
  function* (options: ReplayOptions) {
    const target = yield* check("JetStream.replay", options)
    const letters = targetOf(target, options.deadLetters)
    yield* check("JetStream.replay", letters)
    const { sink = "*" } = options
    const wrong = sink === "*" ? undefined : wrongName("the sink", sink)
    if (wrong !== undefined) return yield* misconfigured(wrong)

    const connected = yield* Effect.flatMap(links.make(target), (link) => link.get)
    yield* streams.ensure(connected, target)
    const last = yield* lastOf(connected, letters)
    const next = (seq: number) => {
      const query = { seq, next_by_subj: `${letters.subject}.${sink}` }
      return connected.manager.streams.getMessage(letters.stream, query)
    }
    let count = 0
    let left = 0
    let letter = yield* asked(() => next(1))
    while (letter !== null && letter.seq <= last) {
      const found = letter
      if (read(found.data)._tag === "Envelope") {
        yield* asked(() => again(connected, target, letters, found))
        count++
      } else left++
      letter = yield* asked(() => next(found.seq + 1))
    }
    if (left > 0) yield* Effect.logWarning(`${left} dead letters of ${letters.stream} cannot be read, and stay there`)
    return count
  },
  Effect.mapError(({ _tag, reason }: Failure): Failure => {
    const told = `JetStream.replay: ${reason}`
    return _tag === "Misconfigured" ? misconfigured(told) : unavailable(told)
  }),
  Effect.scoped
)
