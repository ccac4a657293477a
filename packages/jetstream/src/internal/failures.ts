/** What the client's errors mean for a sink. */
import { JetStreamApiError } from "@nats-io/jetstream"
import {
  AuthorizationError,
  PermissionViolationError,
  TimeoutError,
  UserAuthenticationExpiredError
} from "@nats-io/transport-node"
import * as SendError from "@trackmap/core/SendError"

/** Errors of the server (nats-server, "errors.json"). */
export const code = {
  streamNotFound: 10059,
  consumerNotFound: 10014,
  messageTooLong: 10054,
  subjectsOverlap: 10065,
  insufficientResources: 10023,
  noSuitablePeers: 10005,
  noReplicas: 10074
} as const

/** Why a request fails. */
export type Failure = SendError.Unavailable | SendError.Misconfigured

export const unavailable = (reason: string) => new SendError.Unavailable({ reason })
export const misconfigured = (reason: string) => new SendError.Misconfigured({ reason })

/** The error of the server's API, if it is one of these. */
export const isApiError = (error: unknown, ...codes: ReadonlyArray<number>): error is JetStreamApiError =>
  error instanceof JetStreamApiError && codes.includes(error.code)

/** Whether nothing listens to the subject of a request: the stream has no leader, has not the subject, or does not exist. */
export const isUnanswered = (error: unknown): boolean => (error as Error).name === "JetStreamNotEnabled"

/** What to say about a missing permission. */
export const noPermission = ({ message }: PermissionViolationError): string =>
  `the user of these credentials has no permission: ${message}`

/** The error of a request, by what to do about it. */
export const toSendError = (error: unknown, what: string): Failure => {
  // The client rejects with nothing but errors.
  const { cause, message } = error as Error
  if (cause instanceof PermissionViolationError) {
    return misconfigured(`${what}: ${noPermission(cause)}`)
  }
  if (error instanceof AuthorizationError || error instanceof UserAuthenticationExpiredError) {
    return misconfigured(`${what}: the server refuses the credentials`)
  }
  return unavailable(`${what}: ${error instanceof TimeoutError ? "no answer in time" : message}`)
}
