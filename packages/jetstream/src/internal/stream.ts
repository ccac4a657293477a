/** The stream: created, or checked, when a sink or a relay opens. */
import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig, type StreamInfo } from "@nats-io/jetstream"
import { nanos } from "@nats-io/transport-node"
import type * as SendError from "@trackmap/core/SendError"
import * as Effect from "effect/Effect"
import { code, type Failure, isApiError, isUnanswered, misconfigured, toSendError } from "./failures.ts"
import type { Connected } from "./link.ts"
import { shortestWindow, type StreamTarget } from "./options.ts"

/** Whether a subject of a stream, with its wildcards, includes one to publish to (NATS, "Subject-Based Messaging"). */
const includes = (pattern: string, subject: string): boolean => {
  const words = pattern.split(".")
  const given = subject.split(".")
  if (words.at(-1) === ">") return given.length >= words.length && matches(words.slice(0, -1), given)
  return given.length === words.length && matches(words, given)
}
const matches = (words: ReadonlyArray<string>, given: ReadonlyArray<string>): boolean =>
  words.every((word, index) => word === "*" || word === given[index])

/** Why a stream cannot take a sink's messages, with the remedy. */
const wrongIn = ({ config }: StreamInfo, { stream, subject }: StreamTarget): string | undefined => {
  const edit = `nats stream edit ${stream}`
  if (config.mirror !== undefined) return `the stream ${stream} is a mirror, which accepts no messages: name its origin`
  // A stream of other streams' messages has none.
  const { subjects = [] } = config as Partial<StreamConfig>
  if (!subjects.some((pattern) => includes(pattern, subject))) {
    return `the stream ${stream} has the subjects ${subjects.join(", ") || "of other streams only"}, and not ${subject}: add it (${edit} --subjects=…), or set the option subject to one of them`
  }
  if (config.retention !== RetentionPolicy.Limits) {
    return `the stream ${stream} has the retention ${config.retention}, which deletes messages that other sinks have not delivered: create another one with the retention limits`
  }
  if (config.no_ack === true) return `the stream ${stream} acknowledges nothing (no_ack): allow it to (${edit} --ack)`
  if (config.sealed) return `the stream ${stream} is sealed, and accepts no messages: create another one`
  return config.duplicate_window < nanos(shortestWindow)
    ? `the stream ${stream} has a duplicate window of ${config.duplicate_window / 1_000_000} ms, so that a retry may store a message twice: set at least ${shortestWindow / 1_000} seconds (${edit} --dupe-window=2m)`
    : undefined
}

/** What is allowed, and loses messages. */
const warningIn = ({ config }: StreamInfo, { stream }: StreamTarget): string | undefined => {
  const limit = config.max_bytes > 0 || config.max_msgs > 0 || config.max_msgs_per_subject > 0
  if (limit && config.discard === DiscardPolicy.Old) {
    return `the stream ${stream} deletes its oldest messages when it is full, delivered or not: set discard to new (nats stream edit ${stream} --discard=new)`
  }
  return config.storage === StorageType.Memory
    ? `the stream ${stream} is in memory only: a restart of its servers loses its messages`
    : undefined
}

const configOf = (
  { stream, subject }: StreamTarget,
  { duplicateWindow, maxAge, maxBytes, replicas }: Exclude<StreamTarget["create"], false>,
  isCluster: boolean
): Partial<StreamConfig> & { name: string } => ({
  name: stream,
  subjects: [subject],
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.New,
  num_replicas: replicas ?? (isCluster ? 3 : 1),
  max_age: nanos(maxAge),
  duplicate_window: nanos(Math.min(duplicateWindow, maxAge)),
  ...(maxBytes !== undefined && { max_bytes: maxBytes })
})

/** The errors of creating a stream that only its settings can mend. */
const refusedCreation = (error: unknown, { stream, subject }: StreamTarget): SendError.Misconfigured | undefined => {
  if (isApiError(error, code.subjectsOverlap)) {
    return misconfigured(
      `another stream has the subject ${subject}, so ${stream} cannot be created: set the option stream to its name, or another subject`
    )
  }
  return isApiError(error, code.noSuitablePeers, code.noReplicas, code.insufficientResources)
    ? misconfigured(
        `the stream ${stream} cannot be created: ${error.message}: set create.replicas to the number of servers or fewer, or give them more storage`
      )
    : undefined
}

const create = ({ connection, manager }: Connected, target: StreamTarget): Effect.Effect<StreamInfo, Failure> => {
  const { create, stream, subject } = target
  if (create === false) {
    return Effect.fail(
      misconfigured(
        `the stream ${stream} does not exist: create it (nats stream add ${stream} --subjects=${subject}), or leave out create: false`
      )
    )
  }
  const isCluster = connection.info!.cluster !== undefined
  return Effect.tryPromise({
    try: () => manager.streams.add(configOf(target, create, isCluster)),
    catch: (error) => refusedCreation(error, target) ?? toSendError(error, `the stream ${stream} cannot be created`)
  })
}

/** Finds the stream, or creates it. Fails if messages would not arrive in it. */
export const ensure = (connected: Connected, target: StreamTarget): Effect.Effect<void, Failure> =>
  Effect.tryPromise({
    try: () => connected.manager.streams.info(target.stream),
    catch: (error) => error
  }).pipe(
    Effect.catch((error) => {
      if (isApiError(error, code.streamNotFound)) return create(connected, target)
      // Every server with JetStream answers; one in an election answers late.
      return isUnanswered(error)
        ? Effect.fail(
            misconfigured(
              "JetStream is not enabled for this account: start a server with it (nats-server -js -sd DIRECTORY), and enable it for the account"
            )
          )
        : Effect.fail(toSendError(error, `the stream ${target.stream} cannot be read`))
    }),
    Effect.flatMap((info) => {
      const reason = wrongIn(info, target)
      if (reason !== undefined) return Effect.fail(misconfigured(reason))
      const warning = warningIn(info, target)
      return warning === undefined ? Effect.void : Effect.logWarning(warning)
    })
  )
