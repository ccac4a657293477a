/** A draft is the message of a call before its values are known to have JSON. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type { Actor } from "../../Actor.ts"
import * as Message from "../../Message.ts"
import { clean } from "../base/cleanJson.ts"
import { absent } from "../base/codec.ts"
import { invalidRow } from "../base/fault.ts"
import * as isoTime from "../base/isoTime.ts"
import type { Tolerance } from "../value/tolerance.ts"
import type { CallOptions } from "./model.ts"
import * as spans from "./spans.ts"

type Type = Message.Message["type"]

/** A call's options for its message. */
export interface CallFields<T extends Type> {
  readonly type: T
  readonly [key: string]: unknown
}

/** A message that may contain values without JSON. */
export interface Draft<T extends Type> extends CallFields<T> {
  readonly messageId: string
  readonly timestamp: string | Date
}

export type MessageOf<T extends Type> = Extract<Message.Message, { readonly type: T }>

/** Adds the id, the time, the actor and the context. */
export const make = <T extends Type>(
  context: Context.Context<never>,
  actor: Actor,
  call: CallFields<T>,
  options?: CallOptions
): Draft<T> => {
  const now = nowOf(context)
  const draft: Draft<T> & { [key: string]: unknown } = {
    ...call,
    messageId: options?.messageId ?? Message.nextId(now),
    timestamp: options?.timestamp ?? isoTime.of(now)
  }
  if (actor.userId !== undefined) draft["userId"] = actor.userId
  if (actor.anonymousId !== undefined) draft["anonymousId"] = actor.anonymousId
  const span = spans.spanContextOf(context)
  if (span !== undefined || actor.context !== undefined || options?.context !== undefined) {
    draft["context"] = { ...span, ...actor.context, ...options?.context }
  }
  if (options?.integrations !== undefined) draft["integrations"] = options.integrations
  return draft
}

const nowOf = (context: Context.Context<never>): number => Context.get(context, Clock.Clock).currentTimeMillisUnsafe()

/** Whether a draft is a valid message, which means that it has JSON. The JSON is kept for sending. */
export const hasJson = <T extends Type>(draft: Draft<T>): draft is Draft<T> & MessageOf<T> => {
  try {
    Message.toJson(draft as unknown as Message.Message)
    return true
  } catch {
    return false
  }
}

/** Copies a draft to a message without the values that have no JSON, and reports these to the tolerance. */
export const messageOf = <T extends Type>(
  context: Context.Context<never>,
  draft: Draft<T>,
  name: string,
  tolerance: Tolerance
): MessageOf<T> => {
  const message: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(draft)) {
    const json = clean(value, `${name}.${key}`, 1, (path, omitted) =>
      tolerance.add(invalidRow(name, path, "something that has JSON", omitted), false)
    )
    if (json !== absent) message[key] = json
  }
  if (typeof message["timestamp"] !== "string") {
    if (message["timestamp"] === null)
      tolerance.add(invalidRow(name, `${name}.timestamp`, "a valid Date", draft.timestamp), false)
    message["timestamp"] = isoTime.of(nowOf(context))
  }
  return message as MessageOf<T>
}
